import { createHash } from 'node:crypto';
import type { WrittenRows } from '../../image/row-writer.js';
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

/** What is known of a part of an output. */
export interface Journal {
  readonly identity: SceneIdentity;
  /** Rows that each window gives. */
  readonly rows: number;
  /** Missing pixels in the rows that are written. */
  readonly missingPixels: number;
  readonly written: WrittenRows;
  /** Digests of the rows of each window that was written, where they are read back; null: nobody took it. */
  readonly digests?: readonly (string | null)[];
}

const NAMES: Readonly<Record<keyof SceneIdentity, string>> = {
  input: 'another input',
  reading: 'other options of reading or writing (nodata, mask, white, page, bands, cog, tile size)',
  restoration: 'another model or other options',
  version: 'another version of perifocal',
};

/** Text of any length as one of fixed length. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The identity of a scene. */
export function identify(input: string | null, reading: string, restoration: string): SceneIdentity {
  return { input, reading: digest(reading), restoration: digest(restoration), version: VERSION };
}

/** The text of a journal. */
export const formatJournal = (journal: Journal): string => `${JSON.stringify(journal)}\n`;

/**
 * Reads a journal that must be of one of these identities, which differ in how they are written. Throws ArgumentError.
 * @param output for messages
 */
export function parseJournal(text: string, identities: readonly SceneIdentity[], output: string): Journal {
  const journal = parse(text);
  if (!journal)
    throw new ArgumentError(`Cannot go on with ${output}.part: ${output}.resume.json is damaged; remove both`);
  const identity = identities.find(({ reading }) => reading === journal.identity.reading) ?? identities[0]!;
  for (const key of Object.keys(NAMES) as (keyof SceneIdentity)[])
    if (journal.identity[key] !== identity[key])
      throw new ArgumentError(
        `Cannot go on with ${output}.part: it was made with ${NAMES[key]}; remove it to start anew`,
      );
  return journal;
}

function parse(text: string): Journal | null {
  try {
    const journal = JSON.parse(text) as Journal;
    const { rows, missingPixels, written, digests = [] } = journal;
    const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
    const isSound = isCount(missingPixels) && isCount(written.nextRow) && isCount(written.position);
    if (!Array.isArray(digests) || !digests.every((one) => one === null || typeof one === 'string')) return null;
    return isSound && isCount(rows) && rows > 0 && typeof journal.identity === 'object' ? journal : null;
  } catch {
    return null;
  }
}
