import type { ReadBytes } from '../../files/byte-source.js';
import type { TiffField } from '../metadata/image-metadata.js';
import { TYPE_BYTES } from '../metadata/tiff-fields.js';
import { damaged } from '../codec/inspection.js';

/** Bytes, numbers of 16, 32 and 64 bits, and offsets of directories. */
const WHOLE_NUMBER_TYPES = [1, 3, 4, 13, 16, 18];
/** Rationals are pairs of 32-bit numbers. */
const RATIONAL_TYPES = [5, 10];
/** More than any directory has: the specification has about 200 tags. */
const MOST_ENTRIES = 65_535;

/** What the beginning of a TIFF file says. */
export interface TiffHeader {
  readonly isLittle: boolean;
  readonly isBig: boolean;
  /** Offset of the first directory. */
  readonly first: number;
}

/** A TIFF file, of which parts are read. */
export interface TiffFile extends TiffHeader {
  readonly sizeBytes: number;
  readonly read: ReadBytes;
}

/** An entry of a directory. */
export interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly sizeBytes: number;
  /** Where its values are: in the entry itself or elsewhere, always within the file. */
  readonly valuesAt: number;
}

/** Reads the beginning of a file that begins as a TIFF does. Throws ImageProblem where it ends too early. */
export async function openTiffFile(sizeBytes: number, read: ReadBytes): Promise<TiffFile> {
  if (sizeBytes < 8) throw damaged('it has no directory; the file may have been cut');
  const start = await read(0, Math.min(16, sizeBytes));
  const isLittle = start.toString('latin1', 0, 2) === 'II';
  const isBig = numberIn(start, 2, 2, isLittle) === 43;
  if (isBig && start.length < 16) throw damaged('it has no directory; the file may have been cut');
  return { isLittle, isBig, first: numberIn(start, isBig ? 8 : 4, isBig ? 8 : 4, isLittle), sizeBytes, read };
}

/** Makes the directory at an offset the first of a file in memory. */
export function setFirstDirectory(file: Buffer, offset: number): void {
  const isLittle = file.toString('latin1', 0, 2) === 'II';
  const isBig = numberIn(file, 2, 2, isLittle) === 43;
  if (isBig && isLittle) file.writeBigUInt64LE(BigInt(offset), 8);
  else if (isBig) file.writeBigUInt64BE(BigInt(offset), 8);
  else if (isLittle) file.writeUInt32LE(offset, 4);
  else file.writeUInt32BE(offset, 4);
}

/** One number of 1, 2, 4 or 8 bytes. Those beyond 2^53 are no offsets of a file, and need not be exact. */
function numberIn(bytes: Buffer, at: number, size: number, isLittle: boolean): number {
  if (size <= 4) return isLittle ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
}

/** A directory of a TIFF file: its tags, whose values are read when they are asked for. */
export class Directory {
  readonly #file: TiffFile;
  readonly #entries: ReadonlyMap<number, Entry>;
  /** Where it is. */
  readonly offset: number;
  /** Where the next one is; 0: there is none. */
  readonly next: number;

  private constructor(file: TiffFile, offset: number, entries: readonly Entry[], next: number) {
    this.#file = file;
    this.offset = offset;
    const byTag = new Map<number, Entry>();
    // Of a tag that is there twice, the first counts.
    for (const entry of entries) if (!byTag.has(entry.tag)) byTag.set(entry.tag, entry);
    this.#entries = byTag;
    this.next = next;
  }

