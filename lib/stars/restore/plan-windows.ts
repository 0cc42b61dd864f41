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

/** What decides the solver of a window. */
export interface WindowKind {
  readonly width: number;
  readonly height: number;
  /** Of its PSF, around the middle. */
  readonly radiusX: number;
  readonly radiusY: number;
  /** Whether light beyond it is unknown, instead of sky. */
  readonly isAtEdge: boolean;
}

/** What the solver of a window takes, the copy of its samples for their median included. */
export function solverBytes(method: SolverShape['method'], kind: WindowKind, { binding, isa }: Machine): number {
  const { width, height, radiusX, radiusY, isAtEdge } = kind;
  // Padded by its kernel: windows that may wrap around take less.
  const boundary = isAtEdge ? 'bertero' : 'replicate';
  const shape = { ...WINDOW_SHAPE, method, width, height, radiusX, radiusY, boundary } as const;
  return binding.planSolver(shape, isa).arenaBytes + 4 * width * height;
}

/** What windows are expected to take: a solver for each thread, and the light of those that are restored at once. */
export function planWindows(
  method: SolverShape['method'],
  frame: AnyFrameSize,
  extentPx: number,
  machine: Machine,
): PlannedBuffer[] {
  const { binding, threads } = machine;
  const wanted = windowSide(extentPx, EXPECTED_SIGMA_PX, (least) => binding.goodFftSize(least));
  const side = Math.min(frame.width, frame.height, wanted);
  const radius = Math.min(Math.ceil(extentPx / 2) + 1, (side - 1) >> 1);
  const kind = { width: side, height: side, radiusX: radius, radiusY: radius, isAtEdge: true };
  const pixels = Math.min(WINDOWS_AT_ONCE * side * side, frame.width * frame.height);
  return [
    { name: 'solvers of windows', bytes: threads * solverBytes(method, kind, machine) },
    { name: 'windows', bytes: 4 * colourPlanes(frame) * pixels },
  ];
}
