import type { TiffField } from './image-metadata.js';

/** Bytes per value of each TIFF field type, by type number (TIFF 6.0, section 2; 16 to 18 of BigTIFF). */
export const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const LONG = 4;
/** IFD, as offsets of directories are sometimes marked; later ones are of BigTIFF only. */
const LAST_CLASSIC_TYPE = 13;
const EXIF_POINTER = 34_665;
const GPS_POINTER = 34_853;
/** Of the EXIF directory, to one of two fields. */
const INTEROPERABILITY_POINTER = 40_965;
/** Tags of a first directory that are part of EXIF: they describe the picture and not its storage. */
const EXIF_ROOT_TAGS = [270, 271, 272, 305, 306, 315, 33_432];

/** An entry of a directory. */
interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where its values are, which may be in the entry, elsewhere, or beyond the end of the file. */
  readonly valuesAt: number;
  readonly sizeBytes: number;
}

/** Where the parts of a directory are, in a classic TIFF or a BigTIFF. */
interface TiffLayout {
  readonly isBig: boolean;
  /** Bytes of the number of entries. */
  readonly countBytes: number;
  readonly entryBytes: number;
  /** Bytes of an offset, and of the values that an entry itself holds. */
  readonly offsetBytes: number;
}

const CLASSIC: TiffLayout = { isBig: false, countBytes: 2, entryBytes: 12, offsetBytes: 4 };
const BIG: TiffLayout = { isBig: true, countBytes: 8, entryBytes: 20, offsetBytes: 8 };
const BIG_VERSION = 43;

/** Whether a field can be in any file; pointers to EXIF are read, and written anew. */
const isClassic = ({ tag, type }: TiffEntry): boolean => type <= LAST_CLASSIC_TYPE || isPointer(tag);
const isPointer = (tag: number): boolean =>
  tag === EXIF_POINTER || tag === GPS_POINTER || tag === INTEROPERABILITY_POINTER;

/** Reads the directories of a TIFF structure of either byte order; whatever lies beyond its end is left out. */
export class TiffReader {
  readonly bytes: Buffer;
  readonly isLittle: boolean;
  readonly layout: TiffLayout;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.isLittle = bytes.toString('latin1', 0, 2) === 'II';
    this.layout = bytes.length >= 4 && this.u16(2) === BIG_VERSION ? BIG : CLASSIC;
  }

  u16(offset: number): number {
    return this.isLittle ? this.bytes.readUInt16LE(offset) : this.bytes.readUInt16BE(offset);
  }

  u32(offset: number): number {
    return this.isLittle ? this.bytes.readUInt32LE(offset) : this.bytes.readUInt32BE(offset);
  }

  /** A number of 64 bits; those beyond 2^53 are no offsets of a file, and need not be exact. */
  u64(offset: number): number {
    const [low, high] = this.isLittle ? [offset, offset + 4] : [offset + 4, offset];
    return this.u32(high) * 2 ** 32 + this.u32(low);
  }

  /** Where the first directory is; 0: the structure is too short to say. */
  get firstDirectory(): number {
    if (this.bytes.length < (this.layout.isBig ? 16 : 8)) return 0;
    return this.layout.isBig ? this.u64(8) : this.u32(4);
  }

  /** Entries of the directory at an offset; as many as there is room for. */
  readEntries(offset: number): TiffEntry[] {
    const { isBig, countBytes, entryBytes } = this.layout;
    const room = this.bytes.length - offset - countBytes;
    if (offset < 8 || room < 0) return [];
    const count = Math.min(isBig ? this.u64(offset) : this.u16(offset), Math.floor(room / entryBytes));
    return Array.from({ length: count }, (_, index) => this.#readEntry(offset + countBytes + entryBytes * index));
  }

  #readEntry(at: number): TiffEntry {
    const { isBig, offsetBytes } = this.layout;
    const [tag, type, count] = [this.u16(at), this.u16(at + 2), isBig ? this.u64(at + 4) : this.u32(at + 4)];
    const slot = at + 4 + offsetBytes;
    const sizeBytes = (TYPE_BYTES[type] ?? 0) * count;
    const valuesAt = sizeBytes <= offsetBytes ? slot : isBig ? this.u64(slot) : this.u32(slot);
    return { tag, type, count, valuesAt, sizeBytes };
  }

  /** The entry with its values; null where they are none, or lie beyond the end. */
  readField({ tag, type, count, valuesAt, sizeBytes }: TiffEntry): TiffField | null {
    if (sizeBytes === 0 || valuesAt + sizeBytes > this.bytes.length) return null;
    return { tag, type, count, data: this.#toLittleEndian(this.bytes.subarray(valuesAt, valuesAt + sizeBytes), type) };
  }

  readDirectory(offset: number): TiffField[] {
    return this.readFields(this.readEntries(offset));
  }

  /** Fields of entries, as long as all together are no longer than the file: values of a sound one do not overlap. */
  readFields(entries: readonly TiffEntry[]): TiffField[] {
    const fields: TiffField[] = [];
    let room = this.bytes.length;
    for (const entry of entries) {
      const field = entry.sizeBytes <= room && isClassic(entry) ? this.readField(entry) : null;
      if (field === null) continue;
      room -= entry.sizeBytes;
      fields.push(field);
    }
    return fields;
  }

  #toLittleEndian(values: Buffer, type: number): Buffer {
    const copy = Buffer.from(values);
    // Rationals (types 5 and 10) are pairs of 32-bit numbers.
    const unit = type === 5 || type === 10 ? 4 : TYPE_BYTES[type]!;
    if (this.isLittle || unit === 1) return copy;
    return unit === 2 ? copy.swap16() : unit === 4 ? copy.swap32() : copy.swap64();
  }
}

