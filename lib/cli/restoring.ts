import { extname } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { formatOfExtension } from '../image/codec/sharp.js';
import type { ImageFormat } from '../image/codec/sharp.js';
import type { Frame } from '../image/frame.js';
import { isRowFormat } from '../image/row-writer.js';
import { checkTiffForm } from '../image/tiff/form.js';
import type { FrameRestorer } from '../restoration/frame-restorer.js';
import type { FrameReport } from '../restoration/restoration.js';
import { checkSceneOptions } from '../restoration/scene/by-windows.js';
import type { RestoredImage } from '../restoration/restored-image.js';
import { ArgumentError } from '../runtime/errors.js';
import { defined } from '../runtime/validate.js';
import { extensionOf, formatOption, imageRule, streamExtension } from './image-output.js';
import type { ImageFlags } from './image-output.js';
import { parseNumber, parseNumberOr, requireOneInput } from './options.js';
import type { WorkFlags } from './options.js';
import { toReadingOptions } from './reading.js';
import type { ReadingFlags } from './reading.js';
import type { Summary } from './printer.js';
import { runBatch } from './runner.js';
import type { Outcome, Session } from './runner.js';
import { Spool } from './spool.js';
import { STREAM } from './standard-streams.js';
import { planTargets, withSuffix } from './targets.js';
import type { OtherPaths, TargetJob, TargetRule } from './targets.js';

/** Options of every command that restores files. */
export interface RestoringFlags extends WorkFlags, ReadingFlags, ImageFlags {
  readonly cog?: true;
  readonly tileSize?: number | 'none';
  readonly resume?: true;
  readonly windowRows?: number;
}

type Restored<R extends FrameReport> = RestoredImage<Frame, R>;

/** What is peculiar to one way to restore files. */
export interface Restoring<R extends FrameReport> {
  readonly inputs: readonly string[];
  readonly flags: RestoringFlags;
  /** Files that are read and written besides inputs and outputs. */
  readonly others: OtherPaths;
  readonly open: (session: Session) => Promise<FrameRestorer<R>>;
  /** How a frame was restored, for people. */
  readonly describe: (report: R) => string;
}

/** Inputs and outputs of a command that restores files. */
export function addFileOptions(command: Command): Command {
  return command
    .argument('<input...>', 'picture files, TIFF, FITS, PNG, JPEG or WebP; - is standard input')
    .option(
      '-o, --output <path>',
      'output file, - for standard output, or folder for several inputs (default: <input>.restored.<ext>)',
    )
    .addOption(formatOption())
    .option('--cog', 'write a Cloud Optimized GeoTIFF: a TIFF with tiles, overviews, and directories first')
    .addOption(
      new Option(
        '--tile-size <pixels>',
        'write a TIFF in tiles of that side, a multiple of 16, or none: strips (default: as the input; 512 of a COG)',
      ).argParser(parseNumberOr('none')),
    )
    .option('--resume', 'go on with the part of a large file that an interrupted run has left beside the output')
    .addOption(
      new Option(
        '--window-rows <count>',
        'restore window by window, so many rows each (default: where memory is short; 512, or what is fastest)',
      ).argParser(parseNumber),
    );
}

/** Restores files one after the other. */
export async function restoreAll<R extends FrameReport>(restoring: Restoring<R>): Promise<void> {
  const { inputs, flags, others, open, describe } = restoring;
  requireOneInput(inputs, flags);
  checkTiffForm(flags);
  checkSceneOptions(flags);
  const { reads = [] } = others;
  const paths = { ...others, reads: [...reads, flags.mask] };
  const plan = await planTargets(inputs, { output: outputRule(flags, inputs) }, paths);
  const { jobs, isStreamed } = plan;
  requireTiff(jobs, flags);
  requireRows(jobs, flags);
  await runBatch({
    jobs,
    flags,
    isDataPrinted: isStreamed,
    async *run(session) {
      await using restorer = await open(session);
      await plan.makeFolders();
      await using spool = new Spool();
      const files = await toFileJobs(jobs, flags, session, spool);
      const { signal, onProgress } = session;
      const { cog, tileSize, resume, windowRows } = flags;
      const options = {
        ...(await toReadingOptions(flags, session)),
        ...defined({ cog, tileSize, resume, windowRows }),
        signal,
        onProgress,
      };
      for await (const { job, result, error } of restorer.restoreFiles(files, options)) {
        yield result ? await finish(job.job, result, spool, describe) : { job: job.job, error };
      }
    },
  });
}

