import { SIDE } from './blocks.js';
import type { Coefficients } from './blocks.js';

/** Steps that are told: of 1 nothing is seen beside rounding to samples, and 8 bits have none beyond the other. */
const [LEAST_STEP, LARGEST_STEP] = [2, 255];
/** Coefficients that count, at most of one frequency: more would tell no more. */
const MOST_VALUES = 400;
const FEWEST_VALUES = 8;
/** Below this a coefficient may be rounding to samples alone. */
const LEAST_VALUE = 1.5;
/** So many of the others, in parts of them, may be it yet. */
const DOUBTFUL = 0.25;
/** Mean squared deviation from multiples, over the square of a step: of values that know nothing of it, 1 / 12. */
const MOST_DEVIATION = 1 / 30;
/**
 * Frequencies with so many coefficients that are multiples of a step, beyond it, say that there is one; several such
 * frequencies say that all others have one. Small numbers of any kind may be near to one step.
 */
const FIRM_VALUES = 20;
const FEWEST_FIRM = 3;
/** Sizes nearer than this are one. */
const ALIKE = 1 / 64;
/**
 * Root mean square of what rounding to samples adds to a coefficient: 0.29 in grey, up to twice that in colour. Means
 * of blocks may have more: samples of a flat block are all rounded alike.
 */
const MOST_ERROR = 0.75;
/** Coefficients of other blocks that are nearer to multiples than this owe them to the samples' own few levels. */
const CHANCE = 1 / 20;
/** Tables hardly fall towards fine detail: beyond such a step none is too small to be told. */
const CLEAR_STEP = 3;

/** How the coefficients of one frequency were rounded. */
export interface Step {
  /** NaN where it cannot be told: all are 0, or it is as small as what rounding to samples has added. */
  readonly step: number;
  /** Part of the blocks whose coefficient is not 0. */
  readonly share: number;
}

/** What its own coefficients tell of the step of a frequency. */
interface Finding extends Step {
  readonly isFirm: boolean;
  /** Whether there are enough coefficients that a step would be seen. */
  readonly isTold: boolean;
}

/**
 * The step of every frequency, row by row; null where coefficients do not look as if they were rounded.
 * @param elsewhere coefficients of blocks that begin elsewhere, which JPEG did not round
 */
export function findSteps(coefficients: Coefficients, elsewhere: () => readonly Coefficients[]): Step[] | null {
  const found = Array.from({ length: SIDE ** 2 }, (_, frequency) =>
    findStep(sizesOf(coefficients, frequency), frequency > 0 ? MOST_ERROR : Infinity),
  );
  const likely = found.flatMap(({ isFirm }, frequency) => (isFirm ? [frequency] : []));
  if (likely.length < FEWEST_FIRM) return null;
  const others = elsewhere();
  const firm = likely.filter((frequency) =>
    others.every((other) => !areMultiples(sizesOf(other, frequency), found[frequency]!.step)),
  );
  return firm.length >= FEWEST_FIRM && countMissing(found, firm) < firm.length ? found : null;
}

const sizesOf = ({ blocks, values }: Coefficients, frequency: number): Float64Array =>
  Float64Array.from({ length: blocks }, (_, block) => Math.abs(values[block * SIDE ** 2 + frequency]!));

function findStep(sizes: Float64Array, mostError: number): Finding {
  const beyond = sizes.filter((size) => size > LEAST_VALUE);
  const thin = Math.max(1, beyond.length / MOST_VALUES);
  const some = beyond.filter((_, index) => Math.floor(index / thin) !== Math.floor((index - 1) / thin)).sort();
  const step = some.length < FEWEST_VALUES ? NaN : likeliestStep(some);
  const least = step > 0 ? step / 2 : LEAST_VALUE;
  const share = sizes.filter((size) => size > least).length / sizes.length;
  const far = farOf(some, step);
  const most = Math.min(MOST_DEVIATION, (mostError / step) ** 2);
  const isFirm = countDifferent(far) >= FIRM_VALUES && deviationOf(far, step, most) <= most;
  return { step, share, isFirm, isTold: countDifferent(some) >= FIRM_VALUES };
}

/** Sizes that may be more than one step. */
const farOf = (sizes: Float64Array, step: number): Float64Array => sizes.filter((size) => size > 1.5 * step);

function areMultiples(sizes: Float64Array, step: number): boolean {
  const far = farOf(sizes, step);
  return far.length >= FEWEST_VALUES && deviationOf(far, step, CHANCE) <= CHANCE;
}

/** Frequencies whose coefficients show no step, though one before them, in both directions, has a clear one. */
function countMissing(found: readonly Finding[], firm: readonly number[]): number {
  // Encoders round means more than what comes next.
  const clear = firm.filter((frequency) => frequency > 0 && found[frequency]!.step >= CLEAR_STEP);
  return found.filter(
    ({ step, isTold }, index) => isTold && !(step > 0) && clear.some((frequency) => isBeyond(index, frequency)),
  ).length;
}

const isBeyond = (index: number, other: number): boolean => index >> 3 >= other >> 3 && index % SIDE >= other % SIDE;

/** Sizes that are not alike: rounding to samples scatters those of one multiple, and a pattern repeats its own. */
const countDifferent = (sizes: Float64Array): number => new Set(sizes.map((size) => Math.round(size / ALIKE))).size;

/** The step whose multiples they are nearest to, in parts of it; NaN where that is not near. @param sizes in order */
function likeliestStep(sizes: Float64Array): number {
  const least = sizes[Math.floor(DOUBTFUL * sizes.length)]!;
  let best = { step: NaN, deviation: MOST_DEVIATION };
  for (let step = LEAST_STEP; step <= Math.min(LARGEST_STEP, 1.5 * least); step += 1) {
    const deviation = deviationOf(sizes, step, best.deviation);
    if (deviation < best.deviation) best = { step, deviation };
  }
  return best.step;
}

/** Mean squared deviation from multiples of a step, over its square; Infinity beyond `most`. */
function deviationOf(sizes: Float64Array, step: number, most: number): number {
  const end = most * sizes.length;
  let sum = 0;
  for (let index = 0; index < sizes.length && sum <= end; index += 1) {
    const multiple = sizes[index]! / step;
    sum += (multiple - Math.round(multiple)) ** 2;
  }
  return sum > end ? Infinity : sum / sizes.length;
}
