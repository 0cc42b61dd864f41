import type { Binding } from '../../runtime/native/binding.js';
import { BudgetError } from '../../runtime/errors.js';
import { formatBytes } from '../../runtime/budget.js';
import { ledger } from '../../runtime/ledger.js';
import { PROCESS_BYTES } from '../../runtime/memory-plan.js';
import type { Scope } from '../../runtime/scope.js';
import type { BlurSettings } from './blur-settings.js';

/**
 * What is planned where the frame is to tell the blur: trails or disks of this extent. Where it tells longer ones, more
 * memory is held for their time, if there is room.
 */
const EXPECTED_EXTENT_PX = 60;
/** Side of the windows whose autocorrelation is expected to tell the trail. */
export const EXPECTED_SIDE_PX = 128;

/** Windows are summed in this many parts, each with a transform of its own. */
const TRAIL_PARTS = 3;
/** Stars that are fitted together, and what is around a star. */
const STARS_TOGETHER = 20;
const RIM_PX = 8;
/** Of every pixel of a star: two coordinates and a value. */
const STAR_PIXEL_BYTES = 24;
/** Floats of a tile's pixel: its response, its spectrum, its rows under way, the transfer function. */
const TILE_FLOATS = 4;

/** What the light of a star is expected to be spread over: the length of its trail, or the diameter of its disk. */
export function expectedExtent({ motion, defocus }: BlurSettings): number {
  if (defocus !== null) return defocus === 'auto' ? EXPECTED_EXTENT_PX : 2 * defocus.radiusPx;
  if (motion === 'none') return 0;
  return typeof motion === 'object' && 'lengthPx' in motion ? motion.lengthPx : EXPECTED_EXTENT_PX;
}

/** Whether the frame must tell its trail. */
export const mustTellTrail = ({ motion, defocus }: BlurSettings): boolean =>
  defocus === null && (motion === 'auto' || (typeof motion === 'object' && 'camera' in motion));

/** What the autocorrelation of windows takes. */
export function trailBytes(side: number, binding: Binding): number {
  const twice = 2 * side;
  const transform = binding.planFft({ kind: 'image', rows: twice, columns: twice, threads: 1 });
  const spectrum = 4 * twice * (twice + 2);
  return TRAIL_PARTS * (transform + spectrum + 4 * side * side) + 4 * twice * twice;
}

/** What finding and fitting stars takes. @param pixels of the frame */
export function searchBytes(extentPx: number, pixels: number, threads: number): number {
  const tile = tileSide(extentPx + 2 * RIM_PX);
  const filters = threads * TILE_FLOATS * 4 * Math.min(tile * tile, 4 * pixels);
  const starPixels = Math.PI * (extentPx / 2 + RIM_PX) ** 2;
  // A pixel belongs to one star.
  return Math.ceil(filters + STAR_PIXEL_BYTES * Math.min(pixels, STARS_TOGETHER * starPixels));
}

/** Side of the tiles of the matched filter, as native/stars/matched_filter.cc has it. */
const tileSide = (profileSide: number): number => Math.max(Math.min(5 * profileSide, 512), 3 * profileSide, 128);

/**
 * Counts what work takes beyond its plan, until it is disposed of. It does not wait, as the operation has memory that
 * others may be waiting for. Throws BudgetError where there is no room. @param what takes it, for the message
 */
export function holdBeyond(bytes: number, plannedBytes: number, scope: Scope, what: string): Disposable {
  const extra = bytes - plannedBytes;
  if (extra <= 0) return { [Symbol.dispose]: () => {} };
  const missing = extra - makeRoom(extra, scope);
  if (missing <= 0) return ledger.take(extra);
  const { budgetBytes } = scope.runtime;
  throw new BudgetError(
    `${what} need ${formatBytes(extra)} more than was planned: ${Math.ceil((budgetBytes + missing) / 1e6)}MB in all; ` +
      `the budget is ${formatBytes(budgetBytes)}`,
    budgetBytes + missing,
  );
}

/** As {@link holdBeyond} of what was not planned at all; null where there is no room. */
export function holdIfRoom(bytes: number, scope: Scope): Disposable | null {
  return makeRoom(bytes, scope) < bytes ? null : ledger.take(bytes);
}

/** Frees what is merely kept where that is needed. Returns how many bytes of the budget nobody has then. */
export function makeRoom(wantedBytes: number, { runtime: { budgetBytes } }: Scope): number {
  ledger.makeRoom(budgetBytes - wantedBytes);
  return budgetBytes - PROCESS_BYTES - ledger.bytes;
}
