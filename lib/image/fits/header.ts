/** Bytes of a card, one line of a header (FITS 4.0, section 3.2). */
export const CARD_BYTES = 80;
/** Headers and data come in blocks of so many bytes (section 3.1). */
export const BLOCK_BYTES = 2880;

/** How a FITS file begins. */
const BEGINNING = 'SIMPLE  =';

/** Whether a file begins as FITS does. */
export function isFits(file: Buffer): boolean {
  return file.toString('latin1', 0, BEGINNING.length) === BEGINNING;
}

/** Bytes rounded up to whole blocks. */
export const toBlocks = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;

/** The value of a card. */
export type CardValue = string | number | boolean;

const END = 'END'.padEnd(8);
const KEYWORD_BYTES = 8;
/** A value follows. */
const INDICATOR = '= ';
/** Text in quotes, in which two quotes are one. */
const TEXT = /^\s*'((?:[^']|'')*)'/;
const LOGICAL = /^\s*([TF])\s*(?:\/|$)/;
/** Exponents may be marked by D. */
const NUMBER = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[ED][+-]?\d+)?)\s*(?:\/|$)/i;

/** The keyword of a card, without spaces behind it. */
export function keywordOf(card: Buffer): string {
  return card.toString('latin1', 0, KEYWORD_BYTES).trimEnd();
}

/** Whether a card ends its header. */
export function isEnd(card: Buffer): boolean {
  return card.toString('latin1', 0, KEYWORD_BYTES) === END;
}

/** The value of a card; undefined where it has none, or one that is no text, number or logical value. */
export function cardValue(card: Buffer): CardValue | undefined {
  if (card.toString('latin1', KEYWORD_BYTES, KEYWORD_BYTES + 2) !== INDICATOR) return undefined;
  const field = card.toString('latin1', KEYWORD_BYTES + 2);
  const text = TEXT.exec(field)?.[1];
  if (text !== undefined) return text.replaceAll("''", "'").trimEnd();
  const logical = LOGICAL.exec(field)?.[1];
  if (logical !== undefined) return logical === 'T';
  const number = NUMBER.exec(field)?.[1];
  return number === undefined ? undefined : Number(number.replace(/d/i, 'E'));
}

/** A header: its cards without END, byte for byte, and the first value of each keyword. */
export class FitsHeader {
  readonly cards: readonly Buffer[];
  readonly #values = new Map<string, CardValue>();

  constructor(cards: readonly Buffer[]) {
    this.cards = cards;
    for (const card of cards) {
      const [keyword, value] = [keywordOf(card), cardValue(card)];
      if (value !== undefined && !this.#values.has(keyword)) this.#values.set(keyword, value);
    }
  }

  value(keyword: string): CardValue | undefined {
    return this.#values.get(keyword);
  }

  /** A number; the default where there is none. */
  number(keyword: string, fallback: number): number {
    const value = this.#values.get(keyword);
    return typeof value === 'number' ? value : fallback;
  }
}

/** A card with a value at its fixed place: a number or logical value ends in column 30, a text begins in column 11. */
export function makeCard(keyword: string, value: CardValue, comment: string): Buffer {
  const line = `${keyword.padEnd(KEYWORD_BYTES)}${INDICATOR}${valueText(value)} / ${comment}`;
  return Buffer.from(line.padEnd(CARD_BYTES).slice(0, CARD_BYTES), 'latin1');
}

function valueText(value: CardValue): string {
  if (typeof value === 'string') return `'${value.padEnd(KEYWORD_BYTES)}'`.padEnd(20);
  return (typeof value === 'boolean' ? (value ? 'T' : 'F') : String(value)).padStart(20);
}
