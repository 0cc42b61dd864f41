import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readBoundedFile } from '../files/read-file.js';
import { PSF_SYNTAX } from '../psf/spec.js';
import { ArgumentError } from '../runtime/errors.js';
import { writeReport } from '../report/report.js';
import { createBar, untilInterrupted } from './jobs.js';
import { addThreadFlags } from './options.js';

/** What a command prints of a run is far smaller. */
const LARGEST_RUN_FILE = 1 << 20;

interface ReportFlags {
  readonly output: string;
  readonly reference?: string;
  readonly psf?: string;
  readonly run?: string;
  readonly title?: string;
  readonly threads?: number;
  readonly isa?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function addReportCommand(program: Command): void {
  addThreadFlags(
    program
      .command('report')
      .description('compare a picture before and after its restoration: one HTML file that loads nothing')
      .argument('<before>', 'picture file')
      .argument('<after>', 'the same, restored')
      .requiredOption('-o, --output <file>', 'HTML file to write')
      .option('--reference <file>', 'the sharp picture, of the same size')
      .option('--psf <spec>', `the blur kernel, to be drawn: ${PSF_SYNTAX}`)
      .option('--run <file>', 'what restore or deconvolve printed with --json')
      .option('--title <text>', 'heading'),
  )
    .option('--json', 'print JSON')
    .option('--quiet', 'no progress bar and no summary')
    .action(report);
}

async function report(
  before: string,
  after: string,
  { output, run, json, quiet, ...options }: ReportFlags,
): Promise<void> {
  const pictures = [before, after, ...(options.reference === undefined ? [] : [options.reference])];
  if (pictures.some((path) => resolve(path) === resolve(output)))
    throw new ArgumentError(`The report would overwrite a picture: ${output}`);
  const facts = run === undefined ? {} : { run: await readRun(run, after) };
  const bar = createBar({ ...(quiet && { quiet }) }, '{part} [{bar}] {value} of {total}');
  try {
    await untilInterrupted(async (signal) => {
      await writeReport(output, before, after, {
        ...options,
        ...facts,
        signal,
        onProgress: ({ phase, done, total }) => {
          bar?.setTotal(total);
          bar?.update(done, { part: phase });
        },
      });
    });
  } finally {
    bar?.stop();
  }
  const { size } = await stat(output);
  if (json) process.stdout.write(`${JSON.stringify({ output, bytes: size })}\n`);
  else if (!quiet) process.stdout.write(`${output}: ${(size / 1e6).toFixed(1)} MB, open it in a browser\n`);
}

/** The line about the picture, or the only one. Throws ArgumentError. */
async function readRun(path: string, after: string): Promise<object> {
  const text = await readText(path);
  const runs = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parseRun(path, line));
  const found =
    runs.find((one) => resolve(String((one as { output?: unknown }).output)) === resolve(after)) ??
    (runs.length === 1 ? runs[0] : undefined);
  if (!found)
    throw new ArgumentError(
      `None of the ${runs.length} lines of ${path} is about ${after}; give the line that --json printed for it`,
    );
  return found;
}

async function readText(path: string): Promise<string> {
  try {
    return (await readBoundedFile(path, LARGEST_RUN_FILE)).toString('utf8');
  } catch (cause) {
    throw new ArgumentError(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

function parseRun(path: string, line: string): object {
  const parsed: unknown = (() => {
    try {
      return JSON.parse(line);
    } catch {
      return null;
    }
  })();
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ArgumentError(`${path} is not what restore or deconvolve print with --json: '${line.slice(0, 60)}'`);
  }
  return parsed;
}
