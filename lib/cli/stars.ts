import { Option } from 'commander';
import type { Command } from 'commander';
import { writeFrame } from '../image/encode.js';
import type { Vector } from '../math/linear.js';
import { ArgumentError } from '../runtime/errors.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { toTetra3, writeCsv } from '../stars/export.js';
import { drawStars } from '../stars/draw.js';
import type { CameraMotion } from '../stars/measure/look.js';
import { restoreStars } from '../stars/restore-stars.js';
import { checkStarOptions } from '../stars/restore/options.js';
import type { StarOptions } from '../stars/restore/options.js';
import type { CentroidMethod } from '../stars/restore/recentre.js';
import type { StarResult } from '../stars/restore/result.js';
import { requireOnePrint } from './metrics.js';
import { addWorkOptions, parseNumber, parseNumberOr, parseNumbers, parser, requireOneInput } from './options.js';
import { toMegabytes } from './options.js';
import type { WorkFlags } from './options.js';
import type { Summary } from './printer.js';
import { inTurn, runBatch } from './runner.js';
import type { Session } from './runner.js';
import { FORMATS, formatOption, imageRule, streamExtension } from './image-output.js';
import type { ImageFlags } from './image-output.js';
import { Spool } from './spool.js';
import { checkTargets, planTargets, stemOf } from './targets.js';
import type { TargetJob } from './targets.js';

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
}

interface StarFlags extends StarMeasuringFlags, WorkFlags, ImageFlags {
  readonly csv?: string;
  readonly draw?: string;
}

/** The methods as the library names them, and a short name. */
const METHODS: Readonly<Record<string, NonNullable<StarOptions['method']>>> = {
  'hyper-laplacian': 'hyper-laplacian',
  'richardson-lucy': 'richardson-lucy',
  render: 'render',
  none: 'none',
  rl: 'richardson-lucy',
};

export function addStarsCommand(program: Command): void {
  const command = program
    .command('stars')
    .description('restore and measure blurred star frames')
    .argument('<input...>', 'picture files; - is standard input')
    .option(
      '-o, --output <path>',
      'restored frame, - for standard output, or folder for several inputs (default: not written)',
    )
    .addOption(formatOption())
    .option('--csv <file>', 'table of stars, - for standard output; for several inputs a folder')
    .option(
      '--draw <file>',
      'frame with stars, trails and error ellipses (20 times as large); for several inputs a folder',
    )
    .action(run);
  addStarOptions(command);
  addWorkOptions(command, DEFAULT_MEMORY);
}

export function addStarOptions(command: Command): Command {
  addMotionOptions(command);
  return command
    .addOption(
      new Option(
        '--method <name>',
        'what restores the windows around stars; rl is short for richardson-lucy; render: draws measured stars as spots',
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
    .option('--max-stars <count>', 'the brightest stars that are measured (100)', parseNumber);
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

async function run(inputs: string[], flags: StarFlags): Promise<void> {
  requireOneInput(inputs, flags);
  requireOnePrint(flags, flags.csv);
  checkStarFlags(flags);
  const { jobs, isStreamed, makeFolders } = await planTargets(inputs, {
    output: imageRule('--output', flags),
    csv: { option: '--csv', value: flags.csv, nameOf: (input) => `${stemOf(input)}.csv`, canStream: true },
    draw: {
      option: '--draw',
      value: flags.draw,
      nameOf: (input) => `${stemOf(input)}.png`,
      formats: FORMATS,
    },
  });
  await runBatch({
    jobs,
    flags,
    isDataPrinted: isStreamed,
    async *run(session) {
      await makeFolders();
      yield* inTurn(jobs, session.signal, (job) => restoreOne(job, flags, session));
    },
  });
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

type Job = TargetJob<'output' | 'csv' | 'draw'>;

async function restoreOne({ input, targets }: Job, flags: StarFlags, session: Session): Promise<Summary> {
  const { output, csv, draw } = targets;
  await checkTargets(Object.values(targets));
  const { open, runtime, signal, onProgress } = session;
  const result = await restoreStars(await open(input), { ...toStarOptions(flags), runtime, signal, onProgress });
  await using spool = new Spool();
  if (output !== undefined) {
    const extension = await streamExtension(output, input, flags, session);
    await result.toFile(await spool.fileFor(output, extension), { signal });
  }
  if (csv !== undefined) await writeCsv(await spool.fileFor(csv, '.csv'), result.stars, signal);
  if (draw !== undefined) await writeFrame(draw, await drawStars(result), {}, signal);
  await spool.deliver();
  const { report, stars, frame } = result;
  const tetra3 = { size: [frame.height, frame.width], centroids: toTetra3(stars) };
  return {
    output,
    report: { ...defined({ csv, draw }), ...report, stars, tetra3 },
    text: `${input}: ${describe(result)}`,
    warnings: report.warnings,
  };
}

/** The library's options from the command line's. */
function toStarOptions(flags: StarMeasuringFlags): StarOptions {
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

function describe({ stars, report }: StarResult): string {
  const { seconds, threads, peakRssBytes } = report;
  const cost = `${seconds.toFixed(2)} s, ${threads} threads, peak ${toMegabytes(peakRssBytes)} MB`;
  return `${stars.length} stars, ${describeShape(report)}, ${describeRestoration(report)}; ${cost}`;
}

function describeShape({ shape }: StarResult['report']): string {
  if ('radiusPx' in shape) return `disks of radius ${shape.radiusPx.toFixed(2)}`;
  if (shape.lengthPx === 0) return 'sharp stars';
  return `trails of ${shape.lengthPx.toFixed(2)} px at ${shape.angleDegrees.toFixed(2)} degrees`;
}

function describeRestoration({ method, windows, iterations }: StarResult['report']): string {
  if (method === 'render') return 'drawn as spots';
  return windows.length === 0 ? 'not restored' : `${method} in ${windows.length} windows, ${iterations} iterations`;
}
