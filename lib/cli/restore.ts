import { Option } from 'commander';
import type { Command } from 'commander';
import { DEFAULT_MODEL, resolveModel } from '../network/model/catalog.js';
import { CONV_CHOICES } from '../network/convolutions.js';
import type { ConvChoice } from '../network/convolutions.js';
import { psfFileOf } from '../psf/spec.js';
import { Restorer } from '../restore/restorer.js';
import type { Ensemble, RestorationReport, RestorerOptions } from '../restore/restorer.js';
import { DEFAULT_BUDGET } from '../runtime/budget.js';
import type { Runtime } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { describeDeconvolution } from './deconvolve.js';
import { addWorkOptions, parseChoice, toMegabytes } from './options.js';
import { addReadingOptions } from './reading.js';
import { addFileOptions, restoreAll } from './restoring.js';
import type { RestoringFlags } from './restoring.js';
import type { OtherPaths } from './targets.js';

/** Options that decide how a network restores; the same for `restore` and `plan`. */
export interface NetworkFlags {
  readonly model: string;
  readonly ensemble: Ensemble;
  readonly conv?: ConvChoice;
  readonly convCache?: string;
  readonly fallback?: string;
}

type RestoreFlags = NetworkFlags & RestoringFlags;

export function addRestoreCommand(program: Command): void {
  const command = program
    .command('restore')
    .description('restore pictures (JPEG, PNG, TIFF, WebP) by a network')
    .action(restore);
  addFileOptions(command);
  addNetworkOptions(command);
  addReadingOptions(command);
  addWorkOptions(command, DEFAULT_BUDGET);
}

export function addNetworkOptions(command: Command): Command {
  return command
    .option('--model <name|path>', 'packaged model or model file', DEFAULT_MODEL)
    .addOption(
      new Option('--ensemble <passes>', 'passes averaged: 1, 2 or 4').argParser(parseChoice([1, 2, 4])).default(1),
    )
    .addOption(
      new Option('--conv <algorithm>', 'how 3x3 convolutions are summed (default: what is faster)').choices(
        CONV_CHOICES,
      ),
    )
    .option('--conv-cache <file>', 'where to keep what was found to be faster')
    .option('--fallback <psf>', 'deconvolve with this kernel where the model is missing or damaged');
}

/** The library's options from the command line's. */
export function toRestorerOptions(flags: NetworkFlags, runtime: Runtime): RestorerOptions {
  const { model, ensemble, conv, convCache, fallback } = flags;
  const instead = fallback === undefined ? undefined : { psf: fallback };
  return { ...defined({ model, ensemble, conv, convCache, fallback: instead }), runtime };
}

/** The files that a network is made of. */
async function networkPaths({ model, convCache, fallback }: NetworkFlags): Promise<OtherPaths> {
  const kernel = fallback === undefined ? null : psfFileOf(fallback);
  // A model that there is not will be told when it is opened.
  const file = await resolveModel(model).catch(() => model);
  return { reads: [file, kernel], writes: [convCache] };
}

async function restore(inputs: string[], flags: RestoreFlags): Promise<void> {
  await restoreAll<RestorationReport>({
    inputs,
    flags,
    others: await networkPaths(flags),
    open: ({ runtime }) => Restorer.open(toRestorerOptions(flags, runtime)),
    describe: (report) => (report.method === 'network' ? describeNetwork(report) : describeDeconvolution(report)),
  });
}

function describeNetwork(report: Extract<RestorationReport, { method: 'network' }>): string {
  const { model, isa, threads, seconds, gmacPerSecond, peakRssBytes } = report;
  const speed = `${gmacPerSecond.toFixed(0)} GMAC/s`;
  const peak = `peak ${toMegabytes(peakRssBytes)} MB`;
  return `${seconds.toFixed(1)} s (${model}, ${isa}, ${threads} threads, ${speed}, ${peak})`;
}
