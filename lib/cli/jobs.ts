import { SingleBar } from 'cli-progress';
import type { FrameRestorer } from '../frame-restorer.js';
import type { Progress } from '../progress.js';
import type { RestorationReport, RestoredImage } from '../restored.js';
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
type Describe<R extends RestorationReport> = (job: Job, result: RestoredImage<Frame, R>) => Summary;

/** Restores files one after the other, with progress and reports, until all are done or the process is interrupted. */
export async function runJobs<R extends RestorationReport>(
  inputs: readonly string[], flags: JobFlags, open: () => Promise<FrameRestorer<R>>, describe: Describe<R>,
): Promise<void> {
  const jobs = await planJobs(inputs, flags.output);
  await untilInterrupted(async (signal) => {
    await using restorer = await open();
    for (const job of jobs) await runJob(restorer, job, flags, describe, signal);
  });
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

/** Restores one file. A failure is reported and does not keep the others from being restored, an interrupt does. */
async function runJob<R extends RestorationReport>(
  restorer: FrameRestorer<R>, job: Job, flags: JobFlags, describe: Describe<R>, signal: AbortSignal,
): Promise<void> {
  const bar = createBar(flags, '{phase} [{bar}] {value} of {total} {unit} | {eta_formatted}');
  try {
    const result = await restorer.restoreFile(job.input, job.output, { signal, onProgress: (progress) => updateBar(bar, progress) });
    bar?.stop();
    const { json, text } = describe(job, result);
    if (flags.json) process.stdout.write(`${JSON.stringify(json)}\n`);
    else if (!flags.quiet) process.stdout.write(`${text}\n`);
  } catch (error) {
    bar?.stop();
    if (signal.aborted) throw error;
    process.stderr.write(`perifocal: ${job.input}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** A progress bar for people, or null where nobody would see it. */
export function createBar({ quiet }: JobFlags, format: string): SingleBar | null {
  if (quiet || !process.stderr.isTTY) return null;
  const bar = new SingleBar({ format, stream: process.stderr });
  bar.start(1, 0, { phase: 'starting', unit: '', metric: 'starting', part: 'starting' });
  return bar;
}

function updateBar(bar: SingleBar | null, { unit, phase, done, total }: Progress): void {
  bar?.setTotal(total);
  bar?.update(done, { phase: phase === 'probe' ? 'probing' : 'restoring', unit });
}

/** Megabytes with one digit. */
export function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}
