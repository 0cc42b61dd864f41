import { unsupported } from '../image/codec/inspection.js';

/** Share of the largest weight by which bands of one kernel may differ: what JPEG does to the colours of a grey one. */
const MOST_DIFFERENCE = 1 / 32;

/**
 * The one kernel that the bands of a picture hold: their sum. Throws ImageProblem where they are different kernels,
 * each divided by its own sum: their mean would be the blur of no band. A band without light tells of no kernel.
 * @param samples interleaved
 */
export function sumOfBands(samples: ArrayLike<number>, bands: number, alphaBand: number | null): Float64Array {
  const pixels = samples.length / bands;
  const taken = Array.from({ length: bands }, (_, band) => band).filter((band) => band !== alphaBand);
  const kernels = taken.map((band) => Float64Array.from({ length: pixels }, (_, i) => samples[i * bands + band]!));
  refuseDifferent(kernels);
  return Float64Array.from({ length: pixels }, (_, i) => kernels.reduce((sum, kernel) => sum + kernel[i]!, 0));
}

function refuseDifferent(kernels: readonly Float64Array[]): void {
  const [first, ...others] = kernels.filter((kernel) => sumOf(kernel) !== 0).map(ofUnitSum);
  if (first === undefined) return;
  const most = MOST_DIFFERENCE * largest(first);
  for (const other of others)
    if (first.some((weight, i) => Math.abs(weight - other[i]!) > most))
      throw unsupported(
        'its bands are different kernels, or a picture in false colours',
        'write one of them as grey, and restore each band with its own',
      );
}

const sumOf = (kernel: Float64Array): number => kernel.reduce((sum, weight) => sum + weight, 0);
const largest = (kernel: Float64Array): number => kernel.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);

function ofUnitSum(kernel: Float64Array): Float64Array {
  const sum = sumOf(kernel);
  return kernel.map((weight) => weight / sum);
}
