import type { ImageMetadata } from './image-metadata.js';

/** Bytes per value of each TIFF field type, by type number (TIFF 6.0, section 2). */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const LONG = 4;
const UNDEFINED = 7;
const ICC_TAG = 34_675;
const EXIF_POINTER = 34_665;
const GPS_POINTER = 34_853;
/** Tags of an EXIF block's first directory that describe the picture and not its storage. */
const DESCRIPTIVE_TAGS = [270, 271, 272, 305, 306, 315, 33_432];

/** One directory entry; `data` holds its values in little-endian order. */
interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly data: Buffer;
}

/** Reads the directories of one TIFF structure of either byte order; whatever does not fit is left out. */
class TiffReader {
  readonly #bytes: Buffer;
  readonly #isLittle: boolean;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#isLittle = bytes.toString('latin1', 0, 2) === 'II';
  }

  u16(offset: number): number {
    return this.#isLittle ? this.#bytes.readUInt16LE(offset) : this.#bytes.readUInt16BE(offset);
  }

  u32(offset: number): number {
    return this.#isLittle ? this.#bytes.readUInt32LE(offset) : this.#bytes.readUInt32BE(offset);
  }

  readDirectory(offset: number): Field[] {
    if (offset < 8 || offset + 2 > this.#bytes.length) return [];
    const count = Math.min(this.u16(offset), Math.floor((this.#bytes.length - offset - 2) / 12));
    return Array.from({ length: count }, (_, index) => this.#readField(offset + 2 + 12 * index)).filter(
      (field) => field !== null,
    );
  }

  #readField(offset: number): Field | null {
    const [tag, type, count] = [this.u16(offset), this.u16(offset + 2), this.u32(offset + 4)];
    const size = (TYPE_BYTES[type] ?? 0) * count;
    const start = size <= 4 ? offset + 8 : this.u32(offset + 8);
    if (size === 0 || start + size > this.#bytes.length) return null;
    return { tag, type, count, data: this.#toLittleEndian(this.#bytes.subarray(start, start + size), type) };
  }

  #toLittleEndian(values: Buffer, type: number): Buffer {
    const copy = Buffer.from(values);
    // Rationals (types 5 and 10) are pairs of 32-bit numbers.
    const unit = type === 5 || type === 10 ? 4 : TYPE_BYTES[type]!;
    if (this.#isLittle || unit === 1) return copy;
    return unit === 2 ? copy.swap16() : unit === 4 ? copy.swap32() : copy.swap64();
  }
}

/** A directory with its out-of-line values behind it, as it stands at file offset `position`; little-endian. */
function writeDirectory(fields: readonly Field[], position: number): Buffer {
  const sorted = [...fields].sort((a, b) => a.tag - b.tag);
  const directory = Buffer.alloc(2 + 12 * sorted.length + 4);
  const values: Buffer[] = [];
  let next = position + directory.length;
  directory.writeUInt16LE(sorted.length, 0);
  for (const [index, { tag, type, count, data }] of sorted.entries()) {
    const entry = 2 + 12 * index;
    directory.writeUInt16LE(tag, entry);
    directory.writeUInt16LE(type, entry + 2);
    directory.writeUInt32LE(count, entry + 4);
    if (data.length <= 4) {
      directory.set(data, entry + 8);
    } else {
      directory.writeUInt32LE(next, entry + 8);
      const padded = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)]);
      values.push(padded);
      next += padded.length;
    }
  }
  return Buffer.concat([directory, ...values]);
}

function pointerTo(tag: number, offset: number): Field {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(offset, 0);
  return { tag, type: LONG, count: 1, data };
}

/** Descriptive fields of an EXIF block, and its sub-directories written to `parts`, which end at file offset `position`. */
function transplantExif(exif: Buffer, parts: Buffer[], position: number): Field[] {
  const reader = new TiffReader(exif);
  const root = exif.length < 8 ? [] : reader.readDirectory(reader.u32(4));
  const fields = root.filter(({ tag }) => DESCRIPTIVE_TAGS.includes(tag));
  for (const pointer of root.filter(({ tag }) => tag === EXIF_POINTER || tag === GPS_POINTER)) {
    const children = pointer.data.length === 4 ? reader.readDirectory(pointer.data.readUInt32LE(0)) : [];
    if (children.length === 0) continue;
    const start = position + parts.reduce((sum, { length }) => sum + length, 0);
    parts.push(writeDirectory(children, start));
    fields.push(pointerTo(pointer.tag, start));
  }
  return fields;
}

/** Parts of a little-endian TIFF file (as libvips writes it) with ICC and EXIF fields in a directory moved to its end. */
export function addToTiff(file: Buffer, { icc, exif }: ImageMetadata): Uint8Array[] {
  const reader = new TiffReader(file);
  const fields = reader.readDirectory(reader.u32(4));
  const padding = Buffer.alloc(file.length % 2);
  const position = file.length + padding.length;
  const parts: Buffer[] = [];
  const added = exif ? transplantExif(exif, parts, position) : [];
  if (icc) added.push({ tag: ICC_TAG, type: UNDEFINED, count: icc.length, data: icc });
  const kept = fields.filter(({ tag }) => !added.some((field) => field.tag === tag));
  const directoryStart = position + parts.reduce((sum, { length }) => sum + length, 0);
  const header = Buffer.from(file.subarray(0, 8));
  header.writeUInt32LE(directoryStart, 4);
  return [header, file.subarray(8), padding, ...parts, writeDirectory([...kept, ...added], directoryStart)];
}
