import type { AnyFrameSize } from '../frame.js';
import { isStorage } from './cards.js';
import { CHECKSUMS, makeChecksumCard } from './checksum.js';
import { CARD_BYTES, FitsHeader, cardValue, isEnd, keywordOf, makeCard, toBlocks } from './header.js';

/**
 * A header of one image, filled up to whole blocks. Cards are kept as they are and in their order, but for those that
 * say how samples are stored. Where there were checksums, cards for them have no sums yet.
 * @param nodata the sample that stands for a missing one, which integers say as BLANK
 */
export function encodeHeader(size: AnyFrameSize, given: readonly Buffer[], nodata: number | null): Buffer {
  const cards = given.filter((card) => card.length === CARD_BYTES && !isEnd(card));
  const old = new FitsHeader(cards);
  const shape = shapeCards(size).map((card) => asBefore(card, old));
  const scaling = new Map(scalingCards(size, nodata).map((card) => [keywordOf(card), asBefore(card, old)]));
  // Where there was a card with this keyword its successor takes its place.
  const kept: Buffer[] = [];
  for (const card of cards) {
    const keyword = keywordOf(card);
    const successor = scaling.get(keyword);
    scaling.delete(keyword);
    if (successor) kept.push(successor);
    else if (CHECKSUMS.includes(keyword)) kept.push(makeChecksumCard(keyword));
    else if (!isStorage(keyword)) kept.push(card);
  }
  const end = Buffer.from('END'.padEnd(CARD_BYTES), 'latin1');
  const header = Buffer.concat([...shape, ...scaling.values(), ...kept, end]);
  return Buffer.concat([header, Buffer.alloc(toBlocks(header.length) - header.length, ' ')]);
}

/** Type and lengths of the array, in the order that the standard prescribes. */
function shapeCards({ width, height, channels, depth }: AnyFrameSize): Buffer[] {
  return [
    makeCard('SIMPLE', true, 'conforms to FITS standard'),
    makeCard('BITPIX', depth === 32 ? -32 : depth, depth === 32 ? 'floats' : `integers of ${depth} bits`),
    makeCard('NAXIS', channels > 1 ? 3 : 2, 'number of axes'),
    makeCard('NAXIS1', width, 'columns'),
    makeCard('NAXIS2', height, 'rows'),
    ...(channels > 1 ? [makeCard('NAXIS3', channels, 'bands')] : []),
  ];
}

/** How numbers become samples. */
function scalingCards({ depth }: AnyFrameSize, nodata: number | null): Buffer[] {
  if (depth === 32) return [];
  const blank = nodata === null ? [] : [makeCard('BLANK', nodata - zeroOf(depth), 'number of missing samples')];
  if (depth === 8) return blank;
  return [
    makeCard('BSCALE', 1, 'value = BZERO + BSCALE x number'),
    makeCard('BZERO', zeroOf(16), 'unsigned'),
    ...blank,
  ];
}

/** What the stored number of a sample of 0 lacks: samples of 16 bits are stored as numbers with a sign. */
export const zeroOf = (depth: number): number => (depth === 16 ? 32_768 : 0);

/** The card as it was before, where it says the same. */
function asBefore(card: Buffer, old: FitsHeader): Buffer {
  const keyword = keywordOf(card);
  if (old.value(keyword) !== cardValue(card)) return card;
  return old.cards.find((one) => keywordOf(one) === keyword) ?? card;
}
