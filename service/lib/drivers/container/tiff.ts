import type { ContainerFacts, FileParts } from './bytes.js';

const TAG = { width: 256, height: 257, stripOffsets: 273, stripBytes: 279, tileOffsets: 324, tileBytes: 325 } as const;
/** Bytes of a value of types 1 to 18. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const MOST_DIRECTORIES = 1000;
const MOST_ENTRIES = 4096;
/** Offsets that are looked at, at most. */
const MOST_VALUES = 1 << 20;

/** How numbers lie in a TIFF or BigTIFF. */
interface Layout {
  readonly isLittle: boolean;
  readonly isBig: boolean;
}

interface Entry {
  readonly type: number;
  readonly count: number;
  /** Where its values are. */
  readonly position: number;
}

/** Every directory and every strip and tile lies within the file. */
export async function checkTiff(parts: FileParts): Promise<ContainerFacts> {
  const { layout, first } = await readHead(parts);
  let size: { readonly width: number | null; readonly height: number | null } = { width: null, height: null };
  for (let position = first, i = 0; position !== 0; i += 1) {
    if (i === MOST_DIRECTORIES) throw new Error(`the TIFF has more than ${MOST_DIRECTORIES} directories`);
    const { entries, next } = await readDirectory(parts, layout, position);
    await checkBlocks(parts, layout, entries, TAG.stripOffsets, TAG.stripBytes);
    await checkBlocks(parts, layout, entries, TAG.tileOffsets, TAG.tileBytes);
    if (i === 0) size = await readSize(parts, layout, entries);
    position = next;
  }
  if (size.width === null) throw new Error('the TIFF has no directory yet');
  return { mime: 'image/tiff', ...size };
}

async function readHead(parts: FileParts): Promise<{ readonly layout: Layout; readonly first: number }> {
  const head = await parts.at(0, 8);
  const isLittle = head.toString('latin1', 0, 2) === 'II';
  const layout = { isLittle, isBig: number(head, 2, 2, isLittle) === 43 };
  const first = layout.isBig ? number(await parts.at(8, 8), 0, 8, isLittle) : number(head, 4, 4, isLittle);
  return { layout, first };
}

function number(bytes: Buffer, at: number, length: number, isLittle: boolean): number {
  if (length === 8) return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return isLittle ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
}

async function readDirectory(
  parts: FileParts,
  { isLittle, isBig }: Layout,
  position: number,
): Promise<{ readonly entries: ReadonlyMap<number, Entry>; readonly next: number }> {
  const [countBytes, entryBytes, offsetBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const count = number(await parts.at(position, countBytes), 0, countBytes, isLittle);
  if (count > MOST_ENTRIES) throw new Error(`a directory of the TIFF has ${count} entries`);
  const bytes = await parts.at(position + countBytes, count * entryBytes + offsetBytes);
  const entries = new Map<number, Entry>();
  for (let at = 0; at < count * entryBytes; at += entryBytes) {
    const type = number(bytes, at + 2, 2, isLittle);
    const values = number(bytes, at + 4, isBig ? 8 : 4, isLittle);
    const inline = position + countBytes + at + entryBytes - offsetBytes;
    const valueBytes = values * (TYPE_BYTES[type] ?? 0);
    const isInline = valueBytes <= offsetBytes;
    const away = number(bytes, at + entryBytes - offsetBytes, offsetBytes, isLittle);
    if (!isInline) parts.require(away + valueBytes);
    entries.set(number(bytes, at, 2, isLittle), { type, count: values, position: isInline ? inline : away });
  }
  return { entries, next: number(bytes, count * entryBytes, offsetBytes, isLittle) };
}

async function readValues(parts: FileParts, { isLittle }: Layout, entry: Entry | undefined): Promise<number[]> {
  if (!entry) return [];
  const bytes = TYPE_BYTES[entry.type] ?? 0;
  if (bytes === 0 || entry.count > MOST_VALUES)
    throw new Error(`the TIFF has ${entry.count} values of type ${entry.type}`);
  const values = await parts.at(entry.position, entry.count * bytes);
  return Array.from({ length: entry.count }, (_, i) => number(values, i * bytes, bytes, isLittle));
}

/** Strips and tiles of no bytes are holes: there is nothing to come. */
async function checkBlocks(
  parts: FileParts,
  layout: Layout,
  entries: ReadonlyMap<number, Entry>,
  offsetTag: number,
  bytesTag: number,
): Promise<void> {
  const offsets = await readValues(parts, layout, entries.get(offsetTag));
  const bytes = await readValues(parts, layout, entries.get(bytesTag));
  for (const [i, offset] of offsets.entries()) parts.require(bytes[i] === 0 ? 0 : offset + (bytes[i] ?? 1));
}

async function readSize(parts: FileParts, layout: Layout, entries: ReadonlyMap<number, Entry>) {
  const [width = null] = await readValues(parts, layout, entries.get(TAG.width));
  const [height = null] = await readValues(parts, layout, entries.get(TAG.height));
  return { width, height };
}
