/**
 * The image-quality metrics of the native addon as TypeScript sees them; docs/metrics.md has the definitions. Arguments
 * are checked by the callers in `lib/`. Every result is the same, to the bit, for any number of threads and any
 * instruction set.
 */

import type { NativeTicket } from './runtime.js';
import type { SolverSamples } from './solver.js';

/** A frame: interleaved samples; of 2 or 4 channels the last is alpha, which no metric looks at. */
export interface MetricFrame {
  readonly data: SolverSamples;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** What computes. `isa` is a name of `isas()`. */
export interface MetricMachine {
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
}

export interface SimilarityOptions extends MetricMachine {
  /** A channel by its number, or -1: the luminance, 0.299 R + 0.587 G + 0.114 B (grey: as it is). */
  readonly component: number;
  /** Compares means of squares of so many pixels, those that fit; at least 11 of them per side. 1: pixels. */
  readonly pool: number;
  /** How often means of 2x2 values replace values after that; the last column or row of an odd number counts twice. */
  readonly halvings: number;
  /** Range of the samples. */
  readonly range: number;
}

/** Statistics of blocks of 96x96 pixels, as many as fit, row by row. */
export interface BlockStatistics {
  /** 36 of every block; some are NaN where a block is flat. */
  readonly features: Float64Array;
  /** Mean local standard deviation of every block, of grey values from 0 to 255. */
  readonly sharpness: Float64Array;
}

export interface EdgeStatistics {
  /** Mean magnitude of Sobel's gradient of the luminance, in full scales per pixel, of all pixels but the outermost. */
  readonly sharpness: number;
  /** Sums of x x, y y and x y of the gradients in every whole cell of 16x16 pixels, row by row. */
  readonly cells: Float64Array;
}

export interface WaterOptions extends MetricMachine {
  /** Channels of the index (high - low) / (high + low); grey frames have the index 1 - 2 level. */
  readonly high: number;
  readonly low: number;
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
  /** Whether no sample is NaN or infinite. */
  hasOnlyFinite(samples: Float32Array, ticket: NativeTicket): Promise<boolean>;
  /** Sum of squared differences of all samples but alpha, in units of samples. */
  squaredError(a: MetricFrame, b: MetricFrame, machine: MetricMachine, ticket: NativeTicket): Promise<number>;
  /** Means of SSIM, and of its contrast-structure term alone, over all pixels whose 11x11 window lies in the image. */
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
  measureScene(frame: MetricFrame, machine: MetricMachine, ticket: NativeTicket): Promise<Float64Array>;
  measureEdges(frame: MetricFrame, machine: MetricMachine, ticket: NativeTicket): Promise<EdgeStatistics>;
  compareWater(
    frame: MetricFrame,
    reference: MetricFrame,
    options: WaterOptions,
    ticket: NativeTicket,
  ): Promise<WaterCounts>;
}

export const METRIC_FUNCTIONS = [
  'hasOnlyFinite',
  'squaredError',
  'measureSimilarity',
  'measureBlocks',
  'measureScene',
  'measureEdges',
  'compareWater',
] as const satisfies readonly (keyof MetricBinding)[];
