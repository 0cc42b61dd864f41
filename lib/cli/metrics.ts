import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { METRIC_NAMES, measure } from '../metrics/measure.js';
import type { Measurement, MetricName } from '../metrics/measure.js';
import { createBar, untilInterrupted } from './jobs.js';
import { addThreadFlags, parseNumber } from './options.js';

interface MetricFlags {
  readonly reference?: string;
  readonly metrics?: readonly MetricName[];
  readonly range?: number;
  readonly threads?: number;
  readonly isa?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly quiet?: boolean;
}

function parseMetrics(text: string): readonly MetricName[] {
  const names = text.split(',');
  const unknown = names.filter((name) => !(METRIC_NAMES as readonly string[]).includes(name));
  if (unknown.length > 0)
    throw new InvalidArgumentError(`Unknown: ${unknown.join(', ')}. Known: ${METRIC_NAMES.join(', ')}.`);
  return names as MetricName[];
}

export function addMetricsCommand(program: Command): void {
  addThreadFlags(
    program
      .command('metrics')
      .description('measure the quality of pictures')
      .argument('<image...>', 'picture files')
      .option('--reference <file>', 'the sharp picture, of the same size, that they are compared with')
      .addOption(
        new Option(
          '--metrics <names>',
          `those wanted, with commas between: ${METRIC_NAMES.join(', ')} (default: all that are possible)`,
        ).argParser(parseMetrics),
      )
      .addOption(
        new Option('--range <number>', 'range of the samples (default: 255, or 65535 of 16 bits)').argParser(
          parseNumber,
        ),
      ),
  )
    .addOption(new Option('--json', 'print one JSON object per picture, each on a line of its own').conflicts('csv'))
    .option('--csv', 'print a table of comma-separated values')
    .option('--quiet', 'no progress bar')
    .action(measureAll);
}

async function measureAll(inputs: string[], flags: MetricFlags): Promise<void> {
  if (flags.csv) process.stdout.write(`${['image', 'width', 'height', ...METRIC_NAMES].join(',')}\n`);
  await untilInterrupted(async (signal) => {
    for (const input of inputs) await measureOne(input, flags, signal);
  });
}

/** A failure is reported and does not keep the others from being measured, an interrupt does. */
async function measureOne(
  input: string,
  { json, csv, quiet, ...options }: MetricFlags,
  signal: AbortSignal,
): Promise<void> {
  const bar = createBar({ ...(quiet && { quiet }) }, '{metric} [{bar}] {value} of {total} metrics');
  try {
    const found = await measure(input, {
      ...options,
      signal,
      onProgress: ({ phase, done, total }) => {
        bar?.setTotal(total);
        bar?.update(done, { metric: phase });
      },
    });
    bar?.stop();
    process.stdout.write(json ? toJson(input, found) : csv ? toCsv(input, found) : toText(input, found));
  } catch (error) {
    bar?.stop();
    if (signal.aborted) throw error;
    process.stderr.write(`perifocal: ${input}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** Infinity, the PSNR of equal pictures, is no number of JSON: a string, which `Number` takes. */
function toJson(input: string, { width, height, channels, depth, values, skipped }: Measurement): string {
  const printable = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number.isFinite(value) ? value : String(value)]),
  );
  return `${JSON.stringify({ input, width, height, channels, depth, ...printable, skipped })}\n`;
}

function toCsv(input: string, { width, height, values }: Measurement): string {
  const name = /[",\n\r]/.test(input) ? `"${input.replaceAll('"', '""')}"` : input;
  return `${[name, width, height, ...METRIC_NAMES.map((metric) => values[metric] ?? '')].join(',')}\n`;
}

function toText(input: string, { width, height, values, skipped }: Measurement): string {
  const widest = Math.max(...METRIC_NAMES.map(({ length }) => length));
  const line = (name: string, text: string): string => `  ${name.padEnd(widest)}  ${text}`;
  return [
    `${input}: ${width}x${height}`,
    ...Object.entries(values).map(([name, value]) => line(name, Number(value.toPrecision(6)).toString())),
    ...Object.entries(skipped).map(([name, reason]) => line(name, `not measured: ${reason}`)),
    '',
  ].join('\n');
}
