import type { Metadata, SharpOptions } from 'sharp';
import { ImageError } from '../runtime/errors.js';
import { sharp } from './codec.js';
import type { ImageFormat } from './codec.js';
import { MAX_SIDE, MIN_SIDE } from './frame.js';
import type { Channels, Depth, Frame, FrameSize } from './frame.js';
import { normaliseExif } from './metadata/exif.js';
import type { ImageMetadata } from './metadata/image-metadata.js';

/** A file's path, or a whole file in memory. */
export type EncodedImage = string | Uint8Array;

/** What the header of an image file says; the size is that of the upright picture. */
export interface ImageHeader {
  readonly size: FrameSize;
  readonly format: ImageFormat;
  /** Whether the first band alone is the picture to libvips; so it is in a TIFF of several bands without colours. */
  readonly isGrey: boolean;
  readonly metadata: ImageMetadata;
}

const FORMATS: readonly string[] = ['jpeg', 'png', 'tiff', 'webp'] satisfies ImageFormat[];
const GREY_SPACES: readonly string[] = ['b-w', 'grey16'];
const COLOUR_SPACES: readonly string[] = ['srgb', 'rgb', 'rgb16', ...GREY_SPACES];
const DEPTHS: Readonly<Record<string, Depth>> = { uchar: 8, ushort: 16 };

/** The memory budget is the bound for large images; the profile must not touch the samples; a truncated file fails. */
const READ_OPTIONS: SharpOptions = { failOn: 'error', limitInputPixels: false, sequentialRead: true, ignoreIcc: true };

/** Reads the header of a whole file. Rejects with ImageError where it is of another kind, too small or too large. */
export async function readHeader(bytes: Uint8Array, label: string): Promise<ImageHeader> {
  const found = await readMetadata(bytes, label);
  const reason = refusal(found);
  if (reason) throw new ImageError('IMAGE_INVALID', `${label}: ${reason}`);
  const { autoOrient, channels, depth, exif, icc, format, space } = found;
  return {
    size: { width: autoOrient.width, height: autoOrient.height, channels: channels as Channels, depth: DEPTHS[depth]! },
    format: format as ImageFormat,
    isGrey: GREY_SPACES.includes(space),
    metadata: { ...(exif && { exif: normaliseExif(exif) }), ...(icc && { icc }) },
  };
}

async function readMetadata(bytes: Uint8Array, label: string): Promise<Metadata> {
  try {
    return await sharp(bytes, READ_OPTIONS).metadata();
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new ImageError('IMAGE_INVALID', `${label} is not an image that can be read: ${reason}`, { cause });
  }
}

/** Why such an image is not accepted, or null. */
function refusal({ format, width, height, space, depth, channels }: Metadata): string | null {
  if (!FORMATS.includes(format)) return `format ${format} is none of ${FORMATS.join(', ')}`;
  if (width < MIN_SIDE || height < MIN_SIDE) return `${width}x${height} pixels, each side must be at least ${MIN_SIDE}`;
  if (width > MAX_SIDE || height > MAX_SIDE) return `${width}x${height} pixels, each side must be at most ${MAX_SIDE}`;
  if (!COLOUR_SPACES.includes(space) || channels > 4)
    return `colour space ${space} with ${channels} channels is neither grey nor RGB`;
  if (!Object.hasOwn(DEPTHS, depth)) return `samples of type ${depth} are neither 8 nor 16 bit`;
  return null;
}

/** Decodes the picture upright, without colour conversion. Rejects with ImageError for damaged files. */
export async function decodeFrame(bytes: Uint8Array, { size, isGrey }: ImageHeader, label: string): Promise<Frame> {
  const { channels, depth } = size;
  // libvips drops all bands but the first of 8-bit grey when it writes raw samples; as RGB they survive.
  const isWidened = isGrey && depth === 8 && channels > 1;
  const colourSpace = depth === 16 ? (isGrey ? 'grey16' : 'rgb16') : isGrey && !isWidened ? 'b-w' : 'srgb';
  const decoded = await sharp(bytes, READ_OPTIONS)
    .autoOrient()
    .toColourspace(colourSpace)
    .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
    .toBuffer()
    .catch((cause: Error) => {
      throw new ImageError('IMAGE_INVALID', `${label} is damaged: ${cause.message}`, { cause });
    });
  const data = depth === 16 ? toUint16(decoded) : isWidened ? dropGreyCopies(decoded, channels) : decoded;
  if (data.length !== size.width * size.height * channels) {
    throw new ImageError('IMAGE_INVALID', `${label} does not hold the picture that its header declares`);
  }
  return { ...size, data };
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
