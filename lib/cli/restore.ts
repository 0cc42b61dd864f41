import type { Command } from 'commander';
import { Restorer } from '../restore/restorer.js';
import type { RestorationReport } from '../restore/restorer.js';
import { summariseDeconvolution } from './deconvolve.js';
import { runJobs, toMegabytes } from './jobs.js';
import type { JobFlags, Summary } from './jobs.js';
import { addEngineFlags, toRestorerOptions } from './options.js';
import type { EngineFlags } from './options.js';
import type { Job } from './output.js';
import type { FrameRestorer } from '../restoration/frame-restorer.js';
import type { RestoredImage } from '../restoration/restored-image.js';
import type { Frame } from '../image/frame.js';

interface RestoreFlags extends EngineFlags, JobFlags {
  readonly fallback?: string;
}

export function addRestoreCommand(program: Command): void {
  addEngineFlags(
    program
      .command('restore')
      .description('restore pictures (JPEG, PNG, TIFF, WebP) by a network')
      .argument('<input...>', 'picture files')
      .option('-o, --output <path>', 'output file, or folder for several inputs (default: <input>.restored.<ext>)'),
  )
    .option('--fallback <psf>', 'deconvolve with this kernel where the model is missing or damaged')
    .option('--json', 'print one JSON object per input on standard output, each on a line of its own')
    .option('--quiet', 'no progress bar and no summary')
    .action(restore);
}

async function restore(inputs: string[], flags: RestoreFlags): Promise<void> {
  const { fallback } = flags;
  const open = (): Promise<FrameRestorer<RestorationReport>> =>
    Restorer.open({ ...toRestorerOptions(flags), ...(fallback !== undefined && { fallback: { psf: fallback } }) });
  await runJobs(inputs, flags, open, summarise);
}

function summarise(job: Job, result: RestoredImage<Frame, RestorationReport>): Summary {
  const { width, height, report } = result;
  if (report.method !== 'network') return summariseDeconvolution(job, { width, height, report }, report.method);
  const {
    model,
    isa,
    threads,
    seconds,
    gmacPerSecond,
    plan: { convolutions },
  } = report;
  const peakRssMB = toMegabytes(report.peakRssBytes);
  return {
    json: { output: job.output, width, height, model, isa, convolutions, threads, seconds, gmacPerSecond, peakRssMB },
    text:
      `${job.output}: ${width}x${height} in ${seconds.toFixed(1)} s (${model}, ${isa}, ${threads} threads, ` +
      `${gmacPerSecond.toFixed(0)} GMAC/s, peak ${peakRssMB} MB)`,
  };
}
