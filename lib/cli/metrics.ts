import { Option } from 'commander';
import type { Command } from 'commander';
import { writeAtomically } from '../files/write-file.js';
import { METRIC_NAMES, chooseMetrics, measure } from '../metrics/measure.js';
import type { Measurement, MetricName } from '../metrics/measure.js';
import { ArgumentError } from '../runtime/errors.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { addWorkOptions, parser, requireOneInput } from './options.js';
import { addReadingOptions, toReadingOptions } from './reading.js';
import type { ReadingFlags } from './reading.js';
import type { WorkFlags } from './options.js';
import type { OutputFlags, Summary } from './printer.js';
import { inTurn, runBatch } from './runner.js';
import type { Session } from './runner.js';
import { STREAM, streams } from './standard-streams.js';
import { checkTargets, planOutput, present, refuseCollisions } from './targets.js';

/** Options that decide what is measured; the same for `metrics` and `plan`. */
export interface MeasuringFlags {
  readonly reference?: string;
  readonly metrics?: readonly MetricName[];
}

interface MetricFlags extends MeasuringFlags, ReadingFlags, WorkFlags {
  readonly csv?: string;
}

export function addMetricsCommand(program: Command): void {
  const command = program
    .command('metrics')
    .description('measure the quality of pictures')
    .argument('<input...>', 'picture files; - is standard input')
    .option('--csv <file>', 'table of comma-separated values, a line per input; - is standard output')
    .action(measureAll);
  addMeasuringOptions(command);
  addReadingOptions(command);
  addWorkOptions(command, DEFAULT_MEMORY);
}

export function addMeasuringOptions(command: Command): Command {
  const names = METRIC_NAMES.join(', ');
  return command
    .option('--reference <file>', 'the sharp picture, of the same size, that they are compared with')
    .addOption(
      new Option(
        '--metrics <names>',
        `those wanted, with commas between: ${names} (default: all that are possible)`,
      ).argParser(parseMetrics),
    );
}

const parseMetrics = parser((text): readonly MetricName[] => {
  const names = text.split(',');
  const unknown = names.filter((name) => !(METRIC_NAMES as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. Known: ${METRIC_NAMES.join(', ')}.`);
  return names as MetricName[];
});

/** Throws ArgumentError where two things are to be printed on standard output. */
export function requireOnePrint({ json }: OutputFlags, csv: string | undefined): void {
  if (json && csv === STREAM)
    throw new ArgumentError('--csv - cannot be used with --json: both print on standard output');
}

async function measureAll(inputs: string[], flags: MetricFlags): Promise<void> {
  const { csv, reference } = flags;
  requireOneInput(inputs, flags);
  requireOnePrint(flags, csv);
  chooseMetrics(flags.metrics, reference !== undefined);
  const table = csv === undefined ? null : new MetricTable(csv);
  await refuseCollisions([...inputs, ...present([reference, flags.mask])], []);
  if (csv !== undefined) await planOutput({ option: '--csv' }, csv, { reads: [...inputs, reference, flags.mask] });
  const jobs = inputs.map((input) => ({ input }));
  await runBatch({
    jobs,
    flags,
    isDataPrinted: csv === STREAM,
    async *run(session) {
      await table?.begin();
      yield* inTurn(jobs, session.signal, ({ input }) => measureOne(input, flags, session, table));
      await table?.end(session.signal);
    },
  });
}

async function measureOne(
  input: string,
  flags: MetricFlags,
  session: Session,
  table: MetricTable | null,
): Promise<Summary> {
  const { reference, metrics, expectSha256 } = flags;
  const found = await measure(await session.open(input), {
    ...defined({ metrics, expectSha256 }),
    ...(await toReadingOptions(flags, session)),
    ...(reference !== undefined && { reference: await session.open(reference) }),
    runtime: session.runtime,
    signal: session.signal,
    onProgress: session.onProgress,
  });
  await table?.add(input, found);
  const { report, ...measured } = found;
  return { report: { ...report, ...measured, values: printable(found.values) }, text: toText(input, found) };
}

/** Infinity, the PSNR of equal pictures, is no number of JSON: a string, which `Number` takes. */
function printable(values: Measurement['values']): Record<string, number | string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === Infinity ? 'Infinity' : value]),
  );
}

/** A line per input: printed at once, or written to a file when all are measured. */
class MetricTable {
  readonly #path: string;
  #text = '';

  constructor(path: string) {
    this.#path = path;
  }

  async begin(): Promise<void> {
    await checkTargets([this.#path]);
    await this.#append(['input', 'width', 'height', ...METRIC_NAMES]);
  }

  async add(input: string, { width, height, values }: Measurement): Promise<void> {
    const name = /[",\n\r]/.test(input) ? `"${input.replaceAll('"', '""')}"` : input;
    await this.#append([name, width, height, ...METRIC_NAMES.map((metric) => values[metric] ?? '')]);
  }

  async end(signal: AbortSignal): Promise<void> {
    if (this.#path !== STREAM) await writeAtomically(this.#path, [Buffer.from(this.#text)], signal);
  }

  async #append(cells: readonly (string | number)[]): Promise<void> {
    const line = `${cells.join(',')}\n`;
    if (this.#path === STREAM) await streams.print(line);
    else this.#text += line;
  }
}

function toText(input: string, { width, height, values, skipped }: Measurement): string {
  const widest = Math.max(...METRIC_NAMES.map(({ length }) => length));
  const line = (name: string, text: string): string => `  ${name.padEnd(widest)}  ${text}`;
  return [
    `${input}: ${width}x${height}`,
    ...Object.entries(values).map(([name, value]) => line(name, Number(value.toPrecision(6)).toString())),
    ...Object.entries(skipped).map(([name, reason]) => line(name, `not measured: ${reason}`)),
  ].join('\n');
}
