import { ArgumentError } from '../runtime/errors.js';
import { expected, requireArray, requireInteger, requireNumber } from '../runtime/validate.js';
import type { EncodedImage } from './decode.js';
import { MAX_CHANNELS, hasAlpha } from './frame.js';
import type { AnyFrame, AnyFrameSize, RgbBands } from './frame.js';
import { INTEGER_RANGES } from './integers.js';
import type { IntegerType } from './integers.js';
import type { ImageMetadata, StoredType } from './metadata/image-metadata.js';
import { STORED_TYPE_NAMES } from './metadata/lost.js';
import { colourPlanes } from './planes.js';

/** What a caller gives as an image: a path, the bytes of a whole file, or pixels. */
export type ImageInput = EncodedImage | AnyFrame;

/** How the samples of an image are to be understood, where its file does not say it, or says it wrongly. */
export interface ReadingOptions {
  /**
   * Value of samples that stands for "not measured"; by default what the file says (GDAL_NODATA, BLANK). 'none': no
   * value does. Pixels of which any band has it are missing, as those are whose samples are NaN or infinite, and those
   * of alpha 0.
   */
  readonly nodata?: number | 'none';
  /** A picture of the same size: pixels are missing where it is 0 or NaN in all bands, or alpha is 0. */
  readonly mask?: ImageInput;
  /** One byte per pixel, 0 where it is missing, as for dead pixels and clouds. */
  readonly valid?: Uint8Array;
  /**
   * Value of a white sample, above 0. 'auto', the default: 255 of 8 bits; of others what the file says
   * (MaxSampleValue), else what the samples reach, or what they could hold where they reach half of it.
   */
  readonly white?: number | 'auto';
  /** Page of a file that has several, from 1. */
  readonly page?: number;
  /** Bands, from 1, that are red, green and blue of a picture; of a file, by default those that it says. */
  readonly bands?: readonly RgbBands[];
}

/** The keys of {@link ReadingOptions}. */
export const READING_OPTIONS = [
  'nodata',
  'mask',
  'valid',
  'white',
  'page',
  'bands',
] as const satisfies (keyof ReadingOptions)[];

/** Most pages of a file. */
const MAX_PAGE = 65_535;

/** Throws ArgumentError. The mask is checked when it is opened. */
export function checkReadingOptions({ nodata, valid, white, page, bands }: ReadingOptions): void {
  if (nodata !== undefined && nodata !== 'none' && typeof nodata !== 'number')
    throw expected("number or 'none'", 'nodata', nodata);
  if (valid !== undefined && !(valid instanceof Uint8Array)) throw expected('Uint8Array', 'valid', valid);
  if (white !== undefined && white !== 'auto') requireNumber('white', white, Number.MIN_VALUE, Number.MAX_VALUE);
  if (page !== undefined) requireInteger('page', page, 1, MAX_PAGE);
  if (bands === undefined) return;
  requireArray('bands', bands);
  for (const triple of bands) {
    if (!Array.isArray(triple) || triple.length !== 3) throw expected('lists of three bands', 'bands', triple);
    for (const band of triple) requireInteger('band', band, 1, MAX_CHANNELS);
  }
}

/** The header with what the options say of it. Throws ArgumentError where they do not fit. */
export function describeSamples<Size extends AnyFrameSize>(
  header: Size,
  { nodata, white, bands, valid }: ReadingOptions,
  { alphaBand = header.channels - 1, storedType }: Pick<ImageMetadata, 'alphaBand' | 'storedType'>,
): Size {
  requireNodata(nodata, header, storedType);
  requireWhite(white, header);
  const pixels = header.width * header.height;
  if (valid !== undefined && valid.length !== pixels) throw expected(`${pixels} bytes`, 'valid', valid.length);
  const rgb = bands?.map((triple) => triple.map((band) => toChannel(header, alphaBand, band)) as unknown as RgbBands);
  if (rgb) requireBands(header, rgb);
  return {
    ...header,
    ...(rgb && { rgb }),
    ...(typeof white === 'number' && { white }),
  };
}

/** Throws ArgumentError for a value that no sample of the file has. */
function requireNodata(value: number | 'none' | undefined, { depth }: AnyFrameSize, storedType?: StoredType): void {
  if (typeof value !== 'number') return;
  const signed = storedType && INTEGER_RANGES[storedType as IntegerType];
  if (depth === 32 && !signed) {
    requireFloat('nodata', value);
    return;
  }
  const [least, most] = signed ?? [0, 2 ** depth - 1];
  const isOne = Number.isInteger(value) && value >= least && value <= most;
  if (isOne && Math.fround(value) === value) return;
  if (isOne) throw new ArgumentError(`nodata ${value} is no value of floats of 32 bits, which samples are read as`);
  const name = signed ? STORED_TYPE_NAMES[storedType] : `unsigned integers of ${depth} bits`;
  throw new ArgumentError(
    `nodata ${value} is no value that samples can have, which are ${name}: ` +
      `give a whole number from ${least} to ${most}, or none`,
  );
}

function requireWhite(value: number | 'auto' | undefined, { depth }: AnyFrameSize): void {
  if (typeof value !== 'number') return;
  if (depth === 32) {
    requireFloat('white', value);
    return;
  }
  const most = 2 ** depth - 1;
  if (value < 1 || value > most)
    throw new ArgumentError(`white ${value} is no value of samples of ${depth} bits: give one from 1 to ${most}`);
}

function requireFloat(name: string, value: number): void {
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
    throw new ArgumentError(`${name} ${value} is no value of floats of 32 bits: give one up to 3.4e38`);
}

/** The channel of a frame that is a band of its file, both of which number others where alpha is between them. */
function toChannel(header: AnyFrameSize, alphaBand: number, band: number): number {
  if (!hasAlpha(header) || band - 1 < alphaBand) return band - 1;
  if (band - 1 === alphaBand) throw new ArgumentError(`bands: band ${band} is alpha`);
  return band - 2;
}

function requireBands(header: AnyFrameSize, rgb: readonly RgbBands[]): void {
  const planes = colourPlanes(header);
  const used = rgb.flat();
  const wrong = used.find((channel, index) => channel >= planes || used.indexOf(channel) !== index);
  if (wrong === undefined) return;
  const reason = wrong >= planes ? `is beyond the ${planes} of the image` : 'is named twice';
  throw new ArgumentError(`bands: band ${wrong + 1} ${reason}`);
}
