import type { Directory } from './directory.js';
import { COMPRESSION, PHOTOMETRIC, TAG } from './tags.js';

/** CCITT (2 to 4) and JPEG. */
const LIBVIPS_COMPRESSIONS: readonly number[] = [2, 3, 4, COMPRESSION.jpeg];
const LIBVIPS_PHOTOMETRICS: readonly number[] = [PHOTOMETRIC.palette, PHOTOMETRIC.ycc];

/**
 * Which decoder reads a picture. libvips reads what is to be translated to samples first: palettes, YCbCr, CCITT, JPEG,
 * bytes of reversed bits. All other samples are read here, block by block, from the file: of any number of bands, with
 * gaps, and as few rows as are wanted.
 */
export async function isForLibvips(directory: Directory): Promise<boolean> {
  const isOneOf = async (tag: number, fallback: number, values: readonly number[]): Promise<boolean> =>
    values.includes(await directory.value(tag, fallback));
  return (
    (await isOneOf(TAG.compression, COMPRESSION.none, LIBVIPS_COMPRESSIONS)) ||
    (await isOneOf(TAG.photometric, PHOTOMETRIC.blackIsZero, LIBVIPS_PHOTOMETRICS)) ||
    (await isOneOf(TAG.fillOrder, 1, [2]))
  );
}
