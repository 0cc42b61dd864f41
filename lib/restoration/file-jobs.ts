import { extname } from 'node:path';
import { identifyFile, sameFile } from '../files/same-file.js';
import { checkOutput, unknownExtension } from '../image/encode.js';
import { checkFormatHolds } from '../image/format-limits.js';
import { formatOfExtension } from '../image/codec/sharp.js';
import type { ImageFormat } from '../image/codec/sharp.js';
import type { EncodedImage } from '../image/decode.js';
import type { AnyFrameSize, Frame, FrameSize } from '../image/frame.js';
import { encoderBuffers } from '../image/frame-memory.js';
import type { FramePlan } from '../image/frame-memory.js';
import { readBackBytes } from '../image/read-back.js';
import { warnOfLosses } from '../image/metadata/lost.js';
import { tiffFormOf } from '../image/tiff/form.js';
import type { TiffForm, TiffFormOptions } from '../image/tiff/form.js';
import type { Finish } from '../operation/perform.js';
import { ArgumentError } from '../runtime/errors.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { expected, requireSha256, requireString } from '../runtime/validate.js';
import type { FrameReport } from './restoration.js';
import type { RestoredImage } from './restored-image.js';

/** A file, or one in memory, and the path of the file that it is restored into. */
export interface FileJob {
  readonly input: EncodedImage;
  readonly output: string;
  /** SHA-256 in hex that the file must have. */
  readonly expectSha256?: string;
}

/** How the restoration of a file ended: with what was written, or with the error that kept it from being. */
export type FileOutcome<J extends FileJob, R extends FrameReport> =
  | { readonly job: J; readonly result: RestoredImage<Frame, R>; readonly error: null }
  | { readonly job: J; readonly result: null; readonly error: Error };

/**
 * All jobs, none of whose outputs is an input of the batch or another one's output, by whatever path they are named.
 * Rejects with ArgumentError.
 */
export async function checkJobs<J extends FileJob>(jobs: Iterable<J>): Promise<J[]> {
  const list = [...iterable(jobs)];
  for (const job of list) {
    if (typeof job !== 'object' || job === null) throw expected('object of input and output', 'a job', job);
    requireString('output of a job', job.output);
    if (job.expectSha256 !== undefined) requireSha256('expectSha256 of a job', job.expectSha256);
  }
  const inputs = new Map<string, string>();
  for (const { input } of list) if (typeof input === 'string') inputs.set(await identifyFile(input), input);
  const outputs = new Set<string>();
  for (const { output } of list) {
    const identity = await identifyFile(output);
    if (inputs.has(identity)) throw overwrites(output, inputs.get(identity)!);
    if (outputs.has(identity)) throw new ArgumentError(`Two jobs would be written to ${output}: give each its own`);
    outputs.add(identity);
  }
  return list;
}

function iterable<J>(jobs: Iterable<J>): Iterable<J> {
  if (typeof (jobs as Iterable<J> | null)?.[Symbol.iterator] !== 'function') throw expected('iterable', 'jobs', jobs);
  return jobs;
}

/** Rejects with ArgumentError where the output of a job is its input. */
export async function requireApart({ input, output }: FileJob): Promise<void> {
  requireString('output', output);
  if (typeof input === 'string' && input !== '' && (await sameFile(input, output))) throw overwrites(output, input);
}

function overwrites(output: string, input: string): ArgumentError {
  return new ArgumentError(`Writing ${output} would overwrite the input ${input}: name another output`);
}

/**
 * What writing a frame to a path takes. Rejects with ImageError where nothing can be written there, ArgumentError for a
 * form that no TIFF has.
 * @param readBack whether the file is read back
 */
export async function planWriting(path: string, form: TiffFormOptions, readBack: boolean): Promise<Finish<FramePlan>> {
  // The output is named as the input by default: of a format that is not read, the input's own error says more.
  if (!formatOfExtension(extname(path)))
    return {
      buffers: () => {
        throw unknownExtension(path);
      },
    };
  const format: ImageFormat = await checkOutput(path, form);
  return {
    buffers: ({ frame }, { metadata }) => {
      checkFormatHolds(path, format, frame as FrameSize, metadata);
      return writingBuffers(frame, format, tiffFormOf(frame, metadata, form), readBack);
    },
    warnings: ({ metadata, header }) => warnOfLosses(format, metadata, header),
  };
}

/** What writing a frame takes, and reading it back where that is done. @param form of a TIFF */
export function writingBuffers(
  frame: AnyFrameSize,
  format: ImageFormat,
  form: TiffForm,
  readBack: boolean,
): PlannedBuffer[] {
  const back = { name: 'reading back', bytes: readBack ? readBackBytes(frame, format) : 0 };
  return [...encoderBuffers(frame, format, form), back];
}
