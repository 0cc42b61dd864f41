import { createHash } from 'node:crypto';
import type { PartPaths } from '../../files/part-file.js';
import { rowStateBytes, writtenBefore } from '../../image/row-writer.js';
import type { RowMark, RowPicture, WrittenRows } from '../../image/row-writer.js';
import type { Seal } from '../../image/seal.js';
import { ArgumentError } from '../../runtime/errors.js';
import { VERSION } from '../../runtime/version.js';

/** What a part of an output was made of: only the same may go on with it. */
export interface SceneIdentity {
  /** Hex SHA-256 of the input's file. */
  readonly input: string | null;
  /** How its samples are to be understood, and how they are written. */
  readonly reading: string;
  /** The restoration, with its model, kernels and numbers. */
  readonly restoration: string;
  /** This package's version: another may give other bytes. */
  readonly version: string;
}

/** A window that is in a part of an output. */
export interface WrittenWindow {
  /** Where its writer was after it. */
  readonly mark: RowMark;
  /** Missing pixels in its rows, and in all above. */
  readonly missingPixels: number;
  /** What was written for it. */
  readonly seal: Seal;
  /** SHA-256 of its samples, where they are read back; null: nobody took it. */
  readonly digest: string | null;
}

/** What is known of a part of an output. */
export interface Journal {
  readonly identity: SceneIdentity;
  /** Rows that each window gives. */
  readonly rows: number;
  /** From the top, at least one. */
  readonly windows: readonly WrittenWindow[];
  /** Where the writer was after the last of them. */
  readonly written: WrittenRows;
}

/** What is known of the first windows of a part; null where these are none. */
export function firstWindows(journal: Journal, count: number, picture: RowPicture): Journal | null {
  const windows = journal.windows.slice(0, count);
  const last = windows.at(-1);
  return last ? { ...journal, windows, written: writtenBefore(picture, journal.written, last.mark) } : null;
}

const NAMES: Readonly<Record<keyof SceneIdentity, string>> = {
  input: 'another input',
  reading:
    'other options of reading or writing (nodata, mask, the mask beside the input, white, page, bands, cog, tile size)',
  restoration: 'another model or other options',
  version: 'another version of perifocal',
};

/** Text of any length as one of fixed length. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The identity of a scene. */
export function identify(input: string | null, reading: string, restoration: string): SceneIdentity {
  return { input, reading: digest(reading), restoration: digest(restoration), version: VERSION };
}

/** Bytes of a window in memory and in texts, as measured, and of one of the bands that FITS seals by themselves. */
const [WINDOW_BYTES, BAND_BYTES] = [1500, 150];

/** What keeping and writing a journal takes. */
export function journalBytes(picture: RowPicture, windows: number): number {
  return windows * (WINDOW_BYTES + BAND_BYTES * picture.size.channels) + rowStateBytes(picture);
}

/** The text of a journal, by which it is told whether all of it is still there. */
export function formatJournal(journal: Journal): string {
  return `${JSON.stringify({ ...journal, sha256: digest(JSON.stringify(journal)) })}\n`;
}

/**
 * Reads a journal that must be of one of these identities, which differ in how they are written. Throws ArgumentError.
 * @param paths for messages
 */
export function parseJournal(
  text: string,
  identities: readonly SceneIdentity[],
  { part, journal: file }: PartPaths,
): Journal {
  const journal = parse(text);
  if (!journal) throw new ArgumentError(`Cannot go on with ${part}: ${file} is damaged; remove both to start anew`);
  const identity = identities.find(({ reading }) => reading === journal.identity.reading) ?? identities[0]!;
  for (const key of Object.keys(NAMES) as (keyof SceneIdentity)[])
    if (journal.identity[key] !== identity[key])
      throw new ArgumentError(
        `Cannot go on with ${part}: ${file} says that it was made with ${NAMES[key]}; ` +
          'give the same as then, or remove both to start anew',
      );
  return journal;
}

function parse(text: string): Journal | null {
  try {
    const { sha256, ...journal } = JSON.parse(text) as Journal & { readonly sha256: string };
    const { rows, windows, written, identity } = journal;
    const isSound = isCount(rows) && rows > 0 && windows.length > 0 && windows.every(isSoundWindow);
    const isAlike = written.nextRow === windows.at(-1)!.mark.nextRow && typeof identity === 'object';
    return isSound && isAlike && digest(JSON.stringify(journal)) === sha256 ? journal : null;
  } catch {
    return null;
  }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function isSoundWindow({ mark, missingPixels, seal, digest: samples }: WrittenWindow): boolean {
  const counts = [mark.nextRow, mark.position, missingPixels, ...seal.runs.flat()];
  return counts.every(isCount) && (samples === null || typeof samples === 'string');
}
