import type { AnyFrame } from '../../image/frame.js';
import { fullScale } from '../../image/samples.js';
import { erf } from '../../math/erf.js';
import type { Psf } from '../../psf/psf.js';
import { transferMagnitude } from '../../psf/transfer.js';
import { SIDE, brightnessOf, findGrid, readCoefficients, stepOf8Bits } from './blocks.js';
import { findSteps } from './steps.js';
import type { Step } from './steps.js';

/** Fewer blocks tell nothing. */
const FEWEST_BLOCKS = 100;
/** Half a block away, samples of few levels and patterns of a few pixels look the same, and JPEG's steps do not. */
const ELSEWHERE = [
  [4, 0],
  [0, 4],
  [4, 4],
] as const;
/** Where nearly all coefficients were kept, their errors are even. */
const MOST_KEPT = 0.9;
/** Coefficients whose step is unknown, though more than this part of them are not 0, have a small one. */
const MOST_LOST = 0.2;
const SMALL_STEP = 2;
/** Scenes have this part of the power of a frequency, or less, at the next one. */
const FALL = 0.5;
/** Coefficients tell the noise of the sensor where no fewer and no more of them were kept. */
const [FEWEST_KEPT, MOST_OF_NOISE] = [0.003, 0.6];

/** What JPEG has added to a frame, and has left of the noise of its sensor. 1 is full scale, squared. */
export interface JpegNoise {
  /** Steps of all 64 coefficients of a block, row by row, in steps of 8 bits; NaN: unknown. */
  readonly steps: readonly number[];
  /** Mean squared error of coefficients (of an orthonormal transform), row by row. */
  readonly variances: Float64Array;
  /** Mean of all: that of a sample. */
  readonly variance: number;
}

/**
 * Finds how a frame of 8 bits, or a copy of one in 16, was compressed, wherever its blocks begin: its coefficients are
 * multiples of steps. Null where it was not, or so mildly that rounding to samples hides it.
 */
export function findJpegNoise(frame: AnyFrame): JpegNoise | null {
  const unit = stepOf8Bits(frame);
  if (unit === null || Math.min(frame.width, frame.height) < 4 * SIDE) return null;
  const brightness = brightnessOf(frame, unit);
  const [left, top] = findGrid(frame, brightness);
  const coefficients = readCoefficients(frame, brightness, [left, top]);
  if (coefficients.blocks < FEWEST_BLOCKS) return null;
  const steps = findSteps(coefficients, () =>
    ELSEWHERE.map(([x, y]) => readCoefficients(frame, brightness, [(left + x) % SIDE, (top + y) % SIDE])),
  );
  if (!steps) return null;
  const scale = (fullScale(frame) / unit) ** 2;
  const variances = errorsOf(steps).map((variance) => variance / scale);
  const variance = variances.reduce((sum, one) => sum + one, 0) / variances.length;
  return { steps: steps.map(({ step }) => step), variances, variance };
}

/** Mean variance at the frequencies that a kernel lets pass, each as far as it does. */
export function passingVariance({ variances }: JpegNoise, kernel: Psf): number {
  const transfer = transferMagnitude(kernel, 2 * SIDE);
  let [sum, total] = [0, 0];
  variances.forEach((variance, index) => {
    const passing = transfer[(SIDE + (index >> 3)) * 2 * SIDE + SIDE + (index % SIDE)]! ** 2;
    sum += passing * variance;
    total += passing;
  });
  return sum / total;
}

/** Expected squared error of every coefficient. */
function errorsOf(steps: readonly Step[]): Float64Array {
  const noise = noiseOf(steps);
  const errors = new Float64Array(steps.length);
  steps.forEach((step, index) => {
    const before = [index % SIDE > 0 ? index - 1 : -1, index - SIDE].filter((place) => place >= 0);
    // What is all 0 has lost what a scene has there: less than at the frequencies before.
    const isKnown = step.step > 0 || step.share > MOST_LOST || before.length === 0;
    errors[index] = isKnown ? errorOf(step) + noise * step.share : FALL * Math.min(...before.map((at) => errors[at]!));
  });
  return errors;
}

/** Of coefficients whose sizes are exponentially distributed, as those of scenes are. */
function errorOf({ step, share }: Step): number {
  if (!(step > 0)) return SMALL_STEP ** 2 / 12;
  const even = step ** 2 / 12;
  if (share >= MOST_KEPT) return even;
  const end = step / 2;
  const size = end / Math.log(1 / share);
  // Of those that became 0, the mean square; and of the others.
  return 2 * size ** 2 - share * (end ** 2 + 2 * end * size + 2 * size ** 2) + share * even;
}

/** Variance of the noise before compression: no more than the least of any frequency, which scenes add to. */
function noiseOf(steps: readonly Step[]): number {
  const deviations = steps
    .filter(({ step, share }) => step > 0 && share >= FEWEST_KEPT && share <= MOST_OF_NOISE)
    .map(({ step, share }) => step / 2 / normalBeyond(share));
  return deviations.length > 0 ? Math.min(...deviations) ** 2 : 0;
}

/** How many standard deviations away from 0 this part of normal values is, or farther. */
function normalBeyond(share: number): number {
  let [low, high] = [0, 8];
  for (let round = 0; round < 40; round += 1) {
    const middle = (low + high) / 2;
    if (1 - erf(middle / Math.SQRT2) > share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
