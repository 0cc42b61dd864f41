import type { WhiteSource } from '../image/white.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';

/** The operations of this package. */
export type OperationName = 'restore' | 'deconvolve' | 'estimate' | 'stars' | 'metrics' | 'report';

/** What checks of both ends of an operation have seen, input and output. */
export interface EndsReport {
  /** Readings that brought something else than one before. */
  readonly differentReadings: number;
  /** Files that read back otherwise than they were written, and were written once more. */
  readonly differentWritings: number;
}

/** What every operation reports. */
export interface OperationReport<Plan extends MemoryPlan = MemoryPlan> {
  readonly operation: OperationName;
  /** Of the first input: its path, "image of N bytes", or "pixels". */
  readonly input: string;
  /** SHA-256 of the first input's file as it was read, in hex; null for pixels. */
  readonly inputSha256: string | null;
  /** Time of the operation itself, without reading, decoding and writing. */
  readonly seconds: number;
  /** Time for reading and decoding the inputs. */
  readonly decodeSeconds: number;
  /** Peak resident memory of the whole process so far, in bytes. */
  readonly peakRssBytes: number;
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  readonly plan: Plan;
  /** Value of a white sample of the first input, and how it is known. */
  readonly white: number;
  readonly whiteFrom: WhiteSource;
  /** Pixels of the first input that are missing. */
  readonly missingPixels: number;
  /** Where both ends were checked: with integrity 'full' or 'twice'. */
  readonly ends?: EndsReport;
  /** What went less well than asked for, or what a user should look at; as a rule nothing. */
  readonly warnings: readonly string[];
}
