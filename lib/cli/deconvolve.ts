import { Option } from 'commander';
import type { Command } from 'commander';
import { Deconvolver } from '../deconvolve/deconvolver.js';
import type { DeconvolveOptions } from '../deconvolve/settings.js';
import { DEFAULT_DECONVOLUTION_BUDGET } from '../deconvolve/plan.js';
import type { DeconvolutionReport } from '../deconvolve/report.js';
import type { KernelFacts } from '../psf/facts.js';
import { PSF_SYNTAX, psfFileOf } from '../psf/spec.js';
import type { DeconvolutionMethod } from '../runtime/native/binding.js';
import type { Runtime } from '../runtime/runtime.js';
import { addWorkOptions, integrityOption, parseNumber, parseNumberOr, toMegabytes } from './options.js';
import { addReadingOptions } from './reading.js';
import { addFileOptions, restoreAll } from './restoring.js';
import type { RestoringFlags } from './restoring.js';
import type { OtherPaths } from './targets.js';
import type { Session } from './runner.js';
import { defectsOption, knownDefectsOption, readKnownDefects } from './defects.js';
import type { DefectFlags } from './defects.js';

/** The methods as the library names them, and short names: `rl-tv` is Richardson-Lucy with total variation. */
const METHODS: Readonly<Record<string, DeconvolutionMethod>> = {
  'hyper-laplacian': 'hyper-laplacian',
  'richardson-lucy': 'richardson-lucy',
  wiener: 'wiener',
  rl: 'richardson-lucy',
  'rl-tv': 'richardson-lucy',
};
/** Weight of total variation that `rl-tv` has unless told otherwise. */
const DEFAULT_TOTAL_VARIATION = 0.002;

/** Shifts by a kernel that are worth a word, in pixels. */
const LEAST_SHIFT = 0.25;

/** Options of the library that are passed on as they are. */
type Tuning = Pick<
  DeconvolveOptions,
  | 'boundary'
  | 'iterations'
  | 'stop'
  | 'tau'
  | 'overrun'
  | 'minChange'
  | 'maxIterations'
  | 'acceleration'
  | 'totalVariation'
  | 'damping'
  | 'offset'
  | 'saturation'
  | 'start'
  | 'lambda'
  | 'alpha'
  | 'prior'
  | 'nsr'
  | 'exponent'
  | 'sigma'
  | 'defects'
  | 'integrity'
>;

/** Options that decide how a frame is deconvolved; the same for `deconvolve` and `plan`. */
export interface DeconvolutionFlags extends Tuning {
  readonly psf: readonly string[];
  readonly method: string;
}

type DeconvolveFlags = DeconvolutionFlags & RestoringFlags & Pick<DefectFlags, 'knownDefects'>;

export function addDeconvolveCommand(program: Command): void {
  const command = program.command('deconvolve').description('restore pictures whose blur is known').action(deconvolve);
  addFileOptions(command);
  addDeconvolutionOptions(command);
  command.addOption(knownDefectsOption());
  addReadingOptions(command);
  addWorkOptions(command, DEFAULT_DECONVOLUTION_BUDGET);
}

export function addDeconvolutionOptions(command: Command): Command {
  command
    .requiredOption(
      '--psf <spec...>',
      `blur kernel, or one for each band: ${PSF_SYNTAX}; or auto: the defocus, estimated from each picture`,
    )
    .addOption(
      new Option(
        '--method <name>',
        'what restores; rl is short for richardson-lucy, rl-tv for that with total variation',
      )
        .choices(Object.keys(METHODS))
        .default('hyper-laplacian'),
    );
  for (const option of tuningOptions()) command.addOption(option);
  return command;
}

function tuningOptions(): Option[] {
  return [...commonOptions(), ...richardsonLucyOptions(), ...directOptions()];
}

const number = (flags: string, description: string): Option => new Option(flags, description).argParser(parseNumber);
const numberOrAuto = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(parseNumberOr('auto'));
const choice = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices(choices);

function commonOptions(): Option[] {
  const boundaries = ['bertero', 'reflect', 'replicate', 'periodic'];
  return [
    choice('--boundary <name>', 'beyond the edges (default: bertero, an unknown scene)', boundaries),
    numberOrAuto('--sigma <number|auto>', 'standard deviation of the noise, 1 being full scale (default: estimated)'),
    defectsOption(),
    integrityOption(),
    numberOrAuto(
      '--iterations <count|auto>',
      'richardson-lucy: how many (default: until the residual is down to the noise); hyper-laplacian: outer steps (6)',
    ),
  ];
}

