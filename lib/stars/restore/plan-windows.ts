import { colourPlanes } from '../../image/planes.js';
import type { AnyFrameSize } from '../../image/frame.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import type { SolverShape } from '../../runtime/native/binding.js';
import type { Machine } from './method.js';
import { windowSide } from './windows.js';

/** Windows of one call: its threads are others' again in between. */
export const WINDOWS_AT_ONCE = 32;

/**
 * Of every window's solver; sizes are those of the window and its PSF. All around there is the same sky, so that
 * windows may wrap around: that takes transforms of the window's own size. Merged ones of odd sides are padded.
 */
export const WINDOW_SHAPE: Omit<SolverShape, 'method'> = {
  width: 0,
  height: 0,
  radiusX: 0,
  radiusY: 0,
  symmetric: false,
  modes: 1,
  boundary: 'periodic',
  sampleBits: 32,
  acceleration: 'none',
  totalVariation: false,
  masked: false,
  threads: 1,
};

/** Width of sharp stars that a plan expects. */
const EXPECTED_SIGMA_PX = 1.5;

/** What windows take: a solver for each thread, and the light of those that are restored at once. */
export function planWindows(
  method: SolverShape['method'],
  frame: AnyFrameSize,
  extentPx: number,
  { binding, isa, threads }: Machine,
): PlannedBuffer[] {
  const shortest = Math.min(frame.width, frame.height);
  const side = Math.min(
    shortest,
    windowSide(extentPx, EXPECTED_SIGMA_PX, (least) => binding.goodFftSize(least)),
  );
  const radius = Math.min(Math.ceil(extentPx / 2) + 1, (side - 1) >> 1);
  // A window at the edge of the frame is padded by its kernel: that takes most.
  const shape: SolverShape = {
    ...WINDOW_SHAPE,
    method,
    width: side,
    height: side,
    radiusX: radius,
    radiusY: radius,
    boundary: 'bertero',
  };
  const lightBytes = WINDOWS_AT_ONCE * colourPlanes(frame) * side * side * 4;
  return [
    { name: 'solvers of windows', bytes: threads * binding.planSolver(shape, isa).arenaBytes },
    { name: 'windows', bytes: Math.min(lightBytes, frame.width * frame.height * colourPlanes(frame) * 4) },
  ];
}
