import { readPeakRss } from '../runtime/garbage.js';
import type { OnProgress } from '../runtime/progress.js';
import { Runtime } from '../runtime/runtime.js';
import { describeError } from './envelope.js';
import { FAILED, isWrongUsage } from './exit.js';
import { untilInterrupted } from './interrupt.js';
import { toMachineOptions } from './options.js';
import type { MachineFlags } from './options.js';
import { Printer } from './printer.js';
import type { OutputFlags, Summary } from './printer.js';
import { ProgressBar } from './progress-bar.js';
import { Inputs } from './inputs.js';

/** One input of a command; null where the command has none. */
export interface Job {
  readonly input: string | null;
}

/** How a job ended. */
export type Outcome<J extends Job> =
  | { readonly job: J; readonly summary: Summary }
  | { readonly job: J; readonly error: unknown };

/** What the jobs of one command share. */
export interface Session {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  /** What the library takes for an input: its path, or what was read of standard input. */
  readonly open: (input: string) => Promise<string | Uint8Array>;
}

/** A command under way. */
export interface Batch<J extends Job> {
  readonly jobs: readonly J[];
  readonly flags: MachineFlags & OutputFlags;
  /** Whether standard output takes what the command makes. */
  readonly isDataPrinted?: boolean;
  /** Does the jobs, and says how each ended. What it throws ends the command; at first, it may be wrong usage. */
  readonly run: (session: Session) => AsyncIterable<Outcome<J>>;
}

/**
 * Runs a command: one runtime for all its jobs, which end one after the other. Where one fails, the others are done all
 * the same. Rejects with what keeps all of them from being done.
 */
export async function runBatch<J extends Job>(batch: Batch<J>): Promise<void> {
  const { jobs, flags, isDataPrinted = false, run } = batch;
  const printer = new Printer(flags, isDataPrinted);
  const left = new Set<J>(jobs);
  await untilInterrupted(async (signal) => {
    try {
      using runtime = await Runtime.open(toMachineOptions(flags));
      using bar = new ProgressBar(flags.quiet ?? false);
      const session = openSession(runtime, bar, signal);
      for await (const outcome of run(session)) {
        bar.clear();
        left.delete(outcome.job);
        await printOutcome(printer, outcome);
      }
      signal.throwIfAborted();
    } catch (error) {
      if (left.size === jobs.length && isWrongUsage(error)) throw error;
      for (const { input } of left) await printer.envelope({ input, ok: false, error: describeError(error) });
      throw error;
    }
  });
}

/** Does one job after the other. One that fails does not keep the others from being done, an interrupt does. */
export async function* inTurn<J extends Job>(
  jobs: readonly J[],
  signal: AbortSignal,
  perform: (job: J) => Promise<Summary>,
): AsyncGenerator<Outcome<J>, void, void> {
  for (const job of jobs) yield await attempt(job, signal, perform);
}

async function attempt<J extends Job>(
  job: J,
  signal: AbortSignal,
  perform: (job: J) => Promise<Summary>,
): Promise<Outcome<J>> {
  signal.throwIfAborted();
  try {
    return { job, summary: await perform(job) };
  } catch (error) {
    signal.throwIfAborted();
    return { job, error };
  }
}

function openSession(runtime: Runtime, bar: ProgressBar, signal: AbortSignal): Session {
  const inputs = new Inputs(runtime.budgetBytes, signal);
  return { runtime, signal, open: (path) => inputs.open(path), onProgress: (progress) => bar.update(progress) };
}

async function printOutcome(printer: Printer, outcome: Outcome<Job>): Promise<void> {
  const { input } = outcome.job;
  if ('error' in outcome || outcome.summary.declined) process.exitCode = FAILED;
  if ('error' in outcome) await printer.fail(input, outcome.error);
  else {
    const { report, ...summary } = outcome.summary;
    await printer.summarise(input, { warnings: warningsOf(report), ...summary, report: withPeak(report) });
  }
}

/** What the report warns of. */
function warningsOf(report: object): readonly string[] {
  return 'warnings' in report ? (report.warnings as readonly string[]) : [];
}

/** The peak of memory until now, what was written included. */
function withPeak(report: object): object {
  return 'peakRssBytes' in report ? { ...report, peakRssBytes: readPeakRss() } : report;
}
