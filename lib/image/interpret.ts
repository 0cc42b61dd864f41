import { Pauses } from '../runtime/pauses.js';
import { warnOfNegatives } from './black.js';
import { warnOfBright } from './bright.js';
import { sizeOf } from './frame.js';
import type { AnyFrame } from './frame.js';
import type { Masks } from './missing/masks.js';
import { MOST_LIGHT, MOST_WHITES, findValid } from './missing/valid.js';
import { typeScale } from './samples.js';
import type { OpenImageOptions, SourceFrame } from './source.js';
import type { RowWindow, StoredImage } from './stored.js';
import { checkStated, findLargest, findWhite } from './white.js';
import type { KnownWhite } from './white.js';

/** How the samples of an image are to be understood. */
export interface Interpretation {
  /** Its header says what the options say of it. */
  readonly stored: StoredImage;
  readonly masks: Masks;
  /** Value of missing samples; null: none. */
  readonly nodata: number | null;
  /** Whether pixels may be missing. */
  readonly isMasked: boolean;
  readonly options: Pick<OpenImageOptions, 'white' | 'findsWhite'>;
  /** What is white, where it is known before the samples are. */
  readonly known?: KnownWhite;
}

/** Said of a picture, after its name. */
const NOTHING_THERE = 'all of its pixels are missing: nothing was measured in it';

/** Rows as they were read, with what is white in them, and which of their pixels are there. */
export async function interpretRows(
  { data }: AnyFrame,
  rows: RowWindow,
  { stored, masks, nodata, isMasked, options, known }: Interpretation,
  signal: AbortSignal,
): Promise<SourceFrame> {
  const pauses = new Pauses(signal);
  const frame = { ...stored.header, height: rows.count, data } as AnyFrame;
  const { planes, own: mask } = await masks.read(rows, signal);
  const signs = { nodata, planes, mostLight: MOST_LIGHT };
  const plane = new Uint8Array(isMasked ? frame.width * frame.height : 0);
  let found = await findValid(frame, signs, pauses, plane);
  const isWhole = rows.count === stored.header.height;
  const read = { frame, valid: found.valid, isWhole, isFile: stored.format !== null };
  const { whiteFrom, white } = known ?? (await chooseWhite(read, options, pauses));
  const mostLight = Math.min(MOST_LIGHT, MOST_WHITES * white);
  if (frame.depth === 32) found = await findValid(frame, { ...signs, mostLight }, pauses, plane);
  const result = { ...sizeOf(frame), white, data } as AnyFrame;
  const isEmpty = isWhole && found.missingPixels === frame.width * frame.height;
  const warnings = [
    ...(isEmpty ? [NOTHING_THERE] : []),
    ...(await warnOfNegatives(result, found.valid, pauses)),
    ...(whiteFrom === 'given' ? await warnOfBright(result, found.valid, pauses) : []),
  ];
  return { frame: result, isJpeg: stored.format === 'jpeg', ...found, whiteFrom, nodata, mask, warnings };
}

/** Samples that were read: of a file or not, and of all rows or some. */
interface ReadSamples {
  readonly frame: AnyFrame;
  readonly valid: Uint8Array | null;
  readonly isWhole: boolean;
  readonly isFile: boolean;
}

async function chooseWhite(
  { frame, valid, isWhole, isFile }: ReadSamples,
  { white, findsWhite = true }: Interpretation['options'],
  pauses: Pauses,
): Promise<KnownWhite> {
  if (typeof white === 'number') return { white, whiteFrom: 'given' };
  const { white: stated } = frame;
  // Pixels in memory come with what their owner knows; what is in a file may have been said of other samples.
  if (stated !== undefined && isFile && isWhole && findsWhite) return await checkStated(stated, frame, valid, pauses);
  if (stated !== undefined) return { white: stated, whiteFrom: 'file' };
  if (isWhole && !findsWhite && frame.depth === 32) return await findLargest(frame, valid, pauses);
  if (!isWhole || !findsWhite) return { white: typeScale(frame), whiteFrom: 'type' };
  return await findWhite(frame, valid, pauses);
}
