import { crc32c } from './crc32c.js';

/** A row as SQLite gives it back: nothing of it can be trusted, types neither. */
export interface RawRow {
  readonly key: unknown;
  readonly body: unknown;
  readonly crc: unknown;
  readonly copy: unknown;
}

/** What a row says, and whether it has to be written again. */
export interface VerifiedRow {
  readonly body: Uint8Array | null;
  readonly healed: boolean;
}

/**
 * Whichever copy is whole. A row that differs in a single bit from what was written is always noticed, and always
 * healed: one copy has the right checksum, or both copies are equal and the checksum is what was hit.
 */
export function verifyRow(row: RawRow): VerifiedRow {
  const { body, crc, copy } = row;
  const first = isBytes(body) && crc32c(body) === crc ? body : null;
  const second = isBytes(copy) && crc32c(copy) === crc ? copy : null;
  if (first && second) return { body: first, healed: false };
  if (first || second) return { body: first ?? second, healed: true };
  if (isBytes(body) && isBytes(copy) && Buffer.compare(body, copy) === 0) return { body, healed: true };
  return { body: null, healed: false };
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
