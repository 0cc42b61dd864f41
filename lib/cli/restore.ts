import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { Restorer } from '../restorer.js';
import type { RestoredImage } from '../restored.js';
import { addEngineFlags, toRestorerOptions } from './options.js';
import type { EngineFlags } from './options.js';
import { planJobs } from './output.js';
import type { Job } from './output.js';

interface RestoreFlags extends EngineFlags {
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addRestoreCommand(program: Command): void {
  addEngineFlags(program.command('restore')
    .description('restore pictures (JPEG, PNG, TIFF, WebP)')
    .argument('<input...>', 'picture files')
    .option('-o, --output <path>', 'output file, or folder for several inputs (default: <input>.restored.<ext>)'))
    .option('--json', 'print one JSON object per input on standard output, each on a line of its own')
    .option('--quiet', 'no progress bar and no summary')
    .action(restore);
}

async function restore(inputs: string[], flags: RestoreFlags): Promise<void> {
  const jobs = await planJobs(inputs, flags.output);
  const abort = new AbortController();
  const interrupt = (): void => abort.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await using restorer = await Restorer.open(toRestorerOptions(flags));
    for (const job of jobs) await runJob(restorer, job, flags, abort.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** Restores one file. A failure is reported and does not keep the others from being restored, an interrupt does. */
async function runJob(restorer: Restorer, job: Job, flags: RestoreFlags, signal: AbortSignal): Promise<void> {
  const bar = createBar(flags);
  try {
    const result = await restorer.restoreFile(job.input, job.output, {
      signal,
      onProgress: ({ rowsDone, rowsTotal }) => {
        bar?.setTotal(rowsTotal);
        bar?.update(rowsDone);
      },
    });
    bar?.stop();
    report(job, result, flags);
  } catch (error) {
    bar?.stop();
    if (signal.aborted) throw error;
    process.stderr.write(`perifocal: ${job.input}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function createBar({ quiet }: RestoreFlags): SingleBar | null {
  if (quiet || !process.stderr.isTTY) return null;
  const bar = new SingleBar({ format: 'restoring [{bar}] {percentage}% | {eta_formatted}', stream: process.stderr });
  bar.start(1, 0);
  return bar;
}

function report({ output }: Job, { width, height, report: run }: RestoredImage, { json, quiet }: RestoreFlags): void {
  const { model, isa, threads, seconds, gmacPerSecond, peakRssBytes, plan: { convolutions } } = run;
  const peakRssMB = Math.round(peakRssBytes / 1e5) / 10;
  if (json) {
    process.stdout.write(`${JSON.stringify({ output, width, height, model, isa, convolutions, threads, seconds, gmacPerSecond, peakRssMB })}\n`);
  } else if (!quiet) {
    process.stdout.write(`${output}: ${width}x${height} in ${seconds.toFixed(1)} s (${model}, ${isa}, ${threads} threads, `
      + `${gmacPerSecond.toFixed(0)} GMAC/s, peak ${peakRssMB} MB)\n`);
  }
}
