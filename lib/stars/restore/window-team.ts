import { colourPlanes } from '../../image/planes.js';
import type { AnyFrame, Region } from '../../image/frame.js';
import type { Psf } from '../../psf/psf.js';
import type { SolverShape } from '../../runtime/native/binding.js';
import type { Scope } from '../../runtime/scope.js';
import { holdBeyond, makeRoom } from '../measure/memory.js';
import { WINDOWS_AT_ONCE, solverBytes } from './plan-windows.js';
import type { WindowKind } from './plan-windows.js';
import { isAtEdge } from './windows.js';

const kindOf = (window: Region, psf: Psf, frame: AnyFrame): WindowKind => ({
  width: window.width,
  height: window.height,
  radiusX: (psf.width - 1) / 2,
  radiusY: (psf.height - 1) / 2,
  isAtEdge: isAtEdge(window, frame),
});

/** How many threads restore windows at once, and the memory that is held for them. */
interface Team extends Disposable {
  readonly workers: number;
  /** Samples of the windows that are restored at once, at most. */
  readonly pixels: number;
}

/** What was planned for windows. */
interface WindowAllowance {
  readonly method: SolverShape['method'];
  readonly plannedBytes: number;
}

/** As many threads as there is room for: windows that have become one may be large. Throws BudgetError. */
export function holdForWindows(
  frame: AnyFrame,
  windows: readonly Region[],
  psfs: readonly Psf[],
  { method, plannedBytes }: WindowAllowance,
  scope: Scope,
): Team {
  const planes = colourPlanes(frame);
  const pixels = planes * mostPixels(windows);
  const kinds = windows.map((window, index) => kindOf(window, psfs[index]!, frame));
  const largest = Math.max(...kinds.map(({ width, height }) => width * height));
  const solver = Math.max(...kinds.map((kind) => solverBytes(method, kind, scope)));
  const most = Math.min(scope.threads, planes * kinds.length);
  const bytesFor = (workers: number): number => workers * solver + 4 * (pixels + largest);
  const roomBytes = plannedBytes + makeRoom(bytesFor(most) - plannedBytes, scope);
  const workers = Math.max(1, Math.min(most, Math.floor((roomBytes - bytesFor(0)) / solver)));
  const held = holdBeyond(bytesFor(workers), plannedBytes, scope, 'Windows that overlap');
  return { workers, pixels, [Symbol.dispose]: () => held[Symbol.dispose]() };
}

/** Pixels of the windows that are restored at once, at most. */
function mostPixels(windows: readonly Region[]): number {
  let most = 0;
  for (let first = 0; first < windows.length; first += WINDOWS_AT_ONCE) {
    const batch = windows.slice(first, first + WINDOWS_AT_ONCE);
    most = Math.max(
      most,
      batch.reduce((sum, { width, height }) => sum + width * height, 0),
    );
  }
  return most;
}
