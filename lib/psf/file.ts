import { readBoundedFile } from '../files/read-file.js';
import { ArgumentError, ImageError } from '../runtime/errors.js';
import { codeOf, decodeKernelFile } from './decode.js';
import { describeKernel } from './facts.js';
import type { KernelFacts } from './facts.js';
import { fromGrid } from './field.js';
import type { PsfField } from './field.js';
import { fromArray } from './psf.js';
import type { Psf, PsfCentre, PsfWeights } from './psf.js';

/** A kernel of the largest size in float64 takes 2 MB; no picture of one is larger. */
const MAX_FILE_BYTES = 2 ** 24;

/** A kernel, or several of a field, and what each implies as it was given. */
export interface GivenKernels {
  readonly psf: Psf | PsfField;
  readonly facts: readonly KernelFacts[];
}

/**
 * A kernel from a picture (its channels must be one kernel, alpha is left out) or a NumPy matrix. Throws ImageError or
 * ArgumentError. @param centre the middle by default, see {@link PsfCentre} for even sides
 */
export async function read(path: string, centre: PsfCentre = 'middle'): Promise<Psf> {
  const { psf } = await readKernels(path, centre);
  if ('kernels' in psf) throw new ArgumentError(`${path} holds ${psf.kernels.length} kernels of a field, not one`);
  return psf;
}

/** As {@link read}; a NumPy array of four axes (rows and columns of nodes, then of a kernel) is a field. */
export async function readKernels(path: string, centre: PsfCentre = 'middle'): Promise<GivenKernels> {
  const bytes = await readBytes(path);
  try {
    return await parseKernels(bytes, centre);
  } catch (cause) {
    const message = `${path}: ${(cause as Error).message}`;
    if (cause instanceof ArgumentError) throw new ArgumentError(message, { cause });
    throw new ImageError(codeOf(cause), message, { cause });
  }
}

async function parseKernels(bytes: Buffer, centre: PsfCentre): Promise<GivenKernels> {
  const found = await decodeKernelFile(bytes);
  if ('matrices' in found)
    return givenField(
      found.columns,
      found.matrices.map((matrix) => ({ ...matrix, centre })),
    );
  return givenKernel({ ...found, centre });
}

/** A kernel from weights, as {@link fromArray}, and what it implies. */
export function givenKernel(weights: PsfWeights): GivenKernels {
  return { psf: fromArray(weights), facts: [describeKernel(weights)] };
}

/** A field from weights, as {@link fromGrid}, and what its kernels imply, node by node. */
export function givenField(columns: number, kernels: readonly PsfWeights[]): GivenKernels {
  return { psf: fromGrid(columns, kernels), facts: kernels.map(describeKernel) };
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
