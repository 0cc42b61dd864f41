import { extname } from 'node:path';
import type { Command } from 'commander';
import { unwritable } from '../files/write-file.js';
import { formatOfExtension } from '../image/codec/sharp.js';
import type { ImageFormat } from '../image/codec/sharp.js';
import { writeFrame } from '../image/encode.js';
import { checkFormatHolds } from '../image/format-limits.js';
import { frameBytes } from '../image/frame.js';
import type { AnyFrameSize, FrameSize } from '../image/frame.js';
import type { ImageMetadata } from '../image/metadata/image-metadata.js';
import { warnOfLosses } from '../image/metadata/lost.js';
import { tiffFormOf } from '../image/tiff/form.js';
import type { TiffForm } from '../image/tiff/form.js';
import type { Finish } from '../operation/perform.js';
import { writingBuffers } from '../restoration/file-jobs.js';
import { bytesOf } from '../runtime/memory-plan.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { checksEnds } from '../runtime/integrity.js';
import { DEFAULT_MEMORY } from '../runtime/runtime.js';
import { defined } from '../runtime/validate.js';
import { toTetra3, writeTable } from '../stars/export.js';
import { drawStars } from '../stars/draw.js';
import { performStars } from '../stars/restore-stars.js';
import type { StarPlan } from '../stars/restore/plan.js';
import type { StarResult } from '../stars/restore/result.js';
import { requireOnePrint } from './metrics.js';
import { addWorkOptions, requireOneInput } from './options.js';
import { toMegabytes } from './options.js';
import { addReadingOptions, toReadingOptions } from './reading.js';
import type { ReadingFlags } from './reading.js';
import type { WorkFlags } from './options.js';
import type { Summary } from './printer.js';
import { inTurn, runBatch } from './runner.js';
import type { Job as BatchJob, Session } from './runner.js';
import { FORMATS, formatOption, imageRule, streamExtension } from './image-output.js';
import type { ImageFlags } from './image-output.js';
import { Spool } from './spool.js';
import { FrameIdentifier, addIdentifyOptions, checkIdentifyFlags } from './star-identify.js';
import type { IdentifyFlags } from './star-identify.js';
import { addStarOptions, checkStarFlags, toStarOptions } from './star-options.js';
import type { StarMeasuringFlags } from './star-options.js';
import { checkTargets, planTargets, stemOf } from './targets.js';
import type { TargetJob } from './targets.js';

interface StarFlags extends StarMeasuringFlags, IdentifyFlags, WorkFlags, ReadingFlags, ImageFlags {
  readonly csv?: string;
  readonly draw?: string;
}

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
  addIdentifyOptions(command);
  addReadingOptions(command);
  addWorkOptions(command, DEFAULT_MEMORY);
}

async function run(inputs: string[], flags: StarFlags): Promise<void> {
  requireOneInput(inputs, flags);
  requireOnePrint(flags, flags.csv);
  checkStarFlags(flags);
  checkIdentifyFlags(flags);
  const { jobs, isStreamed, makeFolders } = await planTargets(
    inputs,
    {
      output: imageRule('--output', flags),
      csv: { option: '--csv', value: flags.csv, nameOf: (input) => `${stemOf(input)}.csv`, canStream: true },
      draw: {
        option: '--draw',
        value: flags.draw,
        nameOf: (input) => `${stemOf(input)}.png`,
        formats: FORMATS,
      },
    },
    { reads: [flags.mask, flags.camera, flags.catalogue], writes: [flags.calibrate] },
  );
  const { calibrate } = flags;
  const fits = calibrate === undefined ? [] : [{ input: null }];
  await runBatch<BatchJob>({
    jobs: [...jobs, ...fits],
    flags,
    isDataPrinted: isStreamed,
    async *run(session) {
      await makeFolders();
      if (calibrate !== undefined) await checkTargets([calibrate]);
      await using identifier = new FrameIdentifier(flags);
      yield* inTurn(jobs, session.signal, (job) => doOne(job, jobs.indexOf(job), flags, identifier, session));
      yield* inTurn(fits, session.signal, () => identifier.calibrate(calibrate!, session));
    },
  });
}

type Job = TargetJob<'output' | 'csv' | 'draw'>;

