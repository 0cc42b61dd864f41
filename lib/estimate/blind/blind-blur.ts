import type { FrameSource } from '../../image/source.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import { fromArray } from '../../psf/psf.js';
import type { Psf } from '../../psf/psf.js';
import { luminancePlane } from '../../image/luminance.js';
import { likeness } from './taps.js';
import type { Taps } from './taps.js';
import { countLevels, findTaps } from './coarse-to-fine.js';
import { LEAST_TILE, pickTiles } from './busy-parts.js';

/** Reach of a kernel from its centre, in pixels. */
const REACH = 15;
/** Two parts of the frame whose kernels are less alike tell none; from the second on, confidence is high. */
const LEAST_AGREEMENT = 0.8;
const HIGH_AGREEMENT = 0.99;
/**
 * A kernel narrower than this, as the root of its mean squared distance from its centre in pixels, is what sharp scenes
 * give.
 */
const LEAST_SPREAD = 1.5;

/** How sure a kernel is. */
export interface BlindConfidence {
  readonly level: 'high' | 'low';
  /** 0 to 1: how alike the kernels of two parts of the frame are, as their normalised correlation. */
  readonly value: number;
}

/** A kernel of any form that a frame's edges suggest. Where it lies, and so a shift of the frame, is not told. */
export interface BlindEstimate {
  readonly kind: 'blind';
  /** Why there is no estimate; null: there is one. */
  readonly declined: string | null;
  /** A kernel of no known shape has no words. */
  readonly shape: null;
  readonly psf: null;
  /** No weight negative, sum 1, at most 31 pixels wide. */
  readonly kernel: Psf | null;
  readonly confidence: BlindConfidence | null;
}

/**
 * The kernel of any form, of two parts of the frame, each by itself, with the most edges: pictures with few edges and
 * kernels alternately, from coarse to fine (kernel-estimation, section 6). See docs/estimation.md. Rejects with the
 * signal's reason.
 */
export async function estimateBlind(scope: Scope, { frame, valid }: FrameSource): Promise<BlindEstimate> {
  const pauses = new Pauses(scope.signal);
  const tiles = await pickTiles(await luminancePlane(frame, pauses), valid, pauses);
  if (tiles === null)
    return declineBlind(
      `${frame.width}x${frame.height} pixels are too few: two parts of ${LEAST_TILE}x${LEAST_TILE} must fit in`,
    );
  if (tiles.length < 2)
    return declineBlind(
      `fewer than two parts of it have edges and are neither ${valid ? 'missing, ' : ''}saturated nor black in places`,
    );
  const found: Taps[] = [];
  const levels = countLevels(REACH);
  for (const [index, { data, side }] of tiles.entries()) {
    found.push(
      await findTaps(data, side, REACH, scope, (level) => {
        const done = (index + 1) * levels - level;
        scope.progress({ phase: 'kernel', unit: 'steps', done, total: tiles.length * levels });
      }),
    );
  }
  return conclude(found[0]!, likeness(found[0]!, found[1]!));
}

export function declineBlind(declined: string): BlindEstimate {
  return { kind: 'blind', declined, shape: null, psf: null, kernel: null, confidence: null };
}

/** The kernel of the part with the most edges. */
function conclude(taps: Taps, agreement: number): BlindEstimate {
  const confidence: BlindConfidence = { level: agreement >= HIGH_AGREEMENT ? 'high' : 'low', value: agreement };
  const reason = refusal(taps, agreement);
  if (reason) return { ...declineBlind(reason), confidence };
  const { side, data } = taps;
  return {
    kind: 'blind',
    declined: null,
    shape: null,
    psf: null,
    kernel: fromArray({ width: side, height: side, data }),
    confidence,
  };
}

function refusal({ side, data }: Taps, agreement: number): string | null {
  if (agreement < LEAST_AGREEMENT)
    return (
      `two parts of it give different kernels: they are alike by ${agreement.toFixed(2)}, of at ` +
      `least ${LEAST_AGREEMENT}`
    );
  const middle = (side - 1) / 2;
  const spread = Math.sqrt(
    data.reduce(
      (sum, weight, index) =>
        sum + weight * (((index % side) - middle) ** 2 + (Math.floor(index / side) - middle) ** 2),
      0,
    ),
  );
  return spread < LEAST_SPREAD
    ? `it is sharp, or its kernel is narrower than ${LEAST_SPREAD} pixels, which sharp scenes give too`
    : null;
}
