import { extname } from 'node:path';
import { partPathsOf, readJournal } from '../../files/part-file.js';
import { formatOfExtension } from '../../image/codec/sharp.js';
import { checkFormatHolds } from '../../image/format-limits.js';
import type { Frame } from '../../image/frame.js';
import type { ReadingOptions } from '../../image/reading.js';
import { isRowFormat } from '../../image/row-writer.js';
import type { TiffFormOptions } from '../../image/tiff/form.js';
import { openImage } from '../../image/open-image.js';
import type { ImageSource } from '../../image/source.js';
import type { OperationInput } from '../../operation/options.js';
import { digestOf } from '../../runtime/digest.js';
import { ArgumentError, toPerifocalError } from '../../runtime/errors.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import { requireInteger, requireOneOf } from '../../runtime/validate.js';
import type { FrameReport, Restoration } from '../restoration.js';
import { RestoredImage } from '../restored-image.js';
import { restoreScene } from './restore-scene.js';

/** How files that are too large for memory are restored. */
export interface SceneOptions {
  /**
   * Goes on with what an earlier run has left beside the output (`<output>.part`), of the same input and options;
   * begins anew where there is nothing. False by default: then such a part is not overwritten, but an error.
   */
  readonly resume?: boolean;
  /**
   * Restores a TIFF or FITS window by window into such a file also where memory would suffice for the whole frame, with
   * at most so many rows of the output each, or a few more where fewer cannot be written at a time, or there would be
   * more than 1024 windows. By default that is done where it does not suffice. A run can be gone on with after each
   * window. Where one stream of rows goes through all windows (`isStream` of the plan), nothing else depends on their
   * rows, 512 by default; else as many are fastest.
   */
  readonly windowRows?: number;
}

/** The keys of {@link SceneOptions}. */
export const SCENE_OPTIONS = ['resume', 'windowRows'] as const satisfies (keyof SceneOptions)[];

/** Where a scene is written, and how. */
export interface SceneTarget extends SceneOptions {
  readonly path: string;
  /** Of the TIFF. */
  readonly form: TiffFormOptions;
}

/** Throws ArgumentError. */
export function checkSceneOptions({ resume, windowRows }: SceneOptions): void {
  if (resume !== undefined) requireOneOf('resume', resume, [true, false]);
  if (windowRows !== undefined) requireInteger('windowRows', windowRows, 1, 65_535);
}

/**
 * Whether a file must be restored window by window: it was asked for, or an earlier run has begun so. Rejects with
 * ArgumentError where that was asked for and the output is of a format that is not written row by row.
 */
export async function mustBeScene({ path, resume = false, windowRows }: SceneTarget): Promise<boolean> {
  const isAsked = resume || windowRows !== undefined;
  if (isAsked && !isRowFormat(formatOfExtension(extname(path)))) throw noWindows(path);
  if (windowRows !== undefined) return true;
  return resume && (await readJournal(await partPathsOf(path))) !== null;
}

/**
 * Restores a file window by window; null where it cannot be: its format or that of the output is not read and written
 * row by row, or the method needs whole frames. Rejects as `restoreFile`.
 * @param opened the same image, where it is open and not yet read; null: it is opened
 */
export async function restoreByWindows<Report extends FrameReport>(
  restoration: Restoration<Report>,
  { image, reading = {}, ...asked }: OperationInput,
  opened: ImageSource | null,
  target: SceneTarget,
  scope: Scope,
): Promise<RestoredImage<Frame, Report> | null> {
  const { signal, runtime } = scope;
  const { depths } = restoration;
  const { budgetBytes } = runtime;
  const format = formatOfExtension(extname(target.path));
  if (!isRowFormat(format)) return null;
  try {
    const source = opened ?? (await openImage(image, { ...reading, ...asked, signal, depths, budgetBytes }));
    if (!isReadByRows(source) || !restoration.windowRule(source.header)) return null;
    checkFormatHolds(target.path, format, source.header, source.metadata);
    const job = { ...target, format, source, reading: await describeReading(reading, source, signal) };
    const { size, metadata, report } = await restoreScene(restoration, job, scope);
    return new RestoredImage<Frame, Report>(size as Frame, metadata, report);
  } catch (error) {
    signal.throwIfAborted();
    throw toPerifocalError(error);
  }
}

const isReadByRows = ({ format }: ImageSource): boolean => format === 'tiff' || format === 'fits';

/** The error where windows were asked for and cannot be. */
export function noWindows(output: string): ArgumentError {
  return new ArgumentError(
    `${output} cannot be restored by windows: that takes a TIFF or FITS, and writes one of them`,
  );
}

/** Options of reading as text; masks are told by what they hold, the one beside the file too. */
async function describeReading(
  { mask, valid, ...others }: ReadingOptions,
  { maskSha256 }: ImageSource,
  signal: AbortSignal,
): Promise<string> {
  const pauses = new Pauses(signal);
  const isPixels = typeof mask === 'object' && !(mask instanceof Uint8Array);
  const planes = {
    maskSha256,
    mask: isPixels ? [mask.width, mask.channels, mask.alpha, await digestOf([mask.data], pauses)] : null,
    valid: valid && (await digestOf([valid], pauses)),
  };
  signal.throwIfAborted();
  return JSON.stringify({ ...others, ...planes });
}
