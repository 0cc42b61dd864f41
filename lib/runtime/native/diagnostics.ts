/** Measurements of this CPU, for benchmarks. */

import type { Algorithm, ConvShape } from './network.js';
import type { NativeTicket } from './runtime.js';

export interface ConvBenchmark extends ConvShape {
  readonly isa: string;
  readonly algorithm: Algorithm;
  readonly width: number;
  readonly rows: number;
  readonly repeats: number;
}

export interface ShrinkageBenchmark {
  readonly isa: string;
  readonly alpha: number;
  readonly beta: number;
  readonly pixels: number;
  readonly repeats: number;
}

/** The part of the addon that measures how fast it is. `isa` is a name of `isas()`. */
export interface DiagnosticsBinding {
  /** Rate of the bare multiply-accumulate instruction, summed over 1 to 3 threads at once, in MAC/s. */
  measurePeak(isa: string, threads: 1 | 2 | 3, ticket: NativeTicket): Promise<number>;
  /**
   * Times a 3x3 convolution with requantisation, its weights transformed every 4 rows, on one core; seconds per repeat
   * (median) and MACs per repeat.
   */
  benchmarkConvolution(request: ConvBenchmark, ticket: NativeTicket): Promise<{ seconds: number; macs: number }>;
  /** Times the w-step of the hyper-Laplacian solver on one core; median seconds per repeat. */
  benchmarkShrinkage(request: ShrinkageBenchmark, ticket: NativeTicket): Promise<{ readonly seconds: number }>;
}

export const DIAGNOSTICS_FUNCTIONS = [
  'measurePeak',
  'benchmarkConvolution',
  'benchmarkShrinkage',
] as const satisfies readonly (keyof DiagnosticsBinding)[];
