import { extname } from 'node:path';
import { checkWritable, unwritable, writeAtomically, writeFileWith } from '../files/write-file.js';
import type { FileInTheMaking, VerifyFile } from '../files/write-file.js';
import { IntegrityError } from '../runtime/errors.js';
import { requireObject, requireString } from '../runtime/validate.js';
import { IMAGE_EXTENSIONS, formatOfExtension, sharp } from './codec/sharp.js';
import type { ImageFormat, Sharp, SharpFormat } from './codec/sharp.js';
import { describeFits } from './fits/describe.js';
import { FitsWriter, encodeFits } from './fits/write-fits.js';
import { checkFormatHolds } from './format-limits.js';
import { sizeOf } from './frame.js';
import type { AnyFrame, AnyFrameSize, Frame } from './frame.js';
import { addMetadata } from './metadata/metadata.js';
import type { ImageMetadata } from './metadata/image-metadata.js';
import { holdsBytes, holdsFrame, holdsWritten, untilItReadsBack } from './read-back.js';
import type { ReadBack } from './read-back.js';
import { checkTiffForm, tiffFormOf } from './tiff/form.js';
import type { TiffFormOptions } from './tiff/form.js';
import { integerRuleOf } from './integers.js';
import { FileSpool } from './write-sink.js';
import { writeTiffFile } from './tiff/write-file.js';
import { encodeTiff } from './tiff/write-frame.js';

/**
 * Throws ImageError where the path names no known format, a directory, or a folder that cannot be written, and
 * ArgumentError for a form that no TIFF has. @param form of a TIFF
 */
export async function checkOutput(path: string, form: TiffFormOptions = {}): Promise<ImageFormat> {
  const { cog = false, tileSize } = form;
  checkTiffForm(form);
  const format = formatOfExtension(extname(path));
  if (!format) throw unknownExtension(path);
  if (cog && format !== 'tiff')
    throw unwritable(path, `a Cloud Optimized GeoTIFF is a TIFF, not a ${format}: end its name in .tif`);
  if (typeof tileSize === 'number' && format !== 'tiff')
    throw unwritable(path, `a TIFF has tiles, not a ${format}: end its name in .tif`);
  await checkWritable(path);
  return format;
}

/** Of a file that cannot be written because its name tells no format. */
export function unknownExtension(path: string): Error {
  const known = IMAGE_EXTENSIONS.join(', ');
  return unwritable(path, `its extension is none of ${known}; give the output a name that ends in one of them`);
}

/**
 * Throws ImageError unless a frame of that size can be written there: the extension names a format which holds it, and
 * the folder can be written. To be called before the work, as soon as the header of the input is known.
 */
export async function checkImageOutput(
  path: string,
  size: AnyFrameSize,
  form: TiffFormOptions = {},
  metadata: ImageMetadata = {},
): Promise<ImageFormat> {
  const format = await checkOutput(path, form);
  checkFormatHolds(path, format, size, metadata);
  return format;
}

/**
 * Little compression effort for lossless formats, little loss for the others: PNG of level 6 takes twice the time for
 * 6 % less. Optimal Huffman codes would make a JPEG 5 % smaller, and take four times the memory of the frame.
 */
function compress(image: Sharp, format: SharpFormat): Sharp {
  switch (format) {
    case 'jpeg':
      return image.jpeg({ quality: 95, chromaSubsampling: '4:4:4', mozjpeg: false, optimiseCoding: false });
    case 'png':
      return image.png({ compressionLevel: 2, adaptiveFiltering: true });
    case 'webp':
      return image.webp({ quality: 95, effort: 2 });
  }
}

/** How a frame is written; of a TIFF, in which form. */
export interface WritingOptions extends TiffFormOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the file is read back before it gets its name: all its bytes are compared with those that were written,
   * and where the format has no losses, its samples with the frame; false. Where they differ, it is written once more.
   */
  readonly readBack?: boolean | undefined;
}

/** What a file may turn out to be when it is read back. */
interface Reading {
  /** Of a frame, in a format without losses. */
  readonly ofFrame?: VerifyFile;
  /** Of a file that is written piece by piece. */
  readonly ofPieces?: ReadBack;
  /** Of encoded bytes. */
  readonly ofBytes?: (parts: readonly Uint8Array[]) => VerifyFile;
}

