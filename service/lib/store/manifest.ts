import { LEVELS, STATES } from '../capture/capture.js';
import type { Capture, StoredFile } from '../capture/capture.js';
import { checkId } from '../capture/request.js';
import { OWN_NAME } from './layout.js';
import { openSealedJson, sealJson } from './sealed-json.js';

/** Version of the store: a service opens stores of this version, and older ones. */
export const STORE_VERSION = 1;
/** The last moment that a Date can have. */
const LATEST = 8.64e15;
/** Longest manifest: a report of 64 KiB, a request of 16 KiB, and what is around them. */
export const MOST_MANIFEST_BYTES = 256 * 1024;

/** A capture as its folder tells it: the truth from which the database can be made anew. */
export interface Manifest {
  /** With its report. */
  readonly capture: Capture;
  /** The newest event when it was written: a database that is made anew begins above the highest of these. */
  readonly lastSeq: number;
}

/** The bytes of `manifest.json` or `acquired.json`. */
export const encodeManifest = ({ capture, lastSeq }: Manifest): Uint8Array =>
  sealJson({ version: STORE_VERSION, capture, lastSeq });

/** What the bytes say, or null where a single bit is not as it was written. */
export function decodeManifest(bytes: Uint8Array): Manifest | null {
  const content = openSealedJson(bytes);
  if (content?.version !== STORE_VERSION || !isCount(content.lastSeq)) return null;
  return isCapture(content.capture) ? { capture: content.capture, lastSeq: content.lastSeq } : null;
}

/** Whether a value from a file is a capture, as far as the store relies on it. */
export function isCapture(value: unknown): value is Capture {
  if (!isObject(value) || !isObject(value.request)) return false;
  const { id, order, app, state, createdAt, times, level, raw, product, thumbnail } = value as Partial<Capture>;
  if (!isCount(order) || !isCount(createdAt) || createdAt > LATEST || typeof app !== 'string') return false;
  if (!STATES.includes(state!) || (level !== null && !LEVELS.includes(level!))) return false;
  if (!isObject(times) || !isCount(times.created) || !(times.ended === null || isCount(times.ended))) return false;
  return isId(id) && [raw, product, thumbnail].every((file) => file === null || isStoredFile(file));
}

function isId(value: unknown): boolean {
  try {
    return checkId(value) === value;
  } catch {
    return false;
  }
}

/** Its name leads nowhere but into the capture's own folder. */
function isStoredFile(value: unknown): value is StoredFile {
  if (!isObject(value)) return false;
  const { name, bytes, sha256, mime, present } = value as Partial<StoredFile>;
  if (typeof name !== 'string' || !OWN_NAME.test(name) || typeof sha256 !== 'string') return false;
  return isCount(bytes) && typeof mime === 'string' && typeof present === 'boolean';
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
