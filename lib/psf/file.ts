import { readBoundedFile } from '../files/read-file.js';
import { ArgumentError, ImageError } from '../runtime/errors.js';
import { inspectFile } from '../image/codec/inspect.js';
import { ImageProblem } from '../image/codec/inspection.js';
import { sharp } from '../image/codec/sharp.js';
import { fromGrid } from './field.js';
import type { PsfField } from './field.js';
import { isNpy, parseNpy } from './npy.js';
import type { Matrix } from './npy.js';
import { MAX_PSF_SIDE, fromArray } from './psf.js';
import type { Psf, PsfCentre } from './psf.js';

/** A kernel of the largest size in float64 takes 2 MB; no picture of one is larger. */
const MAX_FILE_BYTES = 2 ** 24;

/**
 * A kernel from a picture (its channels are averaged, alpha is ignored) or a NumPy matrix. Throws ImageError or
 * ArgumentError. @param centre the middle pixel by default, which pictures with an even side do not have
 */
export async function read(path: string, centre: PsfCentre = 'middle'): Promise<Psf> {
  const found = await readKernels(path, centre);
  if ('kernels' in found) throw new ArgumentError(`${path} holds ${found.kernels.length} kernels of a field, not one`);
  return found;
}

/** As {@link read}; a NumPy array of four axes (rows and columns of nodes, then of a kernel) is a field. */
export async function readKernels(path: string, centre: PsfCentre = 'middle'): Promise<Psf | PsfField> {
  const bytes = await readBytes(path);
  try {
    return await parseKernels(bytes, centre);
  } catch (cause) {
    const message = `${path}: ${(cause as Error).message}`;
    if (cause instanceof ArgumentError) throw new ArgumentError(message, { cause });
    throw new ImageError(codeOf(cause), message, { cause });
  }
}

async function parseKernels(bytes: Buffer, centre: PsfCentre): Promise<Psf | PsfField> {
  const found = isNpy(bytes) ? parseNpy(bytes, MAX_PSF_SIDE) : await decodePicture(bytes);
  if (!('matrices' in found)) return fromArray({ ...found, centre });
  return fromGrid(
    found.columns,
    found.matrices.map((matrix) => ({ ...matrix, centre })),
  );
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    const bytes = await readBoundedFile(path, MAX_FILE_BYTES);
    if (bytes.length === 0) throw new Error('the file is empty');
    return bytes;
  } catch (cause) {
    throw new ImageError('IMAGE_UNREADABLE', `Cannot read the PSF ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Mean of the colour channels; the sum of a kernel is divided out anyway. */
async function decodePicture(file: Buffer): Promise<Matrix> {
  const options = { failOn: 'warning', ignoreIcc: true, limitInputPixels: MAX_PSF_SIDE ** 2 } as const;
  try {
    const { picture } = inspectFile(file);
    const { width, height } = await sharp(picture, options).metadata();
    if (Math.max(width, height) > MAX_PSF_SIDE)
      throw new Error(`${width}x${height} pixels, each side must be at most ${MAX_PSF_SIDE}`);
    const { data, info } = await sharp(picture, options)
      .removeAlpha()
      .toColourspace('rgb16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const grey = Float64Array.from({ length: info.width * info.height }, (_, pixel) => {
      let sum = 0;
      for (let band = 0; band < info.channels; band += 1)
        sum += view.getUint16(2 * (pixel * info.channels + band), true);
      return sum;
    });
    return { width: info.width, height: info.height, data: grey };
  } catch (cause) {
    const reason = cause instanceof ImageProblem ? `it ${cause.message}` : (cause as Error).message;
    throw new ImageError(codeOf(cause), `not a picture that can be read: ${reason}`, { cause });
  }
}

/** Valid files of a kind that is not read are told from damaged ones. */
function codeOf(cause: unknown): 'IMAGE_UNSUPPORTED' | 'IMAGE_INVALID' {
  return (cause as { code?: unknown }).code === 'IMAGE_UNSUPPORTED' ? 'IMAGE_UNSUPPORTED' : 'IMAGE_INVALID';
}
