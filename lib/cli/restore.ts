import { Option } from 'commander';
import type { Command } from 'commander';
import { DEFAULT_MODEL, resolveModel } from '../network/model/catalog.js';
import { CONV_CHOICES } from '../network/convolutions.js';
import type { ConvChoice } from '../network/convolutions.js';
import { psfFileOf } from '../psf/spec.js';
import { Restorer } from '../restore/restorer.js';
import type { Ensemble, RestorationReport, RestorerOptions } from '../restore/restorer.js';
import { DEFAULT_BUDGET } from '../runtime/budget.js';
import { ArgumentError } from '../runtime/errors.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { FrameRestorer } from '../restoration/frame-restorer.js';
import type { Runtime } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { describeDeconvolution } from './deconvolve.js';
import { defectsOption, knownDefectsOption, readKnownDefects } from './defects.js';
import type { DefectFlags } from './defects.js';
import { addWorkOptions, integrityOption, parseChoice, toMegabytes } from './options.js';
import { addReadingOptions } from './reading.js';
import { addFileOptions, restoreAll } from './restoring.js';
import type { RestoringFlags } from './restoring.js';
import type { Session } from './runner.js';
import type { OtherPaths } from './targets.js';

/** Options that decide how a network restores; the same for `restore` and `plan`. */
export interface NetworkFlags extends Pick<DefectFlags, 'defects'> {
  readonly model: string;
  readonly ensemble: Ensemble;
  readonly conv?: ConvChoice;
  readonly convCache?: string;
  readonly integrity?: IntegrityMode;
  readonly fallback?: string;
}

type RestoreFlags = NetworkFlags & RestoringFlags & DefectFlags;

export function addRestoreCommand(program: Command): void {
  const command = program
    .command('restore')
    .description('restore pictures (JPEG, PNG, TIFF, WebP, FITS) by a network')
    .action(restore);
  addFileOptions(command);
  addNetworkOptions(command).addOption(ofFallback(knownDefectsOption()));
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
    .addOption(integrityOption())
    .option('--fallback <psf>', 'deconvolve with this kernel where the model is missing or damaged')
    .addOption(ofFallback(defectsOption()));
}

/** An option of deconvolutions, for the one that stands in for the network. */
function ofFallback(option: Option): Option {
  option.description = `of the fallback: ${option.description}`;
  return option;
}

/** The library's options from the command line's. */
export function toRestorerOptions(flags: NetworkFlags, runtime: Runtime): RestorerOptions {
  requireFallback(flags);
  const { model, ensemble, conv, convCache, integrity, fallback, defects } = flags;
  const instead = fallback === undefined ? undefined : { psf: fallback, ...defined({ defects }) };
  return { ...defined({ model, ensemble, conv, convCache, integrity, fallback: instead }), runtime };
}

/** The files that a network and its fallback are made of. */
async function networkPaths({ model, convCache, fallback, knownDefects }: RestoreFlags): Promise<OtherPaths> {
  const kernel = fallback === undefined ? null : psfFileOf(fallback);
  // A model that there is not will be told when it is opened.
  const file = await resolveModel(model).catch(() => model);
  return { reads: [file, kernel, knownDefects], writes: [convCache] };
}

async function restore(inputs: string[], flags: RestoreFlags): Promise<void> {
  await restoreAll<RestorationReport>({
    inputs,
    flags,
    others: await networkPaths(flags),
    open: (session) => openRestorer(flags, session),
    describe: (report) => (report.method === 'network' ? describeNetwork(report) : describeDeconvolution(report)),
  });
}

async function openRestorer(flags: RestoreFlags, session: Session): Promise<FrameRestorer<RestorationReport>> {
  const options = toRestorerOptions(flags, session.runtime);
  const { fallback } = options;
  if (!fallback) return Restorer.open(options);
  return Restorer.open({ ...options, fallback: { ...fallback, ...(await readKnownDefects(flags, session)) } });
}

/** An option that would be ignored is an error of the caller's. */
function requireFallback({ fallback, defects, knownDefects }: NetworkFlags & DefectFlags): void {
  const given = defects === undefined ? knownDefects && '--known-defects' : '--defects';
  if (fallback === undefined && given)
    throw new ArgumentError(`${given} is for the deconvolution that stands in: give its kernel by --fallback, too`);
}

function describeNetwork(report: Extract<RestorationReport, { method: 'network' }>): string {
  const { model, isa, threads, seconds, gmacPerSecond, peakRssBytes } = report;
  const speed = `${gmacPerSecond.toFixed(0)} GMAC/s`;
  const peak = `peak ${toMegabytes(peakRssBytes)} MB`;
  return `${seconds.toFixed(1)} s (${model}, ${isa}, ${threads} threads, ${speed}, ${peak})`;
}