/** The memory of the frame is given back before that of the index is asked for. */
async function doOne(
  job: Job,
  place: number,
  flags: StarFlags,
  identifier: FrameIdentifier,
  session: Session,
): Promise<Summary> {
  const { summary, result } = await restoreOne(job, flags, session);
  if (!flags.identify) return summary;
  const { report: identification, text, declined } = await identifier.identify(result, place, session);
  const report = { ...summary.report, identification };
  return { ...summary, report, text: `${summary.text}\n  ${text}`, declined };
}

interface Restored {
  readonly summary: Summary;
  readonly result: StarResult;
}

async function restoreOne({ input, targets }: Job, flags: StarFlags, session: Session): Promise<Restored> {
  const { output, csv, draw } = targets;
  const { open, runtime, signal, onProgress } = session;
  await checkTargets(Object.values(targets));
  await using spool = new Spool();
  const extension = output === undefined ? '' : await streamExtension(output, input, flags, session);
  const restored = output && (await spool.fileFor(output, extension));
  const table = csv && (await spool.fileFor(csv, '.csv'));
  const { expectSha256, integrity } = flags;
  const reading = await toReadingOptions(flags, session);
  const options = {
    ...toStarOptions(flags),
    ...reading,
    ...defined({ expectSha256, integrity }),
    runtime,
    signal,
    onProgress,
  };
  const readBack = checksEnds(flags.integrity ?? 'off');
  using performed = await performStars(await open(input), options, planPictures(restored, draw, readBack));
  const { result, ends } = performed;
  const how = { signal, readBack };
  const written = [
    restored === undefined ? 1 : await result.writeTo(restored, how),
    table === undefined ? 1 : await writeTable(table, result.stars, how),
    draw === undefined ? 1 : await writeFrame(draw, await drawStars(result), {}, how),
  ];
  if (ends) ends.differentWritings += written.reduce((sum, times) => sum + times - 1, 0);
  await spool.deliver();
  return { summary: summarise(input, targets, result), result };
}

/** What writing the restored frame, and then the drawing, takes. */
function planPictures(restored: string | undefined, draw: string | undefined, readBack: boolean): Finish<StarPlan> {
  return {
    buffers: (_, { header, metadata }) => {
      const frames = ['decoded frame', 'restored frame'].map((name) => ({ name, bytes: frameBytes(header) }));
      const form = tiffFormOf(header, metadata);
      const restoring =
        restored === undefined ? [] : planPicture(restored, { size: header as FrameSize, metadata, form, readBack });
      const drawing = draw === undefined ? [] : planDrawing(draw, header, readBack);
      return [...frames, ...(bytesOf(drawing) > bytesOf(restoring) ? drawing : restoring)];
    },
    warnings: ({ metadata, header }) =>
      restored === undefined ? [] : warnOfLosses(formatOf(restored), metadata, header),
  };
}

/** A frame to be written, and how the file that it comes from stores it; of a TIFF, the form. */
interface PictureToWrite {
  readonly size: FrameSize;
  readonly metadata?: ImageMetadata;
  readonly form?: TiffForm;
  readonly readBack: boolean;
}

/** Throws ImageError where the format does not hold the frame. */
function planPicture(path: string, { size, metadata, form, readBack }: PictureToWrite): readonly PlannedBuffer[] {
  const format = formatOf(path);
  checkFormatHolds(path, format, size, metadata);
  return writingBuffers(size, format, form ?? tiffFormOf(size, {}), readBack);
}

function formatOf(path: string): ImageFormat {
  const format = formatOfExtension(extname(path));
  if (format === undefined) throw unwritable(path, 'its extension names no format of images');
  return format;
}

function planDrawing(path: string, { width, height }: AnyFrameSize, readBack: boolean): PlannedBuffer[] {
  const brightness = { name: 'brightness', bytes: 4 * width * height };
  return [brightness, ...planPicture(path, { size: { width, height, channels: 3, depth: 8 }, readBack })];
}

function summarise(input: string, { output, csv, draw }: Job['targets'], result: StarResult): Summary {
  const { report, stars, frame } = result;
  const tetra3 = { size: [frame.height, frame.width], centroids: toTetra3(stars) };
  return {
    output,
    report: { ...defined({ csv, draw }), ...report, stars, tetra3 },
    text: `${input}: ${describe(result)}`,
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