function richardsonLucyOptions(): Option[] {
  const rl = 'richardson-lucy:';
  return [
    choice('--stop <rule>', `${rl} what ends automatic iterations`, ['discrepancy', 'relative-change']),
    number('--tau <number>', `${rl} the residual looked for is tau sigma^2 (1)`),
    number('--overrun <factor>', `${rl} go on for this many times the iterations that took (default: by acceleration)`),
    number('--min-change <number>', `${rl} relative change to stop at (0.002)`),
    number('--max-iterations <count>', `${rl} cap of automatic iterations (400)`),
    choice('--acceleration <name>', `${rl} how steps are extrapolated (default: biggs-andrews)`, [
      'none',
      'biggs-andrews',
      'heavy-ball',
    ]),
    number('--total-variation <weight>', `${rl} weight of total variation (0; with rl-tv ${DEFAULT_TOTAL_VARIATION})`),
    number('--damping <sigmas>', `${rl} leave differences below this many sigmas alone (0)`),
    number('--offset <number>', `${rl} variance of the read noise over the gain (0)`),
    number('--saturation <part>', `${rl} leave out samples from this part of full scale on (default: none)`),
    choice('--start <estimate>', `${rl} first estimate (default: flat)`, ['flat', 'observed']),
  ];
}

function directOptions(): Option[] {
  return [
    numberOrAuto('--lambda <number|auto>', 'hyper-laplacian: weight of the data (default: from the noise)'),
    number('--alpha <number>', 'hyper-laplacian: exponent of the prior (2/3)'),
    choice('--prior <name>', 'wiener: spectrum of the scene (default: power-law)', ['flat', 'gradient', 'power-law']),
    numberOrAuto('--nsr <number|auto>', 'wiener: noise-to-signal ratio (default: fitted)'),
    number('--exponent <number>', 'wiener: of the power-law prior, where nsr is given (2)'),
  ];
}

/** The library's options from the command line's. */
export function toDeconvolveOptions(flags: DeconvolutionFlags, runtime: Runtime): DeconvolveOptions {
  const { psf, method } = flags;
  const tuning = Object.fromEntries(
    tuningOptions()
      .map((option) => [option.attributeName(), flags[option.attributeName() as keyof Tuning]] as const)
      .filter(([, value]) => value !== undefined),
  ) as Tuning;
  return {
    runtime,
    ...(method === 'rl-tv' && { totalVariation: DEFAULT_TOTAL_VARIATION }),
    ...tuning,
    psf: psf.length === 1 ? psf[0]! : psf,
    method: METHODS[method]!,
  };
}

/** The files that kernels and known defects come from. */
function otherPaths({ psf, knownDefects }: DeconvolveFlags): OtherPaths {
  return { reads: [...psf.map(psfFileOf), knownDefects] };
}

async function deconvolve(inputs: string[], flags: DeconvolveFlags): Promise<void> {
  await restoreAll<DeconvolutionReport>({
    inputs,
    flags,
    others: otherPaths(flags),
    open: (session) => openDeconvolver(flags, session),
    describe: describeDeconvolution,
  });
}

async function openDeconvolver(flags: DeconvolveFlags, session: Session): Promise<Deconvolver> {
  const known = await readKnownDefects(flags, session);
  return Deconvolver.open({ ...toDeconvolveOptions(flags, session.runtime), ...known });
}

/** How a deconvolution went, for people. */
export function describeDeconvolution(report: DeconvolutionReport): string {
  const { method, iterations, stopReason, seconds, threads, isa, fallbackReason, estimatedPsf, peakRssBytes } = report;
  const way = `${method}, ${iterations} iterations, stopped by ${stopReason}, ${isa}, ${threads} threads`;
  const kernel = estimatedPsf === null ? describeShift(report) : `; ${estimatedPsf}`;
  const reason = fallbackReason === null ? '' : `; instead of the network: ${fallbackReason}`;
  return `${seconds.toFixed(2)} s (${way}, peak ${toMegabytes(peakRssBytes)} MB${kernel}${reason})`;
}

/** The largest shift of the kernels, where it can be seen: the caller may have meant another centre. */
function describeShift({ kernels }: DeconvolutionReport): string {
  const [first, ...others] = kernels;
  const length = ({ shiftX, shiftY }: KernelFacts): number => Math.hypot(shiftX, shiftY);
  const most = others.reduce((largest, facts) => (length(facts) > length(largest) ? facts : largest), first!);
  if (length(most) < LEAST_SHIFT) return '';
  const centre = `centre ${most.centreX},${most.centreY} of ${most.widthPx}x${most.heightPx}`;
  return `; the kernel shifts by ${most.shiftX.toFixed(2)}, ${most.shiftY.toFixed(2)} px (${centre})`;
}
