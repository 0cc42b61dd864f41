import type { Metadata, SharpOptions } from 'sharp';
import { ImageError, PerifocalError } from '../runtime/errors.js';
import { inspectFile } from './codec/inspect.js';
import type { InspectedFile } from './codec/inspect.js';
import { ImageProblem } from './codec/inspection.js';
import type { Orientation } from './codec/inspection.js';
import { sharp } from './codec/sharp.js';
import type { ImageFormat, Sharp } from './codec/sharp.js';
import { frameBytes } from './frame.js';
import type { Depth, Frame, FrameSize } from './frame.js';
import type { ImageMetadata } from './metadata/image-metadata.js';
import { uprightMetadata } from './metadata/upright.js';
import { requireSides } from './stored.js';
import type { RowWindow } from './stored.js';
import { uprightSize } from './turn.js';

/** A file's path, or a whole file in memory. */
export type EncodedImage = string | Uint8Array;

/** What the header of an image file says. */
export interface ImageHeader {
  /** Of the upright picture. */
  readonly size: FrameSize;
  readonly format: ImageFormat;
  readonly metadata: ImageMetadata;
  /** For people; each goes on after the file's name. */
  readonly warnings: readonly string[];
  /** What the decoder takes, beside the frame that it brings. */
  readonly decoderBytes: number;
  /** What is decoded. */
  readonly stored: StoredPicture;
}

/** A picture as it is stored, ready for the decoder. */
export interface StoredPicture {
  readonly picture: Buffer;
  readonly orientation: Orientation;
  /** Whether the first band alone is the picture to libvips; so it is in a TIFF of several bands without colours. */
  readonly isGrey: boolean;
}

const GREY_SPACES: readonly string[] = ['b-w', 'grey16'];
const COLOUR_SPACES: readonly string[] = ['srgb', 'rgb', 'rgb16', ...GREY_SPACES];
const DEPTHS: Readonly<Record<string, Depth>> = { uchar: 8, ushort: 16 };

/**
 * The memory budget is the bound for large images; the profile must not touch the samples. What the decoder warns of is
 * an error: missing tiles come back black, and missing rows of a JPEG grey. Inspection has removed what is harmless.
 */
const READ_OPTIONS: SharpOptions = {
  failOn: 'warning',
  limitInputPixels: false,
  // A strip or tile of more than 50 MB would be refused: the plan bounds it.
  unlimited: true,
  sequentialRead: true,
  ignoreIcc: true,
};
/** The decoder has all rows by then: bytes that fill up the data of a progressive JPEG. */
const HARMLESS_WARNING = /^\w+: Corrupt JPEG data: \d+ extraneous bytes before marker 0xd9$/m;

/**
 * Reads the header of a whole file and checks its structure; the file's memory is used up. Rejects with ImageError
 * where it is damaged, of another kind, too small or too large.
 */
export async function readHeader(file: Buffer, label: string): Promise<ImageHeader> {
  try {
    const inspected = await inspectFile(file);
    const found = await sharp(inspected.picture, READ_OPTIONS).metadata();
    return toHeader(inspected, found, label);
  } catch (cause) {
    if (cause instanceof PerifocalError) throw cause;
    if (cause instanceof ImageProblem) throw new ImageError(cause.code, `${label} ${cause.message}`, { cause });
    throw damaged(label, cause as Error);
  }
}

function toHeader(file: InspectedFile, found: Metadata, label: string): ImageHeader {
  const { width, height, channels, space } = found;
  const { format, picture, orientation, metadata, decoderBytes, bands, warnings = [] } = file;
  requireAcceptable(found, label);
  // Of a palette of greys libvips makes one band.
  const roles = channels < 3 ? { ...bands, rgb: [] } : bands;
  const stored: FrameSize = { width, height, channels, depth: DEPTHS[found.depth]!, ...roles };
  const isGrey = GREY_SPACES.includes(space);
  return {
    size: uprightSize(stored, orientation),
    format,
    metadata: uprightMetadata(metadata, orientation),
    warnings,
    decoderBytes: Math.ceil(decoderBytes(stored) + pipelineBytes({ ...file, isGrey }, stored)),
    stored: { picture, orientation, isGrey },
  };
}

/** Most rows that libvips holds on the way from the decoder to the frame, and bytes whatever the size. */
const [PIPELINE_ROWS, PIPELINE_BYTES] = [1000, 2e6];

/** What is held between the decoder and the frame, as measured by `node scripts/measure-codecs.mjs decode`. */
function pipelineBytes({ orientation, isGrey }: Omit<StoredPicture, 'picture'>, stored: FrameSize): number {
  const channels = isWidened(isGrey, stored) ? stored.channels + 2 : stored.channels;
  const bytes = frameBytes(stored) * (channels / stored.channels);
  const rowsBytes = (bytes / stored.height) * Math.min(PIPELINE_ROWS, 2 * stored.height);
  const turned = orientation === 1 ? 0 : bytes;
  const widened = channels > stored.channels ? bytes : 0;
  return PIPELINE_BYTES + rowsBytes + turned + widened;
}

