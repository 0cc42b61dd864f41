import type { MemoryPlan } from '../runtime/memory-plan.js';

/** What every restoration reports. */
export interface RunReport {
  /** 'network', or the method of deconvolution. */
  readonly method: string;
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  /** Time for restoring, without decoding. */
  readonly seconds: number;
  /** Time for reading and decoding the input; 0 for raw pixels. */
  readonly decodeSeconds: number;
  /** Peak resident memory of the whole process so far. */
  readonly peakRssBytes: number;
  readonly plan: MemoryPlan;
}
