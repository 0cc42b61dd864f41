import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readBoundedFile } from '../files/read-file.js';
import { PSF_SYNTAX, parse, psfFileOf } from '../psf/spec.js';
import { ArgumentError } from '../runtime/errors.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { defined, requireString } from '../runtime/validate.js';
import { writeReport } from '../report/report.js';
import { addWorkOptions, parser } from './options.js';
import { addReadingOptions, toReadingOptions } from './reading.js';
import type { ReadingFlags } from './reading.js';
import type { WorkFlags } from './options.js';
import type { Summary } from './printer.js';
import { inTurn, runBatch } from './runner.js';
import type { Session } from './runner.js';
import { Spool } from './spool.js';
import { STREAM } from './standard-streams.js';
import { planOutput } from './targets.js';

/** What a command prints of a run is far smaller. */
const LARGEST_RUN_FILE = 1 << 20;

/** Options that decide what is compared; the same for `report` and `plan`. */
export interface ComparingFlags {
  readonly reference?: string;
  readonly psf?: string;
}

interface ReportFlags extends ComparingFlags, ReadingFlags, WorkFlags {
  readonly output: string;
  readonly run?: string;
  readonly title?: string;
}

export function addReportCommand(program: Command): void {
  const command = program
    .command('report')
    .description('compare a picture before and after its restoration: one HTML file that loads nothing')
    .argument('<before>', 'picture file; - is standard input')
    .argument('<after>', 'the same, restored')
    .requiredOption('-o, --output <file>', 'HTML file to write; - is standard output')
    .option('--run <file>', 'what restore or deconvolve printed with --json')
    .option(
      '--title <text>',
      'heading (default: Before and after)',
      parser((text) => requireString('title', text)),
    )
    .action(report);
  addComparingOptions(command);
  addReadingOptions(command);
  addWorkOptions(command, DEFAULT_MEMORY);
}

export function addComparingOptions(command: Command): Command {
  return command
    .option('--reference <file>', 'the sharp picture, of the same size')
    .option('--psf <spec>', `the blur kernel, to be drawn: ${PSF_SYNTAX}`);
}

async function report(before: string, after: string, flags: ReportFlags): Promise<void> {
  const { output, reference, psf, run } = flags;
  const kernel = psf === undefined ? null : psfFileOf(psf);
  await planOutput({ option: '--output' }, output, { reads: [before, after, reference, kernel, run, flags.mask] });
  const jobs = [{ input: before }];
  await runBatch({
    jobs,
    flags,
    isDataPrinted: output === STREAM,
    async *run(session) {
      if (psf !== undefined) await parse(psf);
      const facts = run === undefined ? undefined : await readRun(run, after);
      yield* inTurn(jobs, session.signal, () => compare(before, after, flags, facts, session));
    },
  });
}

async function compare(
  before: string,
  after: string,
  flags: ReportFlags,
  run: object | undefined,
  session: Session,
): Promise<Summary> {
  const { output, reference, psf, title, expectSha256 } = flags;
  const { open, runtime, signal, onProgress } = session;
  await using spool = new Spool();
  const file = await spool.fileFor(output, '.html');
  const report = await writeReport(file, await open(before), await open(after), {
    ...defined({ psf, title, run, expectSha256 }),
    ...(await toReadingOptions(flags, session)),
    ...(reference !== undefined && { reference: await open(reference) }),
    runtime,
    signal,
    onProgress,
  });
  const { size } = await stat(file);
  await spool.deliver();
  const name = output === STREAM ? 'standard output' : output;
  return {
    output,
    report: { bytes: size, ...report },
    text: `${name}: ${(size / 1e6).toFixed(1)} MB, open it in a browser`,
  };
}

/** What was said of the picture, or of the only one. Throws ArgumentError. */
async function readRun(path: string, after: string): Promise<object> {
  const lines = (await readText(path)).split('\n').filter((line) => line.trim() !== '');
  const runs = lines.map((line) => parseRun(path, line));
  const isAbout = (run: RunLine): boolean => run.output !== undefined && resolve(run.output) === resolve(after);
  const found = runs.find(isAbout) ?? (runs.length === 1 ? runs[0] : undefined);
  if (found) return found.report ?? found;
  throw new ArgumentError(
    `None of the ${runs.length} lines of ${path} is about ${after}; give the line that --json printed for it`,
  );
}

async function readText(path: string): Promise<string> {
  try {
    return (await readBoundedFile(path, LARGEST_RUN_FILE)).toString('utf8');
  } catch (cause) {
    throw new ArgumentError(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** An envelope, or a report of the library by itself. */
interface RunLine {
  readonly output?: string;
  readonly report?: object;
}

function parseRun(path: string, line: string): RunLine {
  const parsed = parseJson(line);
  if (
    isObject(parsed) &&
    isOptional(parsed.output, 'string') &&
    (parsed.report === undefined || isObject(parsed.report))
  )
    return parsed as RunLine;
  throw new ArgumentError(`${path} is not what restore or deconvolve print with --json: '${line.slice(0, 60)}'`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOptional = (value: unknown, type: string): boolean => value === undefined || typeof value === type;
