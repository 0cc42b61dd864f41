import type { ReadBytes } from '../../files/byte-source.js';
import { MAX_METADATA_BYTES, damaged, unsupported } from '../codec/inspection.js';
import { BLOCK_BYTES, CARD_BYTES, FitsHeader, isEnd, toBlocks } from './header.js';

/** What a header and its data are. */
export type HduKind = 'image' | 'compressed' | 'table' | 'other';

/** A header and the data behind it (HDU). */
export interface Hdu {
  readonly kind: HduKind;
  readonly header: FitsHeader;
  /** Lengths of the axes, the fastest first; empty without data. */
  readonly axes: readonly number[];
  readonly dataAt: number;
  readonly dataBytes: number;
}

/** Most axes (FITS 4.0, section 4.4.1). */
const MOST_AXES = 999;
const BITPIX = [8, 16, 32, 64, -32, -64];
const KINDS: Readonly<Record<string, HduKind>> = { IMAGE: 'image', TABLE: 'table', BINTABLE: 'table' };

/** Reads all headers of a file. Rejects with ImageProblem where one is damaged or data end behind the file. */
export async function readHdus(sizeBytes: number, read: ReadBytes): Promise<Hdu[]> {
  const hdus: Hdu[] = [];
  let headerBytes = 0;
  for (let at = 0; at + BLOCK_BYTES <= sizeBytes || at === 0; ) {
    const name = hdus.length === 0 ? 'primary header' : `extension ${hdus.length}`;
    const header = await readHeader(sizeBytes, read, at, MAX_METADATA_BYTES - headerBytes, name);
    // What follows the last extension and is none means nothing (section 3.5).
    if (header === null) break;
    headerBytes += header.bytes;
    const hdu = describe(header.header, at + header.bytes, name);
    if (hdu.dataAt + hdu.dataBytes > sizeBytes)
      throw damaged(`data of its ${name} end at byte ${hdu.dataAt + hdu.dataBytes}, the file at ${sizeBytes}`);
    hdus.push(hdu);
    at = hdu.dataAt + toBlocks(hdu.dataBytes);
  }
  return hdus;
}

/** A header from its first block on; null where there is no extension. */
async function readHeader(
  sizeBytes: number,
  read: ReadBytes,
  start: number,
  mostBytes: number,
  name: string,
): Promise<{ readonly header: FitsHeader; readonly bytes: number } | null> {
  const cards: Buffer[] = [];
  for (let at = start; ; at += BLOCK_BYTES) {
    if (at + BLOCK_BYTES > sizeBytes) throw damaged(`its ${name} does not end; the file may have been cut`);
    if (at + BLOCK_BYTES - start > mostBytes)
      throw unsupported(`its headers have more than ${MAX_METADATA_BYTES} bytes`, 'remove cards that are not needed');
    const block = Buffer.from(await read(at, BLOCK_BYTES));
    if (at === start && start > 0 && block.toString('latin1', 0, 9) !== 'XTENSION=') return null;
    for (let card = 0; card < BLOCK_BYTES; card += CARD_BYTES) {
      const bytes = block.subarray(card, card + CARD_BYTES);
      if (isEnd(bytes)) return { header: new FitsHeader(cards), bytes: at + BLOCK_BYTES - start };
      cards.push(bytes);
    }
  }
}

function describe(header: FitsHeader, dataAt: number, name: string): Hdu {
  const bitpix = header.number('BITPIX', 0);
  if (!BITPIX.includes(bitpix))
    throw damaged(`its ${name} says BITPIX ${bitpix}, which is none of ${BITPIX.join(', ')}`);
  const count = wholeNumber(header, 'NAXIS', undefined, MOST_AXES, name);
  const axes = Array.from({ length: count }, (_, axis) =>
    wholeNumber(header, `NAXIS${axis + 1}`, undefined, Number.MAX_SAFE_INTEGER, name),
  );
  const isRandomGroups = header.value('GROUPS') === true && axes[0] === 0;
  const lengths = isRandomGroups ? axes.slice(1) : axes;
  const elements = lengths.length === 0 ? 0 : lengths.reduce((product, length) => product * length, 1);
  const [parameters, groups] = [
    wholeNumber(header, 'PCOUNT', 0, Number.MAX_SAFE_INTEGER, name),
    wholeNumber(header, 'GCOUNT', 1, Number.MAX_SAFE_INTEGER, name),
  ];
  const dataBytes = (Math.abs(bitpix) / 8) * groups * (parameters + elements);
  if (!Number.isSafeInteger(dataBytes)) throw damaged(`its ${name} says that it has ${dataBytes} bytes of data`);
  return { kind: isRandomGroups ? 'other' : kindOf(header), header, axes, dataAt, dataBytes };
}

function kindOf(header: FitsHeader): HduKind {
  const extension = header.value('XTENSION');
  if (extension === undefined) return 'image';
  if (header.value('ZIMAGE') === true) return 'compressed';
  return KINDS[String(extension)] ?? 'other';
}

/** Throws ImageProblem where a keyword does not have a whole number. Without a default it must be there. */
function wholeNumber(
  header: FitsHeader,
  keyword: string,
  fallback: number | undefined,
  most: number,
  name: string,
): number {
  const value = header.value(keyword) ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw damaged(`its ${name} ${value === undefined ? `has no ${keyword}` : `says ${keyword} ${value}`}`);
}
