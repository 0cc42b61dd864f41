import type { Frame } from '../image/frame.js';
import type { Scope } from '../runtime/scope.js';
import type { FileJob, FileOutcome } from './file-jobs.js';
import type { FrameReport } from './restoration.js';
import type { RestoredImage } from './restored-image.js';

/** A frame that has been restored, and is being written. It is wrapped, as a promise of a promise would be but one. */
export interface Writing<Report extends FrameReport> {
  readonly written: Promise<RestoredImage<Frame, Report>>;
}

/** What is known of a job once its frame has been restored. */
interface Begun<J extends FileJob, Report extends FrameReport> {
  /** Never rejects. */
  readonly outcome: Promise<FileOutcome<J, Report>>;
}

/**
 * Restores files one after the other, and yields how they ended, in their order. The next is restored while the last is
 * written. Throws the reason of the scope's signal. When it ends, nothing is under way.
 */
export async function* restoreInTurn<J extends FileJob, Report extends FrameReport>(
  jobs: readonly J[],
  restore: (job: J) => Promise<Writing<Report>>,
  scope: Scope,
): AsyncGenerator<FileOutcome<J, Report>, void, void> {
  const { signal } = scope;
  let before: Promise<FileOutcome<J, Report>> | null = null;
  let begun: Promise<Begun<J, Report>> | null = null;
  try {
    for (const job of jobs) {
      begun = begin(job, restore);
      if (before) yield orThrow(await before, signal);
      before = (await begun).outcome;
    }
    if (before) yield orThrow(await before, signal);
  } finally {
    scope.abort(new Error('No more files were asked for'));
    await before;
    await (await begun)?.outcome;
  }
}

async function begin<J extends FileJob, Report extends FrameReport>(
  job: J,
  restore: (job: J) => Promise<Writing<Report>>,
): Promise<Begun<J, Report>> {
  const fail = (error: Error): FileOutcome<J, Report> => ({ job, result: null, error });
  try {
    const { written } = await restore(job);
    return { outcome: written.then((result) => ({ job, result, error: null }), fail) };
  } catch (error) {
    return { outcome: Promise.resolve(fail(error as Error)) };
  }
}

/** The outcome, unless it is that of an abort. */
function orThrow<J extends FileJob, Report extends FrameReport>(
  outcome: FileOutcome<J, Report>,
  signal: AbortSignal,
): FileOutcome<J, Report> {
  if (outcome.result === null) signal.throwIfAborted();
  return outcome;
}