/**
 * Writes a frame with its metadata, whole or not at all, as {@link writeAtomically} does. Resolves to how often it was
 * written. Rejects with ImageError, with IntegrityError where it reads back otherwise twice, or with the signal's
 * reason.
 */
export async function writeFrame(
  path: string,
  frame: AnyFrame,
  metadata: ImageMetadata,
  options: WritingOptions = {},
): Promise<1 | 2> {
  const { signal = new AbortController().signal, readBack = false } = options;
  const format = await checkImageOutput(path, frame, options, metadata);
  signal.throwIfAborted();
  const ofFrame = holdsFrame(frame, integerRuleOf(format, frame, metadata), signal, path);
  const reading = readBack
    ? {
        ofFrame,
        ofPieces: holdsWritten(ofFrame, signal, path),
        ofBytes: (parts: readonly Uint8Array[]) => holdsBytes(parts, signal, path),
      }
    : {};
  return await untilItReadsBack(() => writeOnce(path, frame, metadata, format, options, reading));
}

async function writeOnce(
  path: string,
  frame: AnyFrame,
  metadata: ImageMetadata,
  format: ImageFormat,
  options: WritingOptions,
  { ofFrame, ofPieces, ofBytes }: Reading,
): Promise<void> {
  const { signal } = options;
  if (format === 'tiff') {
    const { mask = null } = metadata;
    const { cog, tileSize } = tiffFormOf(frame, metadata, options);
    const description = { ...sizeOf(frame), metadata, tileSize, hasMask: mask !== null };
    return writeTiffFile(path, description, { samples: frame.data, mask }, { cog, signal, readBack: ofPieces });
  }
  if (format === 'fits') return writeFits(path, frame, metadata, signal, ofPieces);
  const encode = (): Promise<Buffer> =>
    encodeWithSharp(frame as Frame, format).catch((cause: Error) => {
      throw unwritable(path, cause.message, { cause });
    });
  const encoded = await encode();
  // What is lost of a frame cannot be told from what has gone wrong, but by doing it again.
  if (ofBytes && format !== 'png' && !encoded.equals(await encode())) throw encodesOtherwise(path);
  signal?.throwIfAborted();
  const parts = addMetadata(encoded, format, metadata, frame as Frame);
  const verifyBytes = ofBytes?.(parts);
  const verify: VerifyFile = async (file) => {
    await verifyBytes?.(file);
    if (format === 'png') await ofFrame?.(file);
  };
  await writeAtomically(path, parts, signal, verify);
}

function encodesOtherwise(path: string): IntegrityError {
  return new IntegrityError(
    `The picture for ${path} was encoded twice and differs: check the memory and the processor`,
  );
}

async function writeFits(
  path: string,
  frame: AnyFrame,
  metadata: ImageMetadata,
  signal: AbortSignal | undefined,
  readBack: ReadBack | undefined,
): Promise<void> {
  const write = async ({ handle }: FileInTheMaking): Promise<void> => {
    const spool = readBack?.openSpool(handle) ?? new FileSpool(handle);
    const writer = new FitsWriter(spool, describeFits(frame, metadata), signal);
    await writer.writeRows(frame.data, frame.height);
    await writer.finish();
  };
  await writeFileWith(path, write, signal, readBack?.verify);
}

/** {@link writeFrame} as results offer it, whose callers may not check types. Rejects with ArgumentError, too. */
export async function writeResult(
  path: string,
  frame: AnyFrame,
  metadata: ImageMetadata,
  options: WritingOptions,
): Promise<1 | 2> {
  requireString('path', path);
  requireObject('options', options);
  return await writeFrame(path, frame, metadata, options);
}

/** A whole file of that format, without metadata. */
export async function encodeFrame(frame: Frame, format: ImageFormat): Promise<Buffer> {
  if (format === 'tiff') return encodeTiff(frame, frame.data);
  return format === 'fits' ? encodeFits(frame, [], null) : encodeWithSharp(frame, format);
}

function encodeWithSharp(frame: Frame, format: SharpFormat): Promise<Buffer> {
  const { data, width, height, channels, depth } = frame;
  const isGrey = channels < 3;
  const colourSpace = depth === 16 ? (isGrey ? 'grey16' : 'rgb16') : isGrey ? 'b-w' : 'srgb';
  return compress(
    sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 }, limitInputPixels: false }).toColourspace(
      colourSpace,
    ),
    format,
  ).toBuffer();
}
