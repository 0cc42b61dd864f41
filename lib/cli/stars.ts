import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { ArgumentError } from '../runtime/errors.js';
import { readSource } from '../image/source.js';
import { checkOutput, writeFrame } from '../image/encode.js';
import type { AnyFrame } from '../image/frame.js';
import { Camera } from '../stars/sky/camera.js';
import { drawStars } from '../stars/simulate/draw.js';
import { toTetra3, writeCsv } from '../stars/export.js';
import type { Vector } from '../math/linear.js';
import type { CentroidMethod, RestoreStarsOptions } from '../stars/options.js';
import { restoreStars } from '../stars/restore-stars.js';
import type { StarResult } from '../stars/restore-stars.js';
import { toMegabytes, untilInterrupted } from './jobs.js';
import { addThreadFlags, parseNumber } from './options.js';

interface StarFlags {
  readonly output?: string;
  readonly rates?: string;
  readonly exposure?: number;
  readonly focalPx?: number;
  readonly motion?: string;
  readonly defocus?: string;
  readonly method: string;
  readonly centroid: CentroidMethod;
  readonly gain?: number;
  readonly threshold?: number;
  readonly saturation?: number;
  readonly iterations?: number | 'settled';
  readonly maxStars?: number;
  readonly csv?: string;
  readonly draw?: string;
  readonly threads?: 1 | 2 | 3;
  readonly isa?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const METHODS: Readonly<Record<string, NonNullable<RestoreStarsOptions['method']>>> = {
  rl: 'richardson-lucy',
  'hyper-laplacian': 'hyper-laplacian',
  render: 'render',
  none: 'none',
};

export function addStarsCommand(program: Command): void {
  const command = program
    .command('stars')
    .description('restore and measure blurred star frames')
    .argument('<frame...>', 'picture files')
    .option('-o, --output <path>', 'restored frame; for several frames a folder (default: not written)')
    .option('--rates <wx,wy,wz>', 'sensor rates in radians per second; with --exposure and --focal-px')
    .option('--exposure <seconds>', 'exposure time', parseNumber)
    .option('--focal-px <pixels>', 'focal length over pixel pitch', parseNumber)
    .option(
      '--motion <auto|paper|none|L@theta>',
      'trail: found in the frame, found as published, none, or pixels and degrees, anticlockwise (default: auto)',
    )
    .option('--defocus <auto|R>', 'radius of defocused stars in pixels, or found in the frame')
    .addOption(
      new Option('--method <name>', 'what restores the windows around stars; render: draws measured stars as spots')
        .choices(Object.keys(METHODS))
        .default('hyper-laplacian'),
    )
    .addOption(new Option('--centroid <name>', 'how stars are placed').choices(['ml', 'iwcog', 'cog']).default('ml'))
    .option('--gain <electrons>', 'electrons per count, for shot noise (default: unknown)', parseNumber)
    .option('--threshold <sigmas>', 'detection limit (5.5)', parseNumber)
    .option('--saturation <part>', 'samples from this part of full scale on are left out of fits (0.97)', parseNumber)
    .option(
      '--iterations <n|settled>',
      'of rl, or outer steps of hyper-laplacian; settled: of rl, until centroids rest (default: predicted; 6)',
      parseIterations,
    )
    .option('--max-stars <n>', 'the brightest stars that are measured (100)', parseNumber)
    .option('--csv <file>', 'table of stars; for several frames a folder')
    .option(
      '--draw <picture>',
      'frame with stars, trails and error ellipses (20 times as large); for several frames a folder',
    );
  addThreadFlags(command)
    .option('--json', 'print one JSON object per frame on standard output, each on a line of its own')
    .option('--quiet', 'no summary')
    .action(run);
}

async function run(frames: string[], flags: StarFlags): Promise<void> {
  const targets = await Promise.all(frames.map((frame) => targetsOf(frame, flags, frames.length > 1)));
  checkFlags(flags);
  await untilInterrupted(async (signal) => {
    for (const [index, frame] of frames.entries()) await runOne(frame, targets[index]!, flags, signal);
  });
}

interface Targets {
  readonly output: string | undefined;
  readonly csv: string | undefined;
  readonly draw: string | undefined;
}

async function targetsOf(frame: string, { output, csv, draw }: StarFlags, areSeveral: boolean): Promise<Targets> {
  const name = basename(frame, extname(frame));
  const place = async (path: string | undefined, file: string): Promise<string | undefined> => {
    if (path === undefined || (!areSeveral && !/[/\\]$/.test(path))) return path;
    await mkdir(path, { recursive: true });
    return join(path, file);
  };
  const targets = {
    output: await place(output, basename(frame)),
    csv: await place(csv, `${name}.csv`),
    draw: await place(draw, `${name}.png`),
  };
  if (targets.output === frame) throw new ArgumentError(`Restoring ${frame} would overwrite it`);
  for (const picture of [targets.output, targets.draw]) if (picture !== undefined) await checkOutput(picture);
  return targets;
}

function checkFlags({ rates, exposure, focalPx, motion, defocus }: StarFlags): void {
  const gyro = [rates, exposure, focalPx].filter((value) => value !== undefined).length;
  if (gyro !== 0 && gyro !== 3)
    throw new ArgumentError('--rates, --exposure and --focal-px belong together: give all three');
  if ([gyro > 0, motion !== undefined, defocus !== undefined].filter(Boolean).length > 1)
    throw new ArgumentError('Give one of --rates, --motion and --defocus');
}

/** A failure is reported and does not keep the other frames from being restored, an interrupt does. */
async function runOne(input: string, targets: Targets, flags: StarFlags, signal: AbortSignal): Promise<void> {
  try {
    const { frame } = await readSource(input, signal);
    const result = await restoreStars(frame, { ...toOptions(flags, frame), signal });
    if (targets.output !== undefined) await result.toFile(targets.output, { signal });
    if (targets.csv !== undefined) await writeCsv(targets.csv, result.stars, signal);
    if (targets.draw !== undefined) await writeFrame(targets.draw, await drawStars(frame, result), {}, signal);
    if (flags.json)
      process.stdout.write(
        `${JSON.stringify({ input, ...targets, ...result.report, stars: result.stars, tetra3: { size: [frame.height, frame.width], centroids: toTetra3(result.stars) } })}\n`,
      );
    else if (!flags.quiet) process.stdout.write(`${input}: ${summarise(result)}\n`);
    if (!flags.quiet)
      for (const warning of result.report.warnings) process.stderr.write(`perifocal: ${input}: ${warning}\n`);
  } catch (error) {
    if (signal.aborted) throw error;
    process.stderr.write(`perifocal: ${input}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

function toOptions(
  {
    rates,
    exposure,
    focalPx,
    motion,
    defocus,
    method,
    centroid,
    gain,
    threshold,
    saturation,
    iterations,
    maxStars,
    threads,
    isa,
  }: StarFlags,
  { width, height }: AnyFrame,
): RestoreStarsOptions {
  const gyro =
    rates === undefined
      ? undefined
      : { rates: parseRates(rates), exposure: exposure!, camera: new Camera({ width, height, focalPx: focalPx! }) };
  return {
    method: METHODS[method]!,
    centroid,
    ...(gyro && { motion: gyro }),
    ...(motion !== undefined && { motion: parseMotion(motion) }),
    ...(defocus !== undefined && { defocus: defocus === 'auto' ? defocus : parseNumber(defocus) }),
    ...(gain !== undefined && { gain }),
    ...(threshold !== undefined && { threshold }),
    ...(saturation !== undefined && { saturation }),
    ...(iterations !== undefined && { iterations }),
    ...(maxStars !== undefined && { maxStars }),
    ...(threads !== undefined && { threads }),
    ...(isa !== undefined && { isa }),
  };
}

function parseIterations(text: string): number | 'settled' {
  return text === 'settled' ? text : parseNumber(text);
}

function parseRates(text: string): Vector {
  const numbers = text.split(',').map(Number);
  if (numbers.length !== 3 || numbers.some((value) => !Number.isFinite(value)))
    throw new ArgumentError(`Expected three numbers for --rates but received '${text}'`);
  return numbers as unknown as Vector;
}

function parseMotion(text: string): NonNullable<RestoreStarsOptions['motion']> {
  if (text === 'auto' || text === 'paper' || text === 'none') return text;
  const match = /^(\d+(?:\.\d*)?)@(-?\d+(?:\.\d*)?)$/.exec(text);
  if (!match) throw new ArgumentError(`Expected auto, paper, none or L@theta for --motion but received '${text}'`);
  return { length: Number(match[1]), angle: Number(match[2]) };
}

function summarise({
  stars,
  report: { shape, windows, iterations, method, seconds, threads, peakRssBytes },
}: StarResult): string {
  const look =
    'radius' in shape
      ? `disks of radius ${shape.radius.toFixed(2)}`
      : shape.length > 0
        ? `trails of ${shape.length.toFixed(2)} px at ${shape.angle.toFixed(2)} degrees`
        : 'sharp stars';
  const restored =
    method === 'render'
      ? 'drawn as spots'
      : windows.length === 0
        ? 'not restored'
        : `${method} in ${windows.length} windows, ${iterations} iterations`;
  return `${stars.length} stars, ${look}, ${restored}; ${seconds.toFixed(2)} s, ${threads} threads, peak ${toMegabytes(peakRssBytes)} MB`;
}
