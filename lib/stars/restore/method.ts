import type { AnyFrame, AnyFrameSize, Region } from '../../image/frame.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import type { Scope } from '../../runtime/scope.js';
import type { StarLook } from '../measure/look.js';
import type { StarPlane } from '../measure/plane.js';
import type { MeasuredStars } from '../measure/search.js';

/** What restores a star frame. */
export type StarMethod = 'hyper-laplacian' | 'richardson-lucy' | 'render' | 'none';

/** A frame that is to be restored, and what was measured in it. */
export interface MeasuredFrame {
  /** Only read. */
  readonly frame: AnyFrame;
  readonly plane: StarPlane;
  readonly look: StarLook;
  readonly stars: MeasuredStars;
  /** What was planned for the method: see {@link StarRestoration.buffers}. */
  readonly plannedBytes: number;
}

/** What restoring a frame did. */
export interface RestoredFrame {
  /** The very frame that was given where nothing was to be restored. */
  readonly frame: AnyFrame;
  /** Parts in which light was restored. */
  readonly windows: readonly Region[];
  /** The most of any window; 0 without. */
  readonly iterations: number;
  /** Restored samples above full scale, cut off in 8 and 16 bits. */
  readonly clipped: number;
}

/** What plans depend on besides the frame. */
export type Machine = Pick<Scope, 'binding' | 'isa' | 'threads'>;

/** A method, its options being checked: chosen once. */
export interface StarRestoration {
  readonly method: StarMethod;
  /** What it takes beside the frames and the plane. @param extentPx trails or disks that are expected */
  buffers(size: AnyFrameSize, extentPx: number, machine: Machine): PlannedBuffer[];
  restore(measured: MeasuredFrame, scope: Scope): Promise<RestoredFrame>;
}

/** Nothing is restored. */
export const untouched = (frame: AnyFrame): RestoredFrame => ({ frame, windows: [], iterations: 0, clipped: 0 });
