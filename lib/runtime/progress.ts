/** How far an operation is. */
export interface Progress {
  /**
   * What is being done: 'probe' (how many iterations will be needed), 'restore', the name of a metric, a part of a
   * report ... Of a scene: 'white' (all rows are read for it), 'survey', 'verify' (what an earlier run has written is
   * read), 'repeat' (rows that are written already are computed once more, for those below depend on them).
   */
  readonly phase: string;
  /** What is counted, over all that is done one after the other. */
  readonly unit: 'rows' | 'iterations' | 'windows' | 'steps' | 'metrics' | 'parts';
  readonly done: number;
  /** The number of units in all. Where it is found on the way, the most that there may be. */
  readonly total: number;
}

/** Told how far an operation is. One that throws or rejects ends the operation with its error. */
export type OnProgress = (progress: Progress) => unknown;

/** What every operation may be told besides its own options. */
export interface OperationOptions {
  /** Ends the operation: its promise rejects with the signal's reason once nothing of it runs any more. */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
}