  /**
   * Reads the directory at an offset. Throws ImageProblem where it or values of it lie beyond the end of the file.
   * @param name of the directory, for messages
   */
  static async read(file: TiffFile, offset: number, name: string): Promise<Directory> {
    const { isBig, isLittle, sizeBytes } = file;
    const [countBytes, entryBytes, offsetBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
    const beyond = damaged(`${name} lies beyond its end; the file may have been cut`);
    if (offset < 8 || offset + countBytes > sizeBytes) throw beyond;
    const count = numberIn(await file.read(offset, countBytes), 0, countBytes, isLittle);
    const length = count * entryBytes + offsetBytes;
    if (count === 0) throw damaged(`${name} is empty`);
    if (offset + countBytes + length > sizeBytes) throw beyond;
    if (count > MOST_ENTRIES) throw damaged(`${name} has ${count} entries`);
    const bytes = await file.read(offset + countBytes, length);
    const entries = Array.from({ length: count }, (_, index) =>
      readEntry(
        file,
        bytes.subarray(entryBytes * index, entryBytes * (index + 1)),
        offset + countBytes + entryBytes * index,
      ),
    );
    const next = numberIn(bytes, count * entryBytes, offsetBytes, isLittle);
    return new Directory(file, offset, entries, next);
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get file(): TiffFile {
    return this.#file;
  }

  /** The same directory as if it had not these tags. */
  without(tags: readonly number[]): Directory {
    const entries = this.entries.filter(({ tag }) => !tags.includes(tag));
    return new Directory(this.#file, this.offset, entries, this.next);
  }

  /** The first bytes of a tag's values, at most `most` of them, as they are stored; none where the tag is missing. */
  async bytes(tag: number, most: number): Promise<Buffer> {
    const entry = this.#entries.get(tag);
    if (!entry || entry.sizeBytes === 0) return Buffer.alloc(0);
    return Buffer.from(await this.#file.read(entry.valuesAt, Math.min(most, entry.sizeBytes)));
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** How many values there are. */
  count(tag: number): number {
    return this.#entries.get(tag)?.count ?? 0;
  }

  /** Bytes of all values. */
  sizeOf(tag: number): number {
    return this.#entries.get(tag)?.sizeBytes ?? 0;
  }

  /** The first value of a tag, or what stands for it where the tag is missing. Throws ImageProblem for other types. */
  async value(tag: number, fallback: number): Promise<number> {
    const [value] = await this.numbers(tag, 1);
    return value ?? fallback;
  }

  /** The first whole numbers of a tag, at most `most` of them; none where the tag is missing. */
  async numbers(tag: number, most: number): Promise<Float64Array> {
    const entry = this.#entries.get(tag);
    if (!entry) return new Float64Array(0);
    if (!WHOLE_NUMBER_TYPES.includes(entry.type)) throw damaged(`its tag ${tag} is no whole number`);
    const count = Math.min(entry.count, most);
    const size = TYPE_BYTES[entry.type]!;
    const bytes = await this.#file.read(entry.valuesAt, count * size);
    const values = new Float64Array(count);
    for (let index = 0; index < count; index += 1)
      values[index] = numberIn(bytes, index * size, size, this.#file.isLittle);
    return values;
  }

  /** A field as it is kept: a copy of its values, in little-endian order; null where the tag is missing. */
  async field(tag: number): Promise<TiffField | null> {
    const entry = this.#entries.get(tag);
    if (!entry || entry.sizeBytes === 0) return null;
    const { type, count, valuesAt, sizeBytes } = entry;
    const data = Buffer.from(await this.#file.read(valuesAt, sizeBytes));
    const unit = RATIONAL_TYPES.includes(type) ? 4 : TYPE_BYTES[type]!;
    if (!this.#file.isLittle) swapBytes(data, unit);
    return { tag, type, count, data };
  }
}

/** Turns numbers of a size round in place. */
export function swapBytes(bytes: Buffer, size: number): void {
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
}

function readEntry({ isBig, isLittle, sizeBytes: fileBytes }: TiffFile, bytes: Buffer, at: number): Entry {
  const offsetBytes = isBig ? 8 : 4;
  const [tag, type] = [numberIn(bytes, 0, 2, isLittle), numberIn(bytes, 2, 2, isLittle)];
  const count = numberIn(bytes, 4, offsetBytes, isLittle);
  const slot = 4 + offsetBytes;
  const sizeBytes = (TYPE_BYTES[type] ?? 0) * count;
  const valuesAt = sizeBytes <= offsetBytes ? at + slot : numberIn(bytes, slot, offsetBytes, isLittle);
  if (valuesAt + sizeBytes > fileBytes) throw damaged(`the values of its tag ${tag} lie beyond its end`);
  return { tag, type, count, sizeBytes, valuesAt };
}
