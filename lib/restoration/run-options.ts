import type { Progress } from '../runtime/progress.js';

/** What a run is told. */
export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** One byte per pixel, 0 where it is invalid; null: all are valid. */
  readonly valid: Uint8Array | null;
}
