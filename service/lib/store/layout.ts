import { join } from 'node:path';
import type { Capture, OutputFormat } from '../capture/capture.js';
import { EXTENSIONS, formatOf } from '../capture/formats.js';

/**
 *     format                       which version has written the store
 *     lock, catalogue-000001.db    SQLite
 *     reserve                      room that is given up when the disk is full
 *     inbox/<uuid>                 frames that cameras are writing
 *     quarantine/                  what recovery found and nobody knows
 *     2026/11/29/<uuid>/           by the day of the request:
 *       raw.jpg, acquired.json     as the camera delivered it, and what it is
 *       restored.png, thumbnail.jpg   or restored.2.png, once made anew
 *       manifest.json              last
 */
export const FORMAT_NAME = 'format';
export const RESERVE = 'reserve';
export const INBOX = 'inbox';
export const QUARANTINE = 'quarantine';
export const ACQUIRED = 'acquired.json';
export const MANIFEST = 'manifest.json';
/** Of a file that is not whole yet. */
export const UNFINISHED = '.tmp';

/** Names that the store gives to files of a capture; anything else there is a stranger's. */
const OWN = String.raw`raw\.[a-z0-9]+|restored(\.\d+)?\.[a-z]+|thumbnail(\.\d+)?\.jpg|(acquired|manifest)\.json`;
export const OWN_NAME = new RegExp(String.raw`^(draft-\d+\.)?(${OWN})(\.\d+\.tmp)?$`);
/** What the library writes while it makes a product: a crash may leave it. */
export const LIBRARY_NAME = /^\.[0-9a-f]{16}\.tmp$/;
export const YEAR = /^\d{4,6}$/;
export const TWO_DIGITS = /^\d\d$/;

/** What is made anew has the number of the restoration in its name: the old one stays beside it until it is durable. */
const numbered = (repair: number | null): string => (repair === null ? '' : `.${repair}`);
export const productName = (format: OutputFormat, repair: number | null = null): string =>
  `restored${numbered(repair)}.${EXTENSIONS[format]}`;
export const thumbnailName = (repair: number | null = null): string => `thumbnail${numbered(repair)}.jpg`;
/** A product that is being made: its name ends as its format wants. */
export const draftName = (restoration: number, name: string): string => `draft-${restoration}.${name}`;
export function rawName(mime: string): string {
  const format = mime === 'application/fits' ? 'fits' : formatOf(mime);
  return `raw.${format === null ? 'bin' : EXTENSIONS[format]}`;
}

/** The folders of a capture below the store's, outermost first: year, month, day, id. */
export function folderParts({ id, createdAt }: Pick<Capture, 'id' | 'createdAt'>): string[] {
  const day = new Date(createdAt).toISOString().split('T')[0]!;
  // Years beyond 9999 have a sign.
  const [date, month, year] = day.split('-').reverse();
  return [year!.replace('+', ''), month!, date!, id];
}

export const folderOf = (store: string, capture: Pick<Capture, 'id' | 'createdAt'>): string =>
  join(store, ...folderParts(capture));
