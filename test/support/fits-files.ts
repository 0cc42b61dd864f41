import { numberBytes } from './kernel-files.js';

/** A card of 80 bytes. */
export function card(text: string): Buffer {
  return Buffer.from(text.padEnd(80), 'latin1');
}

/** A card with a number or a logical value (T, F) that ends in column 30. */
export function valueCard(keyword: string, value: number | string): Buffer {
  return card(`${keyword.padEnd(8)}= ${String(value).padStart(20)}`);
}

const BLOCK = 2880;
const TYPES: Readonly<Record<number, string>> = { 8: 'u1', 16: 'i2', 32: 'i4', 64: 'i8', [-32]: 'f4', [-64]: 'f8' };

/** One header and its data. */
export interface HduParts {
  readonly bitpix: number;
  readonly axes: readonly number[];
  /** The numbers of the array, the first axis fastest. */
  readonly numbers: readonly (number | bigint)[];
  /** Cards behind those of the array. */
  readonly cards?: readonly Buffer[];
  /** The extension's type; none: a primary header. */
  readonly extension?: string;
}

/** Header and data by the rules of FITS 4.0, filled up to blocks of 2880 bytes. */
export function hduBytes({ bitpix, axes, numbers, cards = [], extension }: HduParts): Buffer {
  const first = extension === undefined ? valueCard('SIMPLE', 'T') : card(`XTENSION= '${extension.padEnd(8)}'`);
  const counts = extension === undefined ? [] : [valueCard('PCOUNT', 0), valueCard('GCOUNT', 1)];
  const header = Buffer.concat([
    first,
    valueCard('BITPIX', bitpix),
    valueCard('NAXIS', axes.length),
    ...axes.map((length, axis) => valueCard(`NAXIS${axis + 1}`, length)),
    ...counts,
    ...cards,
    card('END'),
  ]);
  return Buffer.concat([filled(header, ' '), filled(numberBytes(TYPES[bitpix]!, numbers, false), '\0')]);
}

function filled(bytes: Buffer, by: string): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK, by)]);
}

/** A file of several headers. */
export function fitsFile(...hdus: readonly HduParts[]): Buffer {
  return Buffer.concat(hdus.map(hduBytes));
}

/** The cards of the first header, END and what fills it up left out. */
export function cardsOf(file: Buffer): string[] {
  const cards: string[] = [];
  for (let at = 0; ; at += 80) {
    const text = file.toString('latin1', at, at + 80);
    if (text.startsWith('END     ')) return cards;
    cards.push(text);
  }
}

/** The sum of words of 32 bits in ones' complement (FITS 4.0, appendix J), which is all ones for a checked HDU. */
export function onesSum(bytes: Buffer): bigint {
  let sum = 0n;
  for (let at = 0; at < bytes.length; at += 4) sum += BigInt(bytes.readUInt32BE(at));
  while (sum >> 32n) sum = (sum & 0xffffffffn) + (sum >> 32n);
  return sum;
}
