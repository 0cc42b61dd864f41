import { SingleBar } from 'cli-progress';
import type { FileOutcome } from '../restoration/file-jobs.js';
import type { FrameRestorer } from '../restoration/frame-restorer.js';
import type { Progress } from '../runtime/progress.js';
import type { FrameReport } from '../restoration/restoration.js';
import type { RestoredImage } from '../restoration/restored-image.js';
import type { Frame } from '../image/frame.js';
import { planJobs } from './output.js';
import type { Job } from './output.js';

/** Flags of every command that restores files. */
export interface JobFlags {
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What is said about one restored file: an object for programs, a line for people. */
export interface Summary {
  readonly json: object;
  readonly text: string;
}

/** @param job where the picture was written to */
type Describe<R extends FrameReport> = (job: Job, result: RestoredImage<Frame, R>) => Summary;

/** Restores files one after the other, with progress and reports, until all are done or the process is interrupted. A failure is reported and does not keep the others from being restored. */
export async function runJobs<R extends FrameReport>(
  inputs: readonly string[],
  flags: JobFlags,
  open: () => Promise<FrameRestorer<R>>,
  describe: Describe<R>,
): Promise<void> {
  const jobs = await planJobs(inputs, flags.output);
  await untilInterrupted(async (signal) => {
    await using restorer = await open();
    using bar = new FrameBar(flags);
    for await (const outcome of restorer.restoreFiles(jobs, {
      signal,
      onProgress: (progress) => bar.update(progress),
    })) {
      bar.end();
      report(outcome, flags, describe);
    }
  });
}

/** Says how one file ended. */
function report<R extends FrameReport>(
  { job, result, error }: FileOutcome<Job, R>,
  { json, quiet }: JobFlags,
  describe: Describe<R>,
): void {
  if (error) {
    process.stderr.write(`perifocal: ${job.input}: ${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  const summary = describe(job, result);
  if (json) process.stdout.write(`${JSON.stringify(summary.json)}\n`);
  else if (!quiet) process.stdout.write(`${summary.text}\n`);
}

/** Does work whose signal aborts when the process is interrupted. */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await work(abort.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** A progress bar for people, or null where nobody would see it. */
export function createBar({ quiet }: JobFlags, format: string): SingleBar | null {
  if (quiet || !process.stderr.isTTY) return null;
  const bar = new SingleBar({ format, stream: process.stderr });
  bar.start(1, 0, { phase: 'starting', unit: '', metric: 'starting', part: 'starting' });
  return bar;
}

/** The progress of one frame after the other. */
class FrameBar implements Disposable {
  readonly #flags: JobFlags;
  #bar: SingleBar | null = null;

  constructor(flags: JobFlags) {
    this.#flags = flags;
  }

  update({ unit, phase, done, total }: Progress): void {
    this.#bar ??= createBar(this.#flags, '{phase} [{bar}] {value} of {total} {unit} | {eta_formatted}');
    this.#bar?.setTotal(total);
    this.#bar?.update(done, { phase: phase === 'probe' ? 'probing' : 'restoring', unit });
  }

  /** Makes room for other lines; what is still going on draws a new bar below them. */
  end(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** Megabytes with one digit. */
export function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
