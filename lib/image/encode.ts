import { extname } from 'node:path';
import { checkWritable, unwritable, writeAtomically, writeFileWith } from '../files/write-file.js';
import { requireObject, requireString } from '../runtime/validate.js';
import { IMAGE_EXTENSIONS, formatOfExtension, sharp } from './codec/sharp.js';
import type { ImageFormat, Sharp } from './codec/sharp.js';
import type { AnyFrame, AnyFrameSize, Frame } from './frame.js';
import { addMetadata } from './metadata/metadata.js';
import type { ImageMetadata } from './metadata/image-metadata.js';
import { encodeTiff, writeTiff } from './tiff/write-frame.js';
import { FileSpool } from './tiff/write-sink.js';

/** Throws ImageError where the path names no known format, a directory, or a folder that cannot be written. */
export async function checkOutput(path: string): Promise<ImageFormat> {
  const format = formatOfExtension(extname(path));
  if (!format) throw unwritable(path, `its extension is none of ${IMAGE_EXTENSIONS.join(', ')}`);
  await checkWritable(path);
  return format;
}

/** Largest sides: libwebp's WEBP_MAX_DIMENSION, libjpeg's JPEG_MAX_DIMENSION; the others hold any frame. */
const MAX_SIDES: Readonly<Partial<Record<ImageFormat, number>>> = { webp: 16_383, jpeg: 65_500 };

/** Throws ImageError where the format would lose bits or the alpha channel, or holds no frame of that size. */
export function checkFormatHolds(path: string, format: ImageFormat, size: AnyFrameSize): void {
  const { width, height, channels, depth } = size;
  if (depth === 32)
    throw unwritable(path, 'files are written with 8 or 16 bits per sample, the frame has floats; convert it');
  if (depth === 16 && (format === 'jpeg' || format === 'webp'))
    throw unwritable(path, `${format} holds 8 bits per sample, the frame has 16; write PNG or TIFF`);
  if (channels % 2 === 0 && format === 'jpeg')
    throw unwritable(path, 'jpeg holds no alpha channel; write PNG, TIFF or WebP');
  const most = MAX_SIDES[format] ?? Infinity;
  if (Math.max(width, height) > most)
    throw unwritable(
      path,
      `${format} holds ${most} pixels a side, the frame has ${width}x${height}; write PNG or TIFF`,
    );
}

/**
 * Throws ImageError unless a frame of that size can be written there: the extension names a format which holds it, and
 * the folder can be written. To be called before the work, as soon as the header of the input is known.
 */
export async function checkImageOutput(path: string, size: AnyFrameSize): Promise<ImageFormat> {
  const format = await checkOutput(path);
  checkFormatHolds(path, format, size);
  return format;
}

/**
 * Little compression effort for lossless formats, little loss for the others: PNG of level 6 takes twice the time for
 * 6 % less. Optimal Huffman codes would make a JPEG 5 % smaller, and take four times the memory of the frame.
 */
function compress(image: Sharp, format: Exclude<ImageFormat, 'tiff'>): Sharp {
  switch (format) {
    case 'jpeg':
      return image.jpeg({ quality: 95, chromaSubsampling: '4:4:4', mozjpeg: false, optimiseCoding: false });
    case 'png':
      return image.png({ compressionLevel: 2, adaptiveFiltering: true });
    case 'webp':
      return image.webp({ quality: 95, effort: 2 });
  }
}

/**
 * Writes a frame with its metadata, whole or not at all, as {@link writeAtomically} does. Rejects with ImageError, or
 * with the signal's reason.
 */
export async function writeFrame(
  path: string,
  frame: Frame,
  metadata: ImageMetadata,
  signal?: AbortSignal,
): Promise<void> {
  const format = await checkImageOutput(path, frame);
  signal?.throwIfAborted();
  if (format === 'tiff') {
    const description = { ...frame, metadata };
    return writeFileWith(
      path,
      ({ handle }) => writeTiff(new FileSpool(handle), description, frame.data, { signal }),
      signal,
    );
  }
  const encoded = await encodeWithSharp(frame, format).catch((cause: Error) => {
    throw unwritable(path, cause.message, { cause });
  });
  signal?.throwIfAborted();
  await writeAtomically(path, addMetadata(encoded, format, metadata, frame), signal);
}

/** {@link writeFrame} as results offer it, whose callers may not check types. Rejects with ArgumentError, too. */
export async function writeResult(
  path: string,
  frame: AnyFrame,
  metadata: ImageMetadata,
  options: { readonly signal?: AbortSignal },
): Promise<void> {
  requireString('path', path);
  requireObject('options', options);
  if (frame.depth === 32) throw unwritable(path, 'floats are not written to files; scale them to 8 or 16 bits');
  await writeFrame(path, frame as Frame, metadata, options.signal);
}

/** A whole file of that format, without metadata. */
export function encodeFrame(frame: Frame, format: ImageFormat): Promise<Buffer> {
  return format === 'tiff' ? encodeTiff(frame, frame.data) : encodeWithSharp(frame, format);
}

function encodeWithSharp(frame: Frame, format: Exclude<ImageFormat, 'tiff'>): Promise<Buffer> {
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
