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
   * 42 clusters of pixels that may be defects together, first single ones, each of 102 numbers: how many pixels it
   * has, 1 to 9; x and y of nine, from the first, x from -2 to 3, y from 0 to 3; a 9 x 9 matrix, row by row, that makes
   * of their departures what they depart by without each other; the most that a blurred scene departs so, over the
   * spread of the samples around; the same of the root mean square of all of them where nothing else around departs
   * much. What it has not is 0. Pixels with others left, right, above and below within 2 pixels
   * are not judged.
   */
  readonly clusters: Float32Array;
  /** Of the image of a point of light, in pixels. */
  readonly pointWidth: number;
  readonly pointHeight: number;
  /** Most that a blurred edge along lines rises in its first pixel, over the most that it rises in the next two. */
  readonly stepRatio: number;
  /** The same of edges along columns. */
  readonly columnStepRatio: number;
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
  /** Rows whose defects are counted, to before the second. */
  readonly countFrom: number;
  readonly countTo: number;
  /** Logical threads that rows are shared out to; what is found does not depend on them, nor on the instruction set. */
  readonly threads: 1 | 2 | 3;
}

/** What was found, in the rows that are counted; of columns, those of which a stuck part begins in them. */
export interface NativeDefects {
  /** Pixels at the ends of the range. */
  readonly clipped: number;
  /** Single pixels, and those of clusters. */
  readonly hot: number;
  readonly dead: number;
  /** Columns and lines that are stuck at one value for 32 pixels or more, and all their pixels. */
  readonly columns: number;
  readonly lines: number;
  readonly stuck: number;
  /** Whether any clipped samples, or any defects, were found in whatever rows. */
  readonly clippedAnywhere: boolean;
  readonly anywhere: boolean;
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
