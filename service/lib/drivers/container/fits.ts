import type { ContainerFacts, FileParts } from './bytes.js';

const BLOCK_BYTES = 2880;
const CARD_BYTES = 80;
const MOST_HEADER_BLOCKS = 1000;
const MOST_UNITS = 1000;

/** The cards of one header that say how long its data are. */
type Cards = ReadonlyMap<string, number>;

/** Every header is whole, and its data with what fills up their last block. */
export async function checkFits(parts: FileParts): Promise<ContainerFacts> {
  let facts: ContainerFacts = { mime: 'image/fits', width: null, height: null };
  for (let position = 0, unit = 0; unit < MOST_UNITS && position < parts.sizeBytes; unit += 1) {
    const { cards, end } = await readHeader(parts, position);
    const axes = Array.from({ length: cards.get('NAXIS') ?? 0 }, (_, i) => cards.get(`NAXIS${i + 1}`) ?? 0);
    if (facts.width === null && axes.length >= 2) facts = { ...facts, width: axes[0]!, height: axes[1]! };
    position = end + Math.ceil(dataBytes(cards, axes) / BLOCK_BYTES) * BLOCK_BYTES;
    parts.require(position);
  }
  return facts;
}

async function readHeader(parts: FileParts, start: number): Promise<{ readonly cards: Cards; readonly end: number }> {
  const cards = new Map<string, number>();
  for (let block = 0; block < MOST_HEADER_BLOCKS; block += 1) {
    const bytes = await parts.at(start + block * BLOCK_BYTES, BLOCK_BYTES);
    const text = bytes.toString('latin1');
    for (let at = 0; at < BLOCK_BYTES; at += CARD_BYTES) {
      const keyword = text.slice(at, at + 8).trimEnd();
      if (keyword === 'END') return { cards, end: start + (block + 1) * BLOCK_BYTES };
      if (/^(BITPIX|NAXIS\d*|PCOUNT|GCOUNT)$/.test(keyword))
        cards.set(keyword, Number.parseInt(text.slice(at + 10), 10));
    }
  }
  throw new Error(`a header of the FITS has more than ${MOST_HEADER_BLOCKS} blocks`);
}

function dataBytes(cards: Cards, axes: readonly number[]): number {
  const values = axes.length === 0 ? 0 : axes.reduce((product, axis) => product * axis, 1);
  const bits = Math.abs(cards.get('BITPIX') ?? 8);
  const bytes = (bits / 8) * (cards.get('GCOUNT') ?? 1) * ((cards.get('PCOUNT') ?? 0) + values);
  if (!(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER))
    throw new Error('a header of the FITS says an impossible size');
  return bytes;
}
