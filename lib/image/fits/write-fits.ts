import { Pauses } from '../../runtime/pauses.js';
import type { AnyFrame, AnyFrameSize } from '../frame.js';
import { isStorage } from './cards.js';
import { CHECKSUMS, addChecksums, makeChecksumCard } from './checksum.js';
import { BLOCK_BYTES, CARD_BYTES, FitsHeader, isEnd, keywordOf, makeCard, toBlocks, cardValue } from './header.js';

/** Samples that are turned at a time. */
const CHUNK_SAMPLES = 2 ** 18;

/**
 * A FITS file with one image, as parts to be written one after the other. Cards are kept as they are and in their
 * order, but for those that say how samples are stored. Checksums are made anew where there were any. Rejects with the
 * signal's reason.
 * @param nodata the sample that stands for a missing one, which integers say as BLANK
 */
export async function encodeFits(
  frame: AnyFrame,
  cards: readonly Buffer[],
  nodata: number | null,
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const pauses = new Pauses(signal);
  const data = await encodeData(frame, pauses);
  const wholeCards = cards.filter((card) => card.length === CARD_BYTES && !isEnd(card));
  const header = encodeHeader(frame, wholeCards, nodata);
  if (wholeCards.some((card) => CHECKSUMS.includes(keywordOf(card)))) await addChecksums(header, data, pauses);
  return [header, data];
}

/** The header, filled up to whole blocks. */
function encodeHeader(size: AnyFrameSize, cards: readonly Buffer[], nodata: number | null): Buffer {
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

/** Samples of 16 bits are stored as numbers with a sign. */
const zeroOf = (depth: number): number => (depth === 16 ? 32_768 : 0);

/** The card as it was before, where it says the same. */
function asBefore(card: Buffer, old: FitsHeader): Buffer {
  const keyword = keywordOf(card);
  if (old.value(keyword) !== cardValue(card)) return card;
  return old.cards.find((one) => keywordOf(one) === keyword) ?? card;
}

/** Band after band, big-endian, filled up to whole blocks. */
async function encodeData(frame: AnyFrame, pauses: Pauses): Promise<Buffer> {
  const { width, height, channels, depth, data } = frame;
  const size = depth / 8;
  const bytes = Buffer.alloc(toBlocks(data.length * size));
  const zero = zeroOf(depth);
  const target = arrayOver(bytes, depth, data.length);
  const pixels = width * height;
  for (let band = 0; band < channels; band += 1) {
    for (let start = 0; start < pixels; start += CHUNK_SAMPLES) {
      if (pauses.isDue) await pauses.take();
      const end = Math.min(pixels, start + CHUNK_SAMPLES);
      for (let pixel = start; pixel < end; pixel += 1)
        target[band * pixels + pixel] = data[pixel * channels + band]! - zero;
      const part = bytes.subarray((band * pixels + start) * size, (band * pixels + end) * size);
      if (size === 2) part.swap16();
      else if (size === 4) part.swap32();
    }
  }
  return bytes;
}

function arrayOver(bytes: Buffer, depth: number, length: number): Uint8Array | Int16Array | Float32Array {
  const buffer = bytes.buffer as ArrayBuffer;
  if (depth === 8) return new Uint8Array(buffer, bytes.byteOffset, length);
  return depth === 16
    ? new Int16Array(buffer, bytes.byteOffset, length)
    : new Float32Array(buffer, bytes.byteOffset, length);
}

/** Most bytes that writing takes beside the frame: the file. */
export function fitsFileBytes({ width, height, channels, depth }: AnyFrameSize): number {
  return toBlocks(width * height * channels * (depth / 8)) + BLOCK_BYTES;
}
