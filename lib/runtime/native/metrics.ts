/**
 * The image-quality metrics of the native addon as TypeScript sees them; docs/metrics.md has the definitions. Arguments
 * are checked by the callers in `lib/`. Every result is the same, to the bit, for any number of threads and any
 * instruction set.
 */

import type { NativeTicket } from './runtime.js';
import type { SolverSamples } from './solver.js';

/** A frame of interleaved samples. No metric looks at alpha. */
export interface MetricFrame {
  readonly data: SolverSamples;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Channels that are not alpha, the first ones; by default all but the second of two or the fourth of four. */
  readonly bands?: number;
  /** Value of a white sample; by default 255, 65535, or 1 for floats. */
  readonly white?: number;
}

/** What computes. `isa` is a name of `isas()`. */
export interface MetricMachine {
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
}

export interface ErrorOptions extends MetricMachine {
  /** One byte per pixel, 0 where it does not count; by default all count. */
  readonly valid?: Uint8Array;
}

export interface SimilarityOptions extends MetricMachine {
  /** A channel by its number, or -1: 0.299 R + 0.587 G + 0.114 B of 3 or 4 channels, else the first. */
  readonly component: number;
  /** Compares means of squares of so many pixels, those that fit; at least 11 of them per side. 1: pixels. */
  readonly pool: number;
  /** How often means of 2x2 values replace values after that; the last column or row of an odd number counts twice. */
  readonly halvings: number;
  /** Range of the samples. */
  readonly range: number;
  /** One byte per 11x11 window in the image, row by row, 0 where it does not count; by default all count. */
  readonly windows?: Uint8Array;
}

/** Statistics of blocks of 96x96 pixels, as many as fit, row by row. */
export interface BlockStatistics {
  /** 36 of every block; some are NaN where a block is flat. */
  readonly features: Float64Array;
  /** Mean local standard deviation of every block, of grey values from 0 to 255. */
  readonly sharpness: Float64Array;
}

export interface SceneOptions extends MetricMachine {
  /** One byte per pixel, 0 where it does not count, and the same of half the size, rounded up; by default all count. */
  readonly valid?: Uint8Array;
  readonly halvedValid?: Uint8Array;
}

export interface EdgeOptions extends MetricMachine {
  /** One byte per pixel but the outermost, row by row, 0 where it does not count; by default all count. */
  readonly inner?: Uint8Array;
}

export interface EdgeStatistics {
  /** Mean magnitude of Sobel's gradient of the luminance, in full scales per pixel, of all that count; else NaN. */
  readonly sharpness: number;
  /** Sums of x x, y y and x y of the gradients in every whole cell of 16x16 pixels, row by row. */
  readonly cells: Float64Array;
}

export interface WaterOptions extends MetricMachine {
  /** Channels of the index (high - low) / (high + low); where they are the same one, it is 1 - 2 level. */
  readonly high: number;
  readonly low: number;
  /** One byte per pixel, 0 where it does not count; by default all count. */
  readonly valid?: Uint8Array;
}

/** Water is where the index is at least `threshold`, which Otsu's method finds in the reference. */
export interface WaterCounts {
  readonly threshold: number;
  /** Between-class variance of the index over all its variance, 0 to 1. */
  readonly separability: number;
  /** Pixels with water in both frames, in one, in none. */
  readonly both: number;
  readonly onlyFrame: number;
  readonly onlyReference: number;
  readonly neither: number;
}

/** The part of the addon that measures. Both frames of a comparison have one size and one type of samples. */
export interface MetricBinding {
  /** Sum of squared differences of all samples but alpha, in units of samples. */
  squaredError(a: MetricFrame, b: MetricFrame, options: ErrorOptions, ticket: NativeTicket): Promise<number>;
  /** Means of SSIM, and of its contrast-structure term alone, over all 11x11 windows in the image; NaN of none. */
  measureSimilarity(
    a: MetricFrame,
    b: MetricFrame,
    options: SimilarityOptions,
    ticket: NativeTicket,
  ): Promise<{ readonly ssim: number; readonly contrastStructure: number }>;
  /**
   * Natural scene statistics as NIQE takes them, of the luminance rounded to 0 ... 255. At least 96 pixels per side.
   */
  measureBlocks(frame: MetricFrame, machine: MetricMachine, ticket: NativeTicket): Promise<BlockStatistics>;
  /** The 36 features of BRISQUE; some are NaN for a flat frame. */
  measureScene(frame: MetricFrame, options: SceneOptions, ticket: NativeTicket): Promise<Float64Array>;
  measureEdges(frame: MetricFrame, options: EdgeOptions, ticket: NativeTicket): Promise<EdgeStatistics>;
  compareWater(
    frame: MetricFrame,
    reference: MetricFrame,
    options: WaterOptions,
    ticket: NativeTicket,
  ): Promise<WaterCounts>;
}

export const METRIC_FUNCTIONS = [
  'squaredError',
  'measureSimilarity',
  'measureBlocks',
  'measureScene',
  'measureEdges',
  'compareWater',
] as const satisfies readonly (keyof MetricBinding)[];