/** Whether bands are decoded as RGB: libvips drops all but the first of 8-bit grey when it writes raw samples. */
function isWidened(isGrey: boolean, { channels, depth }: FrameSize): boolean {
  return isGrey && depth === 8 && channels > 1;
}

/** Throws ImageError for what cannot be restored. */
function requireAcceptable(found: Metadata, label: string): void {
  const { space, depth, channels } = found;
  requireSides(found, label);
  const refuse = (what: string, remedy: string): ImageError =>
    new ImageError('IMAGE_UNSUPPORTED', `${label} cannot be read: ${what}; ${remedy}`);
  if (!COLOUR_SPACES.includes(space) || channels > 4)
    throw refuse(
      `colour space ${space} with ${channels} channels is neither grey nor RGB`,
      'convert it to one of them, with an alpha channel at most',
    );
  if (!Object.hasOwn(DEPTHS, depth))
    throw refuse(`samples of type ${depth} are neither 8 nor 16 bit`, 'write unsigned integers of 8 or 16 bits');
}

/** Decodes the picture upright, without colour conversion. Rejects with ImageError for damaged files. */
export async function decodeFrame(
  stored: StoredPicture,
  size: FrameSize,
  label: string,
  rows: RowWindow = { top: 0, count: size.height },
): Promise<Frame> {
  const { width, height, channels, depth } = size;
  const { isGrey, orientation } = stored;
  const isWhole = rows.count === height;
  // Rows of a turned picture are columns of the stored one, or come in another order: they are cut from the whole.
  if (!isWhole && orientation !== 1) return cutRows(await decodeFrame(stored, size, label), rows);
  const asRgb = isWidened(isGrey, size);
  const colourSpace = depth === 16 ? (isGrey ? 'grey16' : 'rgb16') : isGrey && !asRgb ? 'b-w' : 'srgb';
  const part = { left: 0, top: rows.top, width, height: rows.count };
  const open = (options: SharpOptions): Sharp => turn(sharp(stored.picture, options), orientation);
  const decode = (options: SharpOptions): Promise<Buffer> =>
    (isWhole ? open(options) : open(options).extract(part))
      .toColourspace(colourSpace)
      .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
      .toBuffer();
  const bytes = await decode(READ_OPTIONS)
    .catch((error: Error) => {
      if (HARMLESS_WARNING.test(error.message)) return decode({ ...READ_OPTIONS, failOn: 'error' });
      throw error;
    })
    .catch((cause: Error) => {
      throw damaged(label, cause);
    });
  const data = depth === 16 ? toUint16(bytes) : asRgb ? dropGreyCopies(bytes, channels) : bytes;
  if (data.length !== width * rows.count * channels) {
    throw new ImageError('IMAGE_INVALID', `${label} does not hold the picture that its header declares`);
  }
  return { ...size, height: rows.count, data };
}

/** A copy of some rows of a frame. */
function cutRows(frame: Frame, { top, count }: RowWindow): Frame {
  const rowSamples = frame.width * frame.channels;
  return { ...frame, height: count, data: frame.data.slice(top * rowSamples, (top + count) * rowSamples) };
}

function damaged(label: string, cause: Error): ImageError {
  return new ImageError('IMAGE_INVALID', `${label} is damaged: ${firstLine(cause.message)}`, { cause });
}

/** Decoders say the same of every strip, and some end with a colon and nothing. */
function firstLine(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '' && !one.startsWith('Warning treated')) ?? text;
  return line.replace(/[:\s]+$/, '');
}

/** Turns the stored picture upright (EXIF 2.3, tag 274). Flips come before rotations. */
function turn(image: Sharp, orientation: Orientation): Sharp {
  switch (orientation) {
    case 1:
      return image;
    case 2:
      return image.flop();
    case 3:
      return image.rotate(180);
    case 4:
      return image.flip();
    case 5:
      return image.flop().rotate(270);
    case 6:
      return image.rotate(90);
    case 7:
      return image.flop().rotate(90);
    case 8:
      return image.rotate(270);
  }
}

function toUint16(bytes: Buffer): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

/** Undoes the widening of grey to three equal channels; the other bands follow them. */
function dropGreyCopies(samples: Uint8Array, channels: number): Uint8Array {
  const stride = channels + 2;
  const kept = new Uint8Array((samples.length / stride) * channels);
  for (let source = 0, target = 0; source < samples.length; source += stride, target += channels) {
    kept[target] = samples[source]!;
    for (let band = 1; band < channels; band += 1) kept[target + band] = samples[source + 2 + band]!;
  }
  return kept;
}
