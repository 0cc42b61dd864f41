import { extname } from 'node:path';
import { EstimateError, ImageError } from '../runtime/errors.js';
import { checkOutput, writeFrame } from '../image/encode.js';
import { writeAtomically } from '../files/write-file.js';
import { drawKernel } from '../psf/draw.js';
import type { PsfField } from '../psf/field.js';
import { formatNpy } from '../psf/npy.js';
import type { Psf } from '../psf/psf.js';
import { requireObject, requireString } from '../runtime/validate.js';
import { VERSION } from '../runtime/version.js';
import type { Estimate } from './estimate.js';
import type { EstimateOptions } from './settings.js';

const METHODS: Readonly<Record<Estimate['blur']['kind'], string>> = {
  defocus: 'radial fit of a disk to the power spectrum',
  motion: 'fit of straight motion and a disk to the power spectrum',
  blind: 'few edges and a kernel alternately, from coarse to fine',
  reference: 'regularised quotient of spectra against a registered reference',
};

/** Throws ImageError unless kernels can be written beside this path. */
export async function checkKernelOutput(path: string): Promise<void> {
  const format = await checkOutput(path);
  if (format !== 'png')
    throw new ImageError(
      'OUTPUT_UNWRITABLE',
      `Cannot write ${path}: kernels are written as PNG, with .npy and .json beside it`,
    );
}

/**
 * Writes an estimated kernel, whole files or none: `<name>.png` of 16 bits, its largest weight white; `<name>.npy`,
 * float64, sum 1, or all kernels of a field; `<name>.json`, its parameters. `--psf` takes the first two,
 * `train.specialise --estimate` the last two. Throws EstimateError where there is no kernel, or ImageError.
 * @param input what it was estimated from, for the record, as is the reference of the options
 */
export async function writeEstimate(
  path: string,
  input: string,
  estimate: Estimate,
  options: Pick<EstimateOptions, 'signal' | 'reference'> = {},
): Promise<void> {
  requireString('path', path);
  requireObject('estimate', estimate);
  requireObject('options', options);
  const { signal } = options;
  const { kernel, declined } = estimate.blur;
  if (kernel === null) throw new EstimateError(`There is no kernel to be written: ${declined}`);
  await checkKernelOutput(path);
  const name = path.slice(0, -extname(path).length);
  await writeFrame(path, drawKernel(kernel), {}, { signal });
  const { columns, rows, kernels } = kernelsOf(estimate) ?? { columns: 1, rows: 1, kernels: [kernel] };
  await writeAtomically(
    `${name}.npy`,
    [formatNpy(kernels.length > 1 ? { columns, rows, matrices: kernels } : kernel)],
    signal,
  );
  await writeAtomically(
    `${name}.json`,
    [Buffer.from(`${JSON.stringify(describeEstimate(input, estimate, options), null, 2)}\n`)],
    signal,
  );
}

/** The field of kernels, where one was asked for. */
const kernelsOf = ({ blur }: Estimate): PsfField | null => (blur.kind === 'reference' ? blur.kernels : null);

/** An estimate without its weights: what is printed, and what goes beside a kernel. */
export function describeEstimate(
  input: string,
  { blur, noise, width, height, report }: Estimate,
  { reference }: Pick<EstimateOptions, 'reference'> = {},
): object {
  const { kernel, kernels: _, ...parameters } = { kernels: null, ...blur };
  return {
    input,
    width,
    height,
    ...parameters,
    kernel: kernel && sizeOf(kernel),
    noise,
    units: {
      lengths: 'pixels',
      angles: 'degrees, anticlockwise',
      noise: 'parts of full scale',
      electrons: 'electrons at full scale',
    },
    provenance: {
      package: `perifocal ${VERSION}`,
      method: METHODS[blur.kind],
      ...(typeof reference === 'string' && { reference }),
      seconds: report.seconds,
    },
  };
}

const sizeOf = ({ width, height, symmetric }: Psf): object => ({ width, height, symmetric });
