import { writeAtomically } from '../files/write-file.js';
import { readBoundedFile } from '../files/read-file.js';
import type { CameraEstimate } from '../estimate/operation.js';
import { fromArray } from '../psf/psf.js';
import type { PsfWeights } from '../psf/psf.js';
import { parse, psfFileOf } from '../psf/spec.js';
import { ArgumentError, EstimateError } from '../runtime/errors.js';
import { requireInteger, requireKnownKeys, requireNumber, requireObject, requireString } from '../runtime/validate.js';

/** What a file of a camera begins with. */
const FORMAT = 'perifocal-camera-1';
/** A kernel of 511 x 511 weights as text. */
const LARGEST_FILE = 8 * 2 ** 20;
/** Characters of a kernel in words: some shapes joined. */
const MOST_WORDS = 200;
/** Characters of what is not accepted, in a message. */
const MOST_SHOWN = 40;

/** A camera that has been characterised: it blurs every frame alike. */
export interface Camera {
  /** Its kernel, in words such as 'disk:4.02+gaussian:0.61', or as weights. */
  readonly psf: string | PsfWeights;
  /** Standard deviation of its noise, 1 being full scale; null: it differs from frame to frame. */
  readonly noise: number | null;
}

/** Checks a camera. Rejects with ArgumentError. */
export async function checkCamera(camera: unknown): Promise<Camera> {
  requireKnownKeys('camera', camera, ['psf', 'noise']);
  const { psf, noise = null } = camera as Camera;
  if (noise !== null) requireNumber('noise of the camera', noise, 0, 1);
  if (typeof psf === 'string') await requireWords(psf);
  else fromArray(psf);
  return { psf, noise };
}

/** Nothing that a camera says makes anybody read another file, or join kernels for minutes. */
async function requireWords(psf: string): Promise<void> {
  if (psf.length > MOST_WORDS)
    throw new ArgumentError(
      `psf of the camera has ${psf.length} characters, at most ${MOST_WORDS} are taken: give weights`,
    );
  if (psfFileOf(psf) !== null) throw new ArgumentError(`psf of the camera names a file, '${psf}': give its weights`);
  await parse(psf);
}

/** Reads the file of a camera. Rejects with ArgumentError. */
export async function readCamera(path: string): Promise<Camera> {
  try {
    return await parseCamera((await readBoundedFile(path, LARGEST_FILE)).toString('utf8'));
  } catch (cause) {
    throw new ArgumentError(`Cannot use the camera ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function parseCamera(text: string): Promise<Camera> {
  const file: unknown = JSON.parse(text);
  requireObject('the file', file);
  const { format, psf, kernel, noise = null } = file as Record<string, unknown>;
  const shown = typeof format === 'string' ? `'${format.slice(0, MOST_SHOWN)}'` : `no text`;
  if (format !== FORMAT) throw new ArgumentError(`its format is ${shown}, expected '${FORMAT}'`);
  if (psf !== undefined && kernel !== undefined)
    throw new ArgumentError('it has both psf and kernel: give one of them');
  requireKnownKeys('the file', file, ['format', 'psf', 'kernel', 'noise']);
  return await checkCamera({ psf: kernel === undefined ? requireString('psf', psf) : parseKernel(kernel), noise });
}

function parseKernel(kernel: unknown): PsfWeights {
  requireKnownKeys('kernel', kernel, ['width', 'height', 'weights']);
  const { width, height, weights } = kernel as Record<string, unknown>;
  const [columns, rows] = [requireInteger('width', width, 1, 511), requireInteger('height', height, 1, 511)];
  if (!Array.isArray(weights) || !weights.every((weight) => typeof weight === 'number'))
    throw new ArgumentError('weights of the kernel are no numbers');
  return { width: columns, height: rows, data: weights as number[] };
}

/**
 * Writes what was estimated as the file of a camera, whole or not at all. Rejects with EstimateError where there is no
 * kernel, or ImageError.
 */
export async function writeCamera(path: string, { blur, noise }: CameraEstimate, signal?: AbortSignal): Promise<void> {
  const { kernel, declined, psf } = blur;
  if (!kernel) throw new EstimateError(`There is no kernel for a camera: ${declined}`);
  const { width, height, data } = kernel;
  const words = psf === null ? { kernel: { width, height, weights: [...data] } } : { psf };
  const file = { format: FORMAT, ...words, noise: noise?.sigma ?? null };
  await writeAtomically(path, [Buffer.from(`${JSON.stringify(file)}\n`)], signal);
}
