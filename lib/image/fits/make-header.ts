import { rgbBands } from '../planes.js';
import { INTEGER_RANGES } from '../integers.js';
import { isStorage } from './cards.js';
import { CHECKSUMS, makeChecksumCard } from './checksum.js';
import { CARD_BYTES, FitsHeader, cardValue, isEnd, keywordOf, makeCard, toBlocks } from './header.js';
import { FITS_STORAGES, FITS_TYPE_OF_DEPTH } from './types.js';
import type { FitsStorage } from './types.js';
import type { FitsDescription } from './write-fits.js';

/**
 * A header of one image, filled up to whole blocks. Cards are kept as they are and in their order, but for those that
 * say how samples are stored. Where there were checksums, cards for them have no sums yet.
 */
export function encodeHeader(picture: FitsDescription): Buffer {
  const cards = picture.cards.filter((card) => card.length === CARD_BYTES && !isEnd(card));
  const old = new FitsHeader(cards);
  const shape = shapeCards(picture, old).map((card) => asBefore(card, old));
  const scaling = new Map(scalingCards(picture, old).map((card) => [keywordOf(card), asBefore(card, old)]));
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

/** What axes are, for people. */
const AXES = ['columns', 'rows', 'bands'];

/** Type and lengths of the array, in the order that the standard prescribes. */
function shapeCards(picture: FitsDescription, old: FitsHeader): Buffer[] {
  const { width, height, channels } = picture.size;
  const { bitpix, name } = storageOf(picture);
  const axes = [width, height, ...(channels > 1 ? [channels] : [])];
  // Coordinates may speak of axes of length 1.
  const count = Number(old.value('NAXIS') ?? 0);
  while (axes.length < count && old.value(`NAXIS${axes.length + 1}`) === 1) axes.push(1);
  return [
    makeCard('SIMPLE', true, 'conforms to FITS standard'),
    makeCard('BITPIX', bitpix, name),
    makeCard('NAXIS', axes.length, 'number of axes'),
    ...axes.map((length, axis) => makeCard(`NAXIS${axis + 1}`, length, AXES[axis] ?? 'of no extent')),
  ];
}

/** How the samples of a picture are stored. */
export function storageOf({ size, rule }: Pick<FitsDescription, 'size' | 'rule'>): FitsStorage {
  return FITS_STORAGES[rule?.type ?? FITS_TYPE_OF_DEPTH[size.depth]];
}

/** How numbers become samples, and what the third axis is. */
function scalingCards(picture: FitsDescription, old: FitsHeader): Buffer[] {
  const { bitpix, zero } = storageOf(picture);
  const isColour = picture.size.channels === 3 && String(rgbBands(picture.size)) === '0,1,2';
  const colours = isColour && old.value('CTYPE3') === undefined ? [makeCard('CTYPE3', 'RGB', 'red, green, blue')] : [];
  if (bitpix < 0) return colours;
  const blank = blankOf(picture, old);
  const isScaled = zero !== 0 || old.value('BZERO') === 0;
  return [
    ...(isScaled
      ? [makeCard('BSCALE', 1, 'value = BZERO + BSCALE x number'), makeCard('BZERO', zero, 'zero of the samples')]
      : []),
    ...(blank === null ? [] : [makeCard('BLANK', blank, 'number of missing samples')]),
    ...colours,
  ];
}

/** The number of missing samples. One that no sample of the file has stays, too. */
function blankOf(picture: FitsDescription, old: FitsHeader): number | null {
  const { nodata, rule, size } = picture;
  if (nodata !== null) return nodata - storageOf(picture).zero;
  const before = old.value('BLANK');
  if (rule?.type !== 'int16' || size.depth !== 16 || typeof before !== 'number') return null;
  return Number.isInteger(before) && before < 0 && before >= INTEGER_RANGES.int16[0] ? before : null;
}

/** The card as it was before, where it says the same. */
function asBefore(card: Buffer, old: FitsHeader): Buffer {
  const keyword = keywordOf(card);
  if (old.value(keyword) !== cardValue(card)) return card;
  return old.cards.find((one) => keywordOf(one) === keyword) ?? card;
}
