import { CARD_BYTES, keywordOf } from './header.js';

/** Keywords of the sums (FITS 4.0, section 4.4.2.7). */
export const CHECKSUMS: readonly string[] = ['CHECKSUM', 'DATASUM'];

const UNKNOWN = '0'.repeat(16);
/** Where the text of a card's value begins. */
const TEXT_AT = 11;
/** The sum of so many words is exact. */
const CHUNK_WORDS = 2 ** 18;
/** Signs between digits and letters, and between capitals and small letters, are not used. */
const isExcluded = (code: number): boolean => (code >= 0x3a && code <= 0x40) || (code >= 0x5b && code <= 0x60);

/** A card for a sum that is not known yet: it counts as if it had zeros. */
export function makeChecksumCard(keyword: string): Buffer {
  const what = keyword === 'DATASUM' ? 'sum of the data' : 'sum of header and data';
  const line = `${keyword.padEnd(8)}= '${UNKNOWN}'   / ${what}, ones complement`;
  return Buffer.from(line.padEnd(CARD_BYTES), 'latin1');
}

/** Whether a header has cards for sums. */
export function hasChecksums(header: Buffer): boolean {
  for (let at = 0; at < header.length; at += CARD_BYTES)
    if (CHECKSUMS.includes(keywordOf(header.subarray(at, at + CARD_BYTES)))) return true;
  return false;
}

/** Fills in the sums in a header that has cards for them (FITS 4.0, appendix J). @param dataSum of all its data */
export function fillChecksums(header: Buffer, dataSum: number): void {
  setText(header, 'DATASUM', String(dataSum).padEnd(UNKNOWN.length));
  const sum = addWords(header, dataSum, 0);
  setText(header, 'CHECKSUM', encodeSum(2 ** 32 - 1 - sum));
}

/**
 * Adds words of 32 bits in ones' complement: what overflows is added at the bottom.
 * @param offset of the first byte in its word: where it is not 0, or the last word is not whole, others have the rest
 */
export function addWords(bytes: Buffer, start: number, offset: number): number {
  const first = Math.min(bytes.length, (4 - offset) % 4);
  const last = bytes.length - ((bytes.length - first) % 4);
  let sum = start;
  for (let at = 0; at < first; at += 1) sum += bytes[at]! * 256 ** (3 - offset - at);
  for (let at = last; at < bytes.length; at += 1) sum += bytes[at]! * 256 ** (3 + last - at);
  for (let at = first; at < last; ) {
    const end = Math.min(last, at + 4 * CHUNK_WORDS);
    for (; at < end; at += 4) sum += bytes.readUInt32BE(at);
    sum = carry(sum);
  }
  return carry(sum);
}

/** Adds what is beyond 32 bits at the bottom. */
function carry(sum: number): number {
  const carried = (sum % 2 ** 32) + Math.floor(sum / 2 ** 32);
  return carried >= 2 ** 32 ? carried + 1 - 2 ** 32 : carried;
}

/** Four letters and digits for each byte, which add up to it and are rotated to where words begin. */
function encodeSum(sum: number): string {
  const codes = new Array<number>(UNKNOWN.length);
  for (let byte = 0; byte < 4; byte += 1) {
    const value = Math.floor(sum / 2 ** (24 - 8 * byte)) % 256;
    const parts = [0, 1, 2, 3].map((part) => Math.floor(value / 4) + 0x30 + (part === 0 ? value % 4 : 0));
    while (parts.some(isExcluded)) {
      for (const [a, b] of [
        [0, 1],
        [2, 3],
      ] as const) {
        if (!isExcluded(parts[a]!) && !isExcluded(parts[b]!)) continue;
        parts[a]! += 1;
        parts[b]! -= 1;
      }
    }
    parts.forEach((code, part) => {
      codes[(4 * part + byte + 1) % UNKNOWN.length] = code;
    });
  }
  return String.fromCharCode(...codes);
}

/** Writes the text of the first card with that keyword. */
function setText(header: Buffer, keyword: string, text: string): void {
  for (let at = 0; at < header.length; at += CARD_BYTES) {
    if (keywordOf(header.subarray(at, at + CARD_BYTES)) !== keyword) continue;
    header.write(text, at + TEXT_AT, 'latin1');
    return;
  }
}
