import { Option } from 'commander';
import type { Command } from 'commander';
import { DEFAULT_MODEL, resolveModel } from '../network/model/catalog.js';
import { CONV_CHOICES } from '../network/convolutions.js';
import type { ConvChoice } from '../network/convolutions.js';
import { PSF_SYNTAX, psfFileOf } from '../psf/spec.js';
import { describeChoice } from '../restore/choice.js';
import { AUTO_MODEL } from '../restore/options.js';
import type { ChoosingOptions, Ensemble, RestorerOptions } from '../restore/options.js';
import { Restorer } from '../restore/restorer.js';
import type { ChosenReport } from '../restore/chosen-report.js';
import type { RestorationReport } from '../restore/restorer.js';
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
  readonly model?: string;
  readonly psf?: string;
  readonly camera?: string;
  readonly ensemble: Ensemble;
  readonly conv?: ConvChoice;
  readonly convCache?: string;
  readonly integrity?: IntegrityMode;
  readonly fallback?: string;
}

type AnyReport = RestorationReport | ChosenReport;
type RestoreFlags = NetworkFlags & RestoringFlags & DefectFlags;

export function addRestoreCommand(program: Command): void {
  const command = program
    .command('restore')
    .description('restore pictures (JPEG, PNG, TIFF, WebP, FITS) by what suits their blur, or by a network')
    .action(restore);
  addFileOptions(command);
  addNetworkOptions(command).addOption(ofFallback(knownDefectsOption()));
  addReadingOptions(command);
  addWorkOptions(command, DEFAULT_BUDGET);
}

export function addNetworkOptions(command: Command): Command {
  return command
    .option(
      '--model <name|path|auto>',
      'packaged model, model file, or auto: what suits the blur and the noise of each picture (default: ' +
        `${AUTO_MODEL}; with --fallback ${DEFAULT_MODEL})`,
    )
    .option('--psf <spec>', `with --model ${AUTO_MODEL}: the blur kernel: ${PSF_SYNTAX}`)
    .option('--camera <file>', `with --model ${AUTO_MODEL}: kernel and noise of the camera, by estimate --camera-out`)
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

/** The library's options from the command line's. Throws ArgumentError. */
export function toRestorerOptions(flags: NetworkFlags, runtime: Runtime): RestorerOptions | ChoosingOptions {
  requireFallback(flags);
  const { ensemble, conv, convCache, integrity, fallback, defects, psf, camera } = flags;
  const work = { ...defined({ ensemble, conv, convCache, integrity }), runtime };
  const model = modelOf(flags);
  if (model === AUTO_MODEL) {
    refuseFallback(fallback);
    return { ...work, model, ...defined({ psf, camera }) };
  }
  if (psf !== undefined || camera !== undefined)
    throw new ArgumentError(
      `--psf and --camera are for --model ${AUTO_MODEL}, not for ${model}: leave one of them out`,
    );
  const instead = fallback === undefined ? undefined : { psf: fallback, ...defined({ defects }) };
  return { ...work, model, ...defined({ fallback: instead }) };
}

/** What a fallback stands in for is a network. */
function modelOf({ model, fallback, psf, camera }: NetworkFlags): string {
  const isNamed = fallback !== undefined && psf === undefined && camera === undefined;
  return model ?? (isNamed ? DEFAULT_MODEL : AUTO_MODEL);
}

/** What stands in for a network is chosen, too. */
function refuseFallback(fallback: string | undefined): void {
  if (fallback !== undefined)
    throw new ArgumentError(
      `--fallback is for a model that is named: with --model ${AUTO_MODEL} give the kernel by --psf`,
    );
}

/** The files that a network, or what stands for it, is made of. */
async function networkPaths(flags: RestoreFlags): Promise<OtherPaths> {
  const { convCache, fallback, knownDefects, psf, camera } = flags;
  const kernels = [fallback, psf].map((spec) => (spec === undefined ? null : psfFileOf(spec)));
  const model = modelOf(flags);
  // A model that there is not will be told when it is opened.
  const file = await resolveModel(model === AUTO_MODEL ? DEFAULT_MODEL : model).catch(() => model);
  return { reads: [file, ...kernels, camera, knownDefects], writes: [convCache] };
}

async function restore(inputs: string[], flags: RestoreFlags): Promise<void> {
  await restoreAll<AnyReport>({
    inputs,
    flags,
    others: await networkPaths(flags),
    open: (session) => openRestorer(flags, session),
    describe: describeRestoration,
  });
}

async function openRestorer(flags: RestoreFlags, session: Session): Promise<FrameRestorer<AnyReport>> {
  const options = toRestorerOptions(flags, session.runtime);
  if (!('fallback' in options) || !options.fallback) return Restorer.open(options);
  const { fallback } = options;
  return Restorer.open({ ...options, fallback: { ...fallback, ...(await readKnownDefects(flags, session)) } });
}

/** How a restoration went, and what was chosen for it. */
function describeRestoration(report: AnyReport): string {
  const chosen = 'choice' in report ? `; ${describeChoice(report.choice)}` : '';
  return `${describeWay(report)}${chosen}`;
}

function describeWay(report: AnyReport): string {
  if (report.method === 'network') return describeNetwork(report);
  if (report.method === 'none') return `${report.seconds.toFixed(1)} s`;
  return describeDeconvolution(report);
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
