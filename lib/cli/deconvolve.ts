import { Option } from 'commander';
import type { Command } from 'commander';
import { Deconvolver } from '../deconvolve/deconvolver.js';
import type { DeconvolveOptions } from '../deconvolve/options.js';
import { DEFAULT_DECONVOLUTION_BUDGET } from '../deconvolve/plan.js';
import { PSF_SYNTAX } from '../psf/spec.js';
import type { DeconvolutionReport } from '../deconvolve/report.js';
import type { DeconvolutionMethod } from '../runtime/native/binding.js';
import { runJobs, toMegabytes } from './jobs.js';
import type { JobFlags, Summary } from './jobs.js';
import { addMachineFlags, parseNumber, toMachineOptions } from './options.js';
import type { MachineFlags } from './options.js';
import type { Job } from './output.js';

/** The methods by their names here; `rl-tv` is Richardson-Lucy with total variation. */
const METHODS: Readonly<Record<string, DeconvolutionMethod>> = {
  'hyper-laplacian': 'hyper-laplacian',
  rl: 'richardson-lucy',
  'rl-tv': 'richardson-lucy',
  wiener: 'wiener',
};
/** Weight of total variation that `rl-tv` has unless told otherwise. */
const DEFAULT_TOTAL_VARIATION = 0.002;

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
>;

interface DeconvolveFlags extends MachineFlags, JobFlags, Tuning {
  readonly psf: readonly string[];
  readonly method: string;
}

export function addDeconvolveCommand(program: Command): void {
  const command = program
    .command('deconvolve')
    .description('restore pictures whose blur is known')
    .argument('<input...>', 'picture files')
    .option('-o, --output <path>', 'output file, or folder for several inputs (default: <input>.restored.<ext>)')
    .requiredOption(
      '--psf <spec...>',
      `blur kernel, or one each for red, green and blue: ${PSF_SYNTAX}; or auto: the defocus, estimated from each picture`,
    )
    .addOption(new Option('--method <name>', 'what restores').choices(Object.keys(METHODS)).default('hyper-laplacian'));
  addTuningFlags(command);
  addMachineFlags(command, DEFAULT_DECONVOLUTION_BUDGET)
    .option('--json', 'print one JSON object per input on standard output, each on a line of its own')
    .option('--quiet', 'no progress bar and no summary')
    .action(deconvolve);
}

function addTuningFlags(command: Command): void {
  const number = (flags: string, description: string): Option => new Option(flags, description).argParser(parseNumber);
  const numberOrAuto = (flags: string, description: string): Option =>
    new Option(flags, description).argParser((text) => (text === 'auto' ? text : parseNumber(text)));
  for (const option of [
    new Option('--boundary <name>', 'beyond the edges (default: bertero, an unknown scene)').choices([
      'bertero',
      'reflect',
      'replicate',
      'periodic',
    ]),
    numberOrAuto('--sigma <number|auto>', 'standard deviation of the noise, 1 being full scale (default: estimated)'),
    numberOrAuto('--iterations <count|auto>', 'rl: how many (default: until the residual is down to the noise)'),
    new Option('--stop <rule>', 'rl: what ends automatic iterations').choices(['discrepancy', 'relative-change']),
    number('--tau <number>', 'rl: the residual looked for is tau sigma^2 (1)'),
    number(
      '--overrun <factor>',
      'rl: go on for so many times the iterations that this takes (default: by acceleration)',
    ),
    number('--min-change <number>', 'rl: relative change to stop at (0.002)'),
    number('--max-iterations <count>', 'rl: cap of automatic iterations'),
    new Option('--acceleration <name>', 'rl: how steps are extrapolated').choices([
      'none',
      'biggs-andrews',
      'heavy-ball',
    ]),
    number('--total-variation <weight>', `rl-tv: weight (${DEFAULT_TOTAL_VARIATION})`),
    number('--damping <sigmas>', 'rl: leave differences below so many sigmas alone'),
    number('--offset <number>', 'rl: variance of the read noise over the gain'),
    number('--saturation <level>', 'rl: leave out samples from this part of full scale on'),
    new Option('--start <estimate>', 'rl: first estimate').choices(['flat', 'observed']),
    numberOrAuto('--lambda <number|auto>', 'hyper-laplacian: weight of the data (default: from the noise)'),
    number('--alpha <number>', 'hyper-laplacian: exponent of the prior (2/3)'),
    new Option('--prior <name>', 'wiener: spectrum of the scene').choices(['flat', 'gradient', 'power-law']),
    numberOrAuto('--nsr <number|auto>', 'wiener: noise-to-signal ratio (default: fitted)'),
    number('--exponent <number>', 'wiener: of the power-law prior, where nsr is given'),
  ])
    command.addOption(option);
}

async function deconvolve(inputs: string[], flags: DeconvolveFlags): Promise<void> {
  const { psf, method, output, json, quiet, memory, threads, isa, ...tuning } = flags;
  const options: DeconvolveOptions = {
    ...toMachineOptions({ memory, ...(threads !== undefined && { threads }), ...(isa !== undefined && { isa }) }),
    ...(method === 'rl-tv' && { totalVariation: DEFAULT_TOTAL_VARIATION }),
    ...tuning,
    psf: psf.length === 1 ? psf[0]! : psf,
    method: METHODS[method]!,
  };
  await runJobs(
    inputs,
    flags,
    () => Deconvolver.open(options),
    (job, result) => summariseDeconvolution(job, result, method),
  );
}

/** @param method by its name here */
export function summariseDeconvolution(
  { output }: Job,
  { width, height, report }: { width: number; height: number; report: DeconvolutionReport },
  method: string,
): Summary {
  const {
    iterations,
    stopReason,
    seconds,
    secondsPerIteration,
    threads,
    isa,
    fallbackReason,
    estimatedPsf,
    peakRssBytes,
  } = report;
  const peakRssMB = toMegabytes(peakRssBytes);
  const fallback = fallbackReason === null ? '' : `; instead of the network: ${fallbackReason}`;
  return {
    json: {
      output,
      method,
      iterations,
      stopReason,
      seconds,
      secondsPerIteration,
      threads,
      isa,
      peakRssMB,
      ...(fallbackReason !== null && { fallbackReason }),
      ...(estimatedPsf !== null && { psf: estimatedPsf }),
    },
    text:
      `${output}: ${width}x${height} in ${seconds.toFixed(2)} s (${method}, ${iterations} iterations, stopped by ${stopReason}, ${isa}, ` +
      `${threads} threads, peak ${peakRssMB} MB${estimatedPsf === null ? '' : `; ${estimatedPsf}`}${fallback})`,
  };
}
