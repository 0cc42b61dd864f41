import { Option } from 'commander';
import type { Command } from 'commander';
import type { Vector } from '../math/linear.js';
import { ArgumentError } from '../runtime/errors.js';
import { defined } from '../runtime/validate.js';
import type { CameraMotion } from '../stars/measure/blur-settings.js';
import { STAR_INTEGRITY, checkStarOptions } from '../stars/restore/options.js';
import type { StarIntegrity, StarOptions } from '../stars/restore/options.js';
import type { CentroidMethod } from '../stars/restore/recentre.js';
import { integrityOption, parseNumber, parseNumberOr, parseNumbers, parser } from './options.js';

type Motion = NonNullable<StarOptions['motion']>;

/** Options that decide how stars are measured and restored; the same for `stars` and `plan`. */
export interface StarMeasuringFlags {
  readonly rates?: Vector;
  readonly exposure?: number;
  readonly focalPx?: number;
  readonly motion?: Exclude<Motion, CameraMotion>;
  readonly defocus?: number | 'auto';
  readonly method: string;
  readonly centroid: CentroidMethod;
  readonly gain?: number;
  readonly threshold?: number;
  readonly saturation?: number;
  readonly iterations?: number | 'converged';
  readonly maxStars?: number;
  readonly integrity?: StarIntegrity;
}

/** The methods as the library names them, and a short name. */
const METHODS: Readonly<Record<string, NonNullable<StarOptions['method']>>> = {
  'hyper-laplacian': 'hyper-laplacian',
  'richardson-lucy': 'richardson-lucy',
  render: 'render',
  none: 'none',
  rl: 'richardson-lucy',
};

export function addStarOptions(command: Command): Command {
  addMotionOptions(command);
  return command
    .addOption(
      new Option(
        '--method <name>',
        'what restores the windows around stars; rl is short for richardson-lucy; render draws stars as spots',
      )
        .choices(Object.keys(METHODS))
        .default('hyper-laplacian'),
    )
    .addOption(new Option('--centroid <name>', 'how stars are placed').choices(['ml', 'iwcog', 'cog']).default('ml'))
    .option('--gain <electrons>', 'electrons per count, for shot noise (default: unknown)', parseNumber)
    .option('--threshold <sigmas>', 'detection limit (5.5)', parseNumber)
    .option('--saturation <part>', 'leave out samples from this part of full scale on (0.97)', parseNumber)
    .option(
      '--iterations <count|converged>',
      'richardson-lucy: how many (default: predicted), or until centroids rest; hyper-laplacian: outer steps (6)',
      parseNumberOr('converged'),
    )
    .option('--max-stars <count>', 'the brightest stars that are measured (100)', parseNumber)
    .addOption(integrityOption(STAR_INTEGRITY));
}

function addMotionOptions(command: Command): void {
  command
    .option(
      '--rates <wx,wy,wz>',
      'sensor rates in radians per second; with --exposure and --focal-px',
      parser((text) => {
        const rates = parseNumbers(text);
        if (rates.length !== 3) throw new Error('Expected three numbers with commas between.');
        return rates;
      }),
    )
    .option('--exposure <seconds>', 'exposure time', parseNumber)
    .option('--focal-px <pixels>', 'focal length over pixel pitch', parseNumber)
    .option(
      '--motion <auto|paper|none|L@theta>',
      'trail: found in the frame, found as published, none, or pixels and degrees, anticlockwise (default: auto)',
      parser(parseMotion),
    )
    .option('--defocus <auto|R>', 'radius of defocused stars in pixels, or found in the frame', parseNumberOr('auto'));
}

function parseMotion(text: string): StarMeasuringFlags['motion'] {
  if (text === 'auto' || text === 'paper' || text === 'none') return text;
  const match = /^(\d+(?:\.\d*)?)@(-?\d+(?:\.\d*)?)$/.exec(text);
  if (!match) throw new Error('Expected auto, paper, none or L@theta.');
  return { lengthPx: Number(match[1]), angleDegrees: Number(match[2]) };
}

/** Throws ArgumentError. */
export function checkStarFlags(flags: StarMeasuringFlags): void {
  const { rates, exposure, focalPx, motion, defocus } = flags;
  const gyro = [rates, exposure, focalPx].filter((value) => value !== undefined).length;
  if (gyro !== 0 && gyro !== 3)
    throw new ArgumentError('--rates, --exposure and --focal-px belong together: give all three');
  if ([gyro > 0, motion !== undefined, defocus !== undefined].filter(Boolean).length > 1)
    throw new ArgumentError('Give one of --rates, --motion and --defocus');
  checkStarOptions(toStarOptions(flags));
}

/** The library's options from the command line's. */
export function toStarOptions(flags: StarMeasuringFlags): StarOptions {
  const { rates, exposure, focalPx, motion, defocus, method, centroid } = flags;
  const { gain, threshold, saturation, iterations, maxStars } = flags;
  const gyro = rates && {
    ratesRadPerSecond: rates,
    exposureSeconds: exposure!,
    camera: { focalPx: focalPx! },
  };
  return {
    method: METHODS[method]!,
    centroid,
    ...defined({
      motion: gyro ?? motion,
      defocus: typeof defocus === 'number' ? { radiusPx: defocus } : defocus,
      electronsPerCount: gain,
      threshold,
      saturation,
      iterations,
      maxStars,
    }),
  };
}