type Job = TargetJob<'output'>;

/** Throws ArgumentError where the form of a TIFF is asked for of a file whose name says that it is another. */
function requireTiff(jobs: readonly Job[], flags: RestoringFlags): void {
  const { cog, tileSize } = flags;
  if (!cog && typeof tileSize !== 'number') return;
  const option = cog ? '--cog' : '--tile-size';
  for (const job of jobs) {
    const format = outputFormat(job, flags);
    if (format !== undefined && format !== 'tiff')
      throw new ArgumentError(`${option} is for TIFF, ${notFor(job, format)}`);
  }
}

/** Throws ArgumentError where windows are asked for, and the name of a file says that it is not written by rows. */
function requireRows(jobs: readonly Job[], flags: RestoringFlags): void {
  const option = flags.windowRows === undefined ? flags.resume && '--resume' : '--window-rows';
  if (!option) return;
  for (const job of jobs) {
    const format = outputFormat(job, flags);
    if (format !== undefined && !isRowFormat(format))
      throw new ArgumentError(`${option} is for outputs of TIFF and FITS, ${notFor(job, format)}`);
  }
}

/** The format of what is written, where its name tells. */
function outputFormat({ input, targets }: Job, flags: RestoringFlags): ImageFormat | undefined {
  const path = targets.output!;
  return formatOfExtension(path === STREAM ? extensionOf(input, flags) : extname(path));
}

const notFor = ({ targets }: Job, format: ImageFormat): string =>
  targets.output === STREAM ? `--format is ${format}` : `not for ${targets.output}`;

/** A job in the words of the library. */
interface FileJob {
  readonly job: Job;
  readonly input: string | Uint8Array;
  readonly output: string;
  readonly expectSha256?: string;
}

function outputRule(flags: RestoringFlags, inputs: readonly string[]): TargetRule {
  const isStream = inputs.length === 1 && inputs[0] === STREAM;
  return {
    ...imageRule('--output', flags),
    // What comes from standard input has no folder beside which it could be written.
    value: flags.output ?? (isStream ? STREAM : undefined),
    beside: (input) => withSuffix(input, `.restored${extensionOf(input, flags)}`),
  };
}

async function toFileJobs(
  jobs: readonly Job[],
  flags: RestoringFlags,
  session: Session,
  spool: Spool,
): Promise<FileJob[]> {
  const { expectSha256 } = flags;
  const files: FileJob[] = [];
  for (const job of jobs) {
    const input = await session.open(job.input);
    const target = job.targets.output!;
    const extension = await streamExtension(target, job.input, flags, session);
    files.push({ job, input, output: await spool.fileFor(target, extension), ...defined({ expectSha256 }) });
  }
  return files;
}

async function finish<R extends FrameReport>(
  job: Job,
  result: Restored<R>,
  spool: Spool,
  describe: (report: R) => string,
): Promise<Outcome<Job>> {
  const output = job.targets.output!;
  try {
    if (output === STREAM) await spool.deliver();
  } catch (error) {
    return { job, error };
  }
  return { job, summary: summarise(output, result, describe) };
}

function summarise<R extends FrameReport>(
  output: string,
  { width, height, channels, depth, report }: Restored<R>,
  describe: (report: R) => string,
): Summary {
  const name = output === STREAM ? 'standard output' : output;
  return {
    output,
    report: { width, height, channels, depth, ...report },
    text: `${name}: ${width}x${height}${describeScene(report)} in ${describe(report)}`,
  };
}

/** How a frame was cut, where it was too large for memory. */
function describeScene({ scene }: FrameReport): string {
  if (!scene) return '';
  const { windows, rows, fromRow } = scene;
  const resumed = fromRow > 0 ? `, from row ${fromRow + 1} on` : '';
  return ` by ${windows} windows of ${rows} rows${resumed}`;
}
