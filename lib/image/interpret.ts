import { Pauses } from '../runtime/pauses.js';
import { warnOfNegatives } from './black.js';
import { warnOfBright } from './bright.js';
import { sizeOf } from './frame.js';
import type { AnyFrame } from './frame.js';
import type { Masks } from './missing/masks.js';
import { MOST_LIGHT, MOST_WHITES, findValid } from './missing/valid.js';
import type { OpenImageOptions, SourceFrame } from './source.js';
import type { RowWindow, StoredImage } from './stored.js';
import { findLargest, findWhite, whiteOfHeader } from './white.js';
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
  /** What is white; null: the samples tell. */
  readonly known: KnownWhite | null;
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
  const { whiteFrom, white } = known ?? (await measureWhite(frame, found.valid, options, pauses));
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

/** What is white, where no sample tells; null: they tell. */
export function whiteUnread(
  { header, format }: StoredImage,
  { white, findsWhite = true }: Interpretation['options'],
): KnownWhite | null {
  if (typeof white === 'number') return { white, whiteFrom: 'given' };
  const { depth, white: stated } = header;
  // Pixels in memory come with what their owner knows; what is in a file may have been said of other samples.
  const isDoubtful = stated === undefined || format !== null;
  const tell = findsWhite ? depth !== 8 && isDoubtful : depth === 32 && stated === undefined;
  return tell ? null : whiteOfHeader(header);
}

async function measureWhite(
  frame: AnyFrame,
  valid: Uint8Array | null,
  { findsWhite = true }: Interpretation['options'],
  pauses: Pauses,
): Promise<KnownWhite> {
  return findsWhite ? await findWhite(frame, valid, pauses) : await findLargest(frame, valid, pauses);
}
