import { inspectFile } from '../image/codec/inspect.js';
import { ImageProblem, unsupported } from '../image/codec/inspection.js';
import { sharp } from '../image/codec/sharp.js';
import { isFits } from '../image/fits/header.js';
import { ImageError } from '../runtime/errors.js';
import { sumOfBands } from './bands.js';
import { decodeFitsKernel } from './fits.js';
import { isNpy, parseNpy } from './npy.js';
import type { Matrix, MatrixGrid } from './npy.js';
import { MAX_PSF_SIDE } from './psf.js';
import { decodeTiffKernel } from './tiff.js';

/** How a TIFF begins, of either byte order, classic or big. */
const TIFF = /^(?:II[*+]\0|MM\0[*+])/;
/** How a zip archive begins, such as NumPy's of several arrays. */
const ZIP = 'PK\x03\x04';

/** The weights in a whole file: a picture or a NumPy array. Rejects with ImageError. */
export async function decodeKernelFile(file: Buffer): Promise<Matrix | MatrixGrid> {
  if (isNpy(file)) return parseNpy(file, MAX_PSF_SIDE);
  try {
    if (file.toString('latin1', 0, ZIP.length) === ZIP)
      throw unsupported('it is an archive, as numpy.savez writes it', 'save the kernel alone with numpy.save');
    if (TIFF.test(file.toString('latin1', 0, 4))) return await decodeTiffKernel(file, MAX_PSF_SIDE);
    if (isFits(file)) return await decodeFitsKernel(file, MAX_PSF_SIDE);
    return await decodePicture((await inspectFile(file)).picture);
  } catch (cause) {
    const code = codeOf(cause);
    const reason = cause instanceof ImageProblem ? `it ${cause.message}` : (cause as Error).message;
    throw new ImageError(code, code === 'IMAGE_UNSUPPORTED' ? reason : `not a picture that can be read: ${reason}`, {
      cause,
    });
  }
}

/** Sum of the colour channels without gamma, see {@link sumOfBands}; alpha is left out. */
async function decodePicture(picture: Buffer): Promise<Matrix> {
  const options = { failOn: 'warning', ignoreIcc: true, limitInputPixels: MAX_PSF_SIDE ** 2 } as const;
  const { width, height, depth } = await sharp(picture, options).metadata();
  if (Math.max(width, height) > MAX_PSF_SIDE)
    throw unsupported(
      `it has ${width}x${height} pixels, more than ${MAX_PSF_SIDE} a side`,
      'write the part that has weight',
    );
  const { data, info } = await sharp(picture, options)
    .removeAlpha()
    // Its own depth: libvips widens 8-bit grey to 16 bits with an error of up to 2 %.
    .toColourspace(depth === 'ushort' ? 'rgb16' : 'srgb')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const samples = Float64Array.from({ length: data.byteLength / 2 }, (_, index) => view.getUint16(2 * index, true));
  return { width: info.width, height: info.height, data: sumOfBands(samples, info.channels, null) };
}

/** Valid files of a kind that is not read are told from damaged ones. */
export function codeOf(cause: unknown): 'IMAGE_UNSUPPORTED' | 'IMAGE_INVALID' {
  return (cause as { code?: unknown }).code === 'IMAGE_UNSUPPORTED' ? 'IMAGE_UNSUPPORTED' : 'IMAGE_INVALID';
}
