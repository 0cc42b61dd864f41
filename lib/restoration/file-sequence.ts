import type { EncodedImage } from '../image/decode.js';
import type { Frame } from '../image/frame.js';
import type { RestorationReport, RestoredImage } from './restored-image.js';
import { writingBytes } from '../image/frame-memory.js';

/** A file, or one in memory, and the path of the file that it is restored into. */
export interface FileJob {
  readonly input: EncodedImage;
  readonly output: string;
}

/** How the restoration of a file ended: with what was written, or with the error that kept it from being. */
export type FileOutcome<J extends FileJob, R extends RestorationReport> =
  | { readonly job: J; readonly result: RestoredImage<Frame, R>; readonly error: null }
  | { readonly job: J; readonly result: null; readonly error: Error };

/** A file that is being encoded and written. */
export interface Writing<T = unknown> {
  /** What that takes. */
  readonly bytes: number;
  /** Never rejects. */
  readonly done: Promise<T>;
}

/** Restores what `job` names; another file is being written meanwhile, unless `before` is null. */
type Restore<J, R extends RestorationReport> = (
  job: J,
  signal: AbortSignal,
  before: Writing | null,
) => Promise<RestoredImage<Frame, R>>;

/** Restores files in turn, each being written while the next is restored, and yields how they ended. Throws the reason of `userSignal`. */
export async function* restoreInTurn<J extends FileJob, R extends RestorationReport>(
  jobs: Iterable<J>,
  restore: Restore<J, R>,
  userSignal: AbortSignal | undefined,
): AsyncGenerator<FileOutcome<J, R>, void, void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(userSignal ? [userSignal] : [])]);
  let writing: Writing<FileOutcome<J, R>> | null = null;
  let restoring: Promise<Writing<FileOutcome<J, R>>> | null = null;
  try {
    for (const job of jobs) {
      restoring = restore(job, signal, writing).then(
        (result) => startWriting(job, result, signal),
        (error: Error) => fail(job, error),
      );
      if (writing) yield orThrow(await writing.done, signal);
      writing = await restoring;
    }
    if (writing) yield orThrow(await writing.done, signal);
  } finally {
    stop.abort();
    await writing?.done;
    await (await restoring)?.done;
  }
}

function startWriting<J extends FileJob, R extends RestorationReport>(
  job: J,
  result: RestoredImage<Frame, R>,
  signal: AbortSignal,
): Writing<FileOutcome<J, R>> {
  const done = result.toFile(job.output, { signal }).then(
    () => ({ job, result, error: null }),
    (error: Error) => ({ job, result: null, error }),
  );
  return { bytes: writingBytes(result), done };
}

function fail<J extends FileJob, R extends RestorationReport>(job: J, error: Error): Writing<FileOutcome<J, R>> {
  return { bytes: 0, done: Promise.resolve({ job, result: null, error }) };
}

/** The outcome, unless it is that of an interruption. */
function orThrow<J extends FileJob, R extends RestorationReport>(
  outcome: FileOutcome<J, R>,
  signal: AbortSignal,
): FileOutcome<J, R> {
  if (outcome.error && signal.aborted) throw signal.reason;
  return outcome;
}
