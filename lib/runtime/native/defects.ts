/** Samples that no blurred scene with noise can have. */

import type { NativeTicket } from './runtime.js';
import type { SampleWindow } from './solver.js';

/** Where to look, and what a blurred scene can have. */
export interface DefectRequest {
  /** One channel of a whole frame, from its first pixel on. Single and stuck pixels in it are replaced. */
  readonly window: SampleWindow;
  /** Of the frame, 16 pixels or more. */
  readonly width: number;
  readonly height: number;
  /**
   * How a sample is predicted from those around it: 5 x 5 weights, row by row, 0 in the middle, the same on opposite
   * sides; they sum to 1.
   */
  readonly weights: Float32Array;
  /**
   * Most that a blurred scene departs from the prediction, over the spread of the samples around: of all, and without
   * the one or two largest and least of them.
   */
  readonly spreadShares: Float32Array;
  /** Of the image of a point of light, in pixels. */
  readonly pointWidth: number;
  readonly pointHeight: number;
  /** Most that a blurred edge rises in its first pixel, over the most that it rises in the next two. */
  readonly stepRatio: number;
  /** Between values that samples can have, in units of white. */
  readonly step: number;
  /** Samples at or beyond these, in units of white, are clipped where they lie together. */
  readonly low: number;
  readonly high: number;
  /**
   * A byte a pixel, 0 where it is missing. Becomes 1, or 0 also where a sample is impossible, 2 where it is
   * clipped, 3 where it is clipped in an area that is wider than a point of light, so that it is the least that its
   * light may be.
   */
  readonly valid: Uint8Array;
  /** Logical threads that rows are shared out to; what is found does not depend on them, nor on the instruction set. */
  readonly threads: 1 | 2 | 3;
}

/** What was found. */
export interface NativeDefects {
  /** Pixels at the ends of the range. */
  readonly clipped: number;
  /** Single pixels. */
  readonly hot: number;
  readonly dead: number;
  /** Columns and lines that are stuck at one value for 32 pixels or more, and all their pixels. */
  readonly columns: number;
  readonly lines: number;
  readonly stuck: number;
  /** So many single pixels are impossible that the PSF must be wrong; `valid` and the samples then mean nothing. */
  readonly tooMany: boolean;
}

/** The part of the addon that finds defects. `isa` is a name of `isas()`. */
export interface DefectBinding {
  findDefects(request: DefectRequest, isa: string, ticket: NativeTicket): Promise<NativeDefects>;
  /** Most bytes that `findDefects` takes. */
  defectScratchBytes(width: number, height: number, threads: number): number;
}

export const DEFECT_FUNCTIONS = [
  'findDefects',
  'defectScratchBytes',
] as const satisfies readonly (keyof DefectBinding)[];
