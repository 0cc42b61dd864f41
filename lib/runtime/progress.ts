/** How far a frame is. */
export interface Progress {
  /** What is counted, over all that is done one after the other: panels and passes, or planes and tiles. */
  readonly unit: 'rows' | 'iterations';
  /** 'probe' while deconvolution finds out on a part of the frame how many iterations to make. */
  readonly phase: 'probe' | 'restore';
  readonly done: number;
  /** With iterations whose number is found on the way, the most that there may be. */
  readonly total: number;
}

/** What a run is told. */
export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** One byte per pixel, 0 where it is invalid; null: all are valid. */
  readonly valid: Uint8Array | null;
}