/**
 * A directory with its out-of-line values behind it, as it stands at file offset `position`; little-endian. Its length
 * depends on the fields alone. @param isBig of a BigTIFF @param next offset of the directory that follows it
 */
export function writeDirectory(fields: readonly TiffField[], position: number, isBig = false, next = 0): Buffer {
  const { countBytes, entryBytes, offsetBytes } = isBig ? BIG : CLASSIC;
  const sorted = [...fields].sort((a, b) => a.tag - b.tag);
  const directory = Buffer.alloc(countBytes + entryBytes * sorted.length + offsetBytes);
  const values: Buffer[] = [];
  let valuesAt = position + directory.length;
  directory.writeUInt16LE(sorted.length, 0);
  directory.writeUIntLE(next, directory.length - offsetBytes, Math.min(offsetBytes, 6));
  for (const [index, { tag, type, count, data }] of sorted.entries()) {
    const entry = countBytes + entryBytes * index;
    const slot = entry + 4 + offsetBytes;
    directory.writeUInt16LE(tag, entry);
    directory.writeUInt16LE(type, entry + 2);
    directory.writeUIntLE(count, entry + 4, Math.min(offsetBytes, 6));
    if (data.length <= offsetBytes) {
      directory.set(data, slot);
    } else {
      directory.writeUIntLE(valuesAt, slot, Math.min(offsetBytes, 6));
      const padded = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)]);
      values.push(padded);
      valuesAt += padded.length;
    }
  }
  return Buffer.concat([directory, ...values]);
}

function pointerTo(tag: number, offset: number): TiffField {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(offset, 0);
  return { tag, type: LONG, count: 1, data };
}

/** Whether a tag of a first directory belongs to EXIF. */
export function isExifTag(tag: number): boolean {
  return EXIF_ROOT_TAGS.includes(tag) || isPointer(tag);
}

/** What {@link transplantExif} is asked for. */
export interface Transplant {
  /** File offset at which `parts` end. */
  readonly position: number;
  /** Whether the file is a BigTIFF. */
  readonly isBig: boolean;
  /** Which fields of the first directory are taken, beside the pointers. */
  readonly isKept: (tag: number) => boolean;
}

/** The fields of a first directory that belong to EXIF; its sub-directories are written to `parts`. */
export function transplantExif(
  reader: TiffReader,
  parts: Buffer[],
  { position, isBig, isKept }: Transplant,
): TiffField[] {
  const root = reader.readDirectory(reader.firstDirectory);
  const fields = root.filter(({ tag }) => !isPointer(tag) && isKept(tag));
  const append = (directory: readonly TiffField[]): number => {
    const start = position + parts.reduce((sum, { length }) => sum + length, 0);
    parts.push(writeDirectory(directory, start, isBig));
    return start;
  };
  for (const pointer of root.filter(({ tag }) => isPointer(tag))) {
    const children = directoryAt(reader, pointer);
    if (children.length === 0) continue;
    const others = children.filter(({ tag }) => tag !== INTEROPERABILITY_POINTER);
    const inner = children.filter(({ tag }) => tag === INTEROPERABILITY_POINTER);
    const kept = inner.map((one) => pointerTo(one.tag, append(directoryAt(reader, one))));
    fields.push(pointerTo(pointer.tag, append([...others, ...kept])));
  }
  return fields;
}

/** Fields of the directory that a field of 32 bits, or of 64 in a BigTIFF, points to. */
function directoryAt(reader: TiffReader, { data }: TiffField): TiffField[] {
  if (data.length !== 4 && data.length !== 8) return [];
  return reader.readDirectory(data.readUIntLE(0, Math.min(data.length, 6)));
}
