import type { Scope } from '../../runtime/scope.js';
import { discard } from '../discard.js';
import { planImage } from '../plan-image.js';
import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';
import { enlarge, solveTaps, spike, transferOf } from './taps.js';
import type { Taps } from './taps.js';
import { gradientPower, sharpen } from './sharpen.js';

/** Each level has sides this much shorter than the next; the coarsest kernel reaches no farther than so many pixels. */
const RATIO = Math.SQRT1_2;
const COARSEST_REACH = 2;
/**
 * Price of an edge, falling round by round (Anger, Delbracio, Facciolo 2019, who begin at a fifth of it: too low for
 * pictures from above).
 */
const [FIRST_SPARSITY, LAST_SPARSITY, SPARSITY_RATIO] = [2e-2, 2e-3, 1 / 1.1];
const ROUNDS = 16;
/** Of the kernel's energy, against the mean power of the gradients. */
const PENALTY = 0.05;
/** Part of a side that fades to the mean at each edge. */
const FADE = 0.1;
/** Planes of floats that a round leaves: two of the kernel, seven of the sharp picture, two of the new kernel. */
const PLANES_OF_ROUND = 11;

/**
 * The kernel of a square picture, from coarse to fine: the picture with few edges, then the kernel, alternately.
 * @param picture its pixels, 1 being the range of its brightness
 * @param onLevel after every level, finest last
 */
export async function findTaps(
  picture: Float32Array,
  side: number,
  reach: number,
  scope: Scope,
  onLevel: (level: number) => void,
): Promise<Taps> {
  const levels = countLevels(reach);
  const whole = await transformFaded(scope, picture, side);
  let taps: Taps | null = null;
  for (let level = levels - 1; level >= 0; level -= 1) {
    const scale = RATIO ** level;
    const levelReach = Math.max(1, Math.round(reach * scale));
    const plan = await planImage(scope, evenSide(side * scale), evenSide(side * scale));
    try {
      taps = await improve(
        plan,
        reduce(whole, side, plan),
        taps === null ? spike(2 * levelReach + 1) : enlarge(taps, 1 / RATIO, levelReach),
        scope,
      );
    } finally {
      plan.dispose();
    }
    onLevel(level);
  }
  return taps!;
}

export const countLevels = (reach: number): number =>
  Math.max(1, Math.ceil(Math.log(COARSEST_REACH / reach) / Math.log(RATIO)) + 1);

async function improve(plan: Transform, blurred: HalfSpectrum, start: Taps, scope: Scope): Promise<Taps> {
  const gradients = gradientPower(plan);
  let [taps, sparsity] = [start, FIRST_SPARSITY];
  for (let round = 0; round < ROUNDS; round += 1) {
    scope.signal.throwIfAborted();
    taps = await improveOnce(plan, blurred, taps, gradients, sparsity);
    discard(scope, 4 * PLANES_OF_ROUND * plan.lines * plan.length);
    sparsity = Math.max(LAST_SPARSITY, sparsity * SPARSITY_RATIO);
  }
  return taps;
}

async function improveOnce(
  plan: Transform,
  blurred: HalfSpectrum,
  taps: Taps,
  gradients: Float32Array,
  sparsity: number,
): Promise<Taps> {
  const sharp = await sharpen(plan, blurred, await transferOf(plan, taps), gradients, sparsity);
  return solveTaps(plan, sharp, blurred, gradients, (taps.side - 1) / 2, PENALTY);
}

/** Its spectrum without the mean, faded out at the edges, which else were edges of the picture. */
async function transformFaded(scope: Scope, picture: Float32Array, side: number): Promise<HalfSpectrum> {
  const mean = picture.reduce((sum, value) => sum + value, 0) / picture.length;
  const fade = Float64Array.from({ length: side }, (_, index) => {
    const distance = Math.min(index + 0.5, side - index - 0.5) / (FADE * side);
    return distance >= 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * distance);
  });
  const faded = picture.map((value, pixel) => (value - mean) * fade[pixel % side]! * fade[Math.floor(pixel / side)]!);
  const plan = await planImage(scope, side, side);
  try {
    return await plan.forward(faded);
  } finally {
    plan.dispose();
  }
}

const evenSide = (side: number): number => 4 * Math.round(side / 4);

/** The spectrum of a picture made smaller: its lowest frequencies. */
function reduce({ re, im }: HalfSpectrum, side: number, { length: small, bins }: Transform): HalfSpectrum {
  const scale = (small / side) ** 2;
  const of = (part: Float32Array): Float32Array =>
    Float32Array.from({ length: small * bins }, (_, bin) => {
      const [u, row] = [bin % bins, Math.floor(bin / bins)];
      const v = row < small / 2 ? row : row - small;
      return small < side && (u === small / 2 || v === -small / 2)
        ? 0
        : scale * part[((v + side) % side) * (side / 2 + 1) + u]!;
    });
  return { re: of(re), im: of(im) };
}
