import { deflateSync } from 'node:zlib';

/** Types of samples, by SampleFormat and bytes. */
export const SAMPLE_TYPES = {
  uint8: { format: 1, bytes: 1, make: Uint8Array },
  uint16: { format: 1, bytes: 2, make: Uint16Array },
  uint32: { format: 1, bytes: 4, make: Uint32Array },
  int8: { format: 2, bytes: 1, make: Int8Array },
  int16: { format: 2, bytes: 2, make: Int16Array },
  int32: { format: 2, bytes: 4, make: Int32Array },
  float32: { format: 3, bytes: 4, make: Float32Array },
  float64: { format: 3, bytes: 8, make: Float64Array },
} as const;
export type SampleName = keyof typeof SAMPLE_TYPES;
export const COMPRESSIONS = { none: 1, lzw: 5, deflate: 8, packBits: 32_773, zstd: 50_000 } as const;
export type CompressionName = keyof typeof COMPRESSIONS;

/** A picture of a TIFF file that a test writes, and how. */
export interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly bands: number;
  readonly type: SampleName;
  /** Interleaved samples. */
  readonly samples: ArrayLike<number>;
  readonly isPlanar?: boolean;
  /** Sides of tiles; strips of `rowsPerStrip` by default. */
  readonly tile?: readonly [width: number, height: number];
  readonly rowsPerStrip?: number;
  readonly compression?: CompressionName;
  readonly predictor?: 1 | 2 | 3;
  readonly photometric?: number;
  readonly extraSamples?: readonly number[];
  /** Numbers of blocks that are left out, as GDAL does. */
  readonly holes?: readonly number[];
  /** Further fields: numbers of 16 or 32 bits, or text. */
  readonly tags?: Readonly<Record<number, readonly number[] | string>>;
  /** Bits of a sample, without gaps, instead of whole ones; of 1, every sample that is not 0 is 1. */
  readonly packedBits?: number;
}

/** How a file is written. */
export interface TiffForm {
  readonly isLittle?: boolean;
  readonly isBig?: boolean;
}

type Values = { readonly type: number; readonly numbers: readonly number[] } | string;
const [ASCII, SHORT, LONG, LONG8] = [2, 3, 4, 16];

/** A TIFF file of some pages, written field by field: data first, then the directories. */
export function tiffFile(pages: readonly TiffPage[], { isLittle = true, isBig = false }: TiffForm = {}): Buffer {
  const parts: Buffer[] = [Buffer.alloc(isBig ? 16 : 8)];
  let length = parts[0]!.length;
  const append = (part: Buffer): number => {
    const at = length;
    const padding = Buffer.alloc(part.length % 2);
    parts.push(part, padding);
    length += part.length + padding.length;
    return at;
  };
  const number = (value: number, bytes: number): Buffer => numberBytes(value, bytes, isLittle);
  const header = parts[0]!;
  header.write(isLittle ? 'II' : 'MM', 'latin1');
  header.set(number(isBig ? 43 : 42, 2), 2);
  if (isBig) header.set(number(8, 2), 4);
  let pointer: { buffer: Buffer; at: number } = { buffer: header, at: isBig ? 8 : 4 };
  for (const page of pages) {
    const fields = fieldsOf(page, { isLittle, isBig }, append);
    const directory = directoryBytes(fields, { isLittle, isBig }, append);
    pointer.buffer.set(number(append(directory), isBig ? 8 : 4), pointer.at);
    pointer = { buffer: directory, at: directory.length - (isBig ? 8 : 4) };
  }
  return Buffer.concat(parts);
}

function numberBytes(value: number, bytes: number, isLittle: boolean): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value));
  else buffer.writeUIntLE(value, 0, bytes);
  return isLittle ? buffer : buffer.reverse();
}

function directoryBytes(
  fields: ReadonlyMap<number, Values>,
  { isLittle = true, isBig = false }: TiffForm,
  append: (part: Buffer) => number,
): Buffer {
  const slotBytes = isBig ? 8 : 4;
  const parts = [numberBytes(fields.size, isBig ? 8 : 2, isLittle)];
  for (const [tag, values] of [...fields].sort(([a], [b]) => a - b)) {
    const type = typeof values === 'string' ? ASCII : values.type;
    const size = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [LONG8]: 8 }[type]!;
    const data =
      typeof values === 'string'
        ? Buffer.from(`${values}\0`, 'latin1')
        : Buffer.concat(values.numbers.map((value) => numberBytes(value, size, isLittle)));
    const slot = Buffer.alloc(slotBytes);
    slot.set(data.length <= slotBytes ? data : numberBytes(append(data), slotBytes, isLittle));
    const head = [numberBytes(tag, 2, isLittle), numberBytes(type, 2, isLittle)];
    parts.push(...head, numberBytes(data.length / size, slotBytes, isLittle), slot);
  }
  return Buffer.concat([...parts, Buffer.alloc(slotBytes)]);
}

function fieldsOf(page: TiffPage, form: TiffForm, append: (part: Buffer) => number): Map<number, Values> {
  const { width, height, bands, type, isPlanar = false, tile, compression = 'none', predictor = 1 } = page;
  const { photometric = bands >= 3 ? 2 : 1, extraSamples, tags = {}, packedBits, holes = [] } = page;
  const { rowsPerStrip = Math.min(height, 7) } = page;
  const shorts = (...numbers: number[]): Values => ({ type: SHORT, numbers });
  const places = { offsets: [] as number[], sizes: [] as number[] };
  for (const [index, block] of blocksOf({ ...page, rowsPerStrip }, form).entries()) {
    const packed = holes.includes(index) ? Buffer.alloc(0) : block;
    places.offsets.push(packed.length > 0 ? append(packed) : 0);
    places.sizes.push(packed.length);
  }
  const longs = (numbers: readonly number[]): Values => ({ type: form.isBig ? LONG8 : LONG, numbers });
  const bits = packedBits ?? 8 * SAMPLE_TYPES[type].bytes;
  const repeat = (value: number): Values => shorts(...Array.from({ length: bands }, () => value));
  const fields = new Map<number, Values>([
    [256, longs([width])],
    [257, longs([height])],
    [258, repeat(bits)],
    [259, shorts(COMPRESSIONS[compression])],
    [262, shorts(photometric)],
    [tile ? 324 : 273, longs(places.offsets)],
    [277, shorts(bands)],
    [tile ? 325 : 279, longs(places.sizes)],
    [284, shorts(isPlanar ? 2 : 1)],
    [339, repeat(SAMPLE_TYPES[type].format)],
  ]);
  if (tile) fields.set(322, shorts(tile[0])).set(323, shorts(tile[1]));
  else fields.set(278, longs([rowsPerStrip]));
  if (predictor !== 1) fields.set(317, shorts(predictor));
  if (extraSamples) fields.set(338, shorts(...extraSamples));
  for (const [tag, values] of Object.entries(tags))
    fields.set(Number(tag), typeof values === 'string' ? values : { type: LONG, numbers: values });
  return fields;
}

/** The blocks of a page, packed. */
function blocksOf(page: TiffPage & { rowsPerStrip: number }, { isLittle = true }: TiffForm): Buffer[] {
  const { width, height, bands, isPlanar = false, tile, rowsPerStrip } = page;
  const [blockWidth, blockHeight] = tile ?? [width, rowsPerStrip];
  const blocks: Buffer[] = [];
  for (let band = 0; band < (isPlanar ? bands : 1); band += 1)
    for (let top = 0; top < height; top += blockHeight)
      for (let left = 0; left < width; left += blockWidth) {
        const rows = tile ? blockHeight : Math.min(blockHeight, height - top);
        blocks.push(
          packBlock(page, { left, top, width: blockWidth, rows, bands: isPlanar ? [band] : range(bands) }, isLittle),
        );
      }
  return blocks;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

interface Block {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly rows: number;
  readonly bands: readonly number[];
}

function packBlock(page: TiffPage, block: Block, isLittle: boolean): Buffer {
  const { type, predictor = 1, packedBits } = page;
  const { make, bytes } = SAMPLE_TYPES[type];
  const rowLength = block.width * block.bands.length;
  const rows: Buffer[] = [];
  for (let y = block.top; y < block.top + block.rows; y += 1) {
    const row = new make(rowLength);
    for (let x = 0; x < block.width; x += 1)
      for (const [index, band] of block.bands.entries())
        row[x * block.bands.length + index] = sampleAt(page, block.left + x, y, band);
    if (packedBits) rows.push(bitsOf(row, packedBits));
    else rows.push(predict(Buffer.from(row.buffer), { predictor, bytes, bands: block.bands.length, isLittle }));
  }
  return pack(Buffer.concat(rows), page.compression ?? 'none');
}

/** Beyond the picture, blocks repeat its edge, as writers do to pack well; any value would do. */
function sampleAt({ width, height, bands, samples }: TiffPage, x: number, y: number, band: number): number {
  return samples[(Math.min(y, height - 1) * width + Math.min(x, width - 1)) * bands + band]!;
}

function bitsOf(row: ArrayLike<number>, width: number): Buffer {
  const bits = Array.from(row, (value) => (width === 1 ? Number(value !== 0) : value).toString(2).padStart(width, '0'));
  const bytes = bits.join('').match(/.{1,8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)));
}

interface RowForm {
  readonly predictor: 1 | 2 | 3;
  readonly bytes: number;
  readonly bands: number;
  readonly isLittle: boolean;
}

/** A row as it is stored, from little-endian samples. */
function predict(row: Buffer, { predictor, bytes, bands, isLittle }: RowForm): Buffer {
  const stored = Buffer.from(row);
  if (predictor === 3) {
    const count = row.length / bytes;
    for (let byte = 0; byte < bytes; byte += 1)
      for (let index = 0; index < count; index += 1)
        stored[(bytes - 1 - byte) * count + index] = row[index * bytes + byte]!;
    for (let at = row.length - 1; at >= bands; at -= 1) stored[at] = (stored[at]! - stored[at - bands]!) & 255;
    return stored;
  }
  if (predictor === 2)
    for (let at = row.length - bytes; at >= bands * bytes; at -= bytes) {
      const difference = row.readUIntLE(at, bytes) - row.readUIntLE(at - bands * bytes, bytes);
      stored.writeUIntLE((difference + 2 ** (8 * bytes)) % 2 ** (8 * bytes), at, bytes);
    }
  if (!isLittle && bytes === 2) stored.swap16();
  if (!isLittle && bytes === 4) stored.swap32();
  if (!isLittle && bytes === 8) stored.swap64();
  return stored;
}

function pack(bytes: Buffer, compression: CompressionName): Buffer {
  switch (compression) {
    case 'none':
      return bytes;
    case 'deflate':
      return deflateSync(bytes);
    case 'lzw':
      return packLzw(bytes);
    case 'packBits':
      return packBits(bytes);
    case 'zstd':
      return packZstd(bytes);
  }
}

/** TIFF's LZW: codes from the highest bit on, wider one code early. */
export function packLzw(bytes: Uint8Array): Buffer {
  const output: number[] = [];
  let [bits, bitCount, width, free] = [0, 0, 9, 258];
  const table = new Map<number, number>();
  const put = (code: number): void => {
    bits = (bits << width) | code;
    bitCount += width;
    for (; bitCount >= 8; bitCount -= 8) output.push((bits >> (bitCount - 8)) & 255);
    bits &= (1 << bitCount) - 1;
  };
  put(256);
  let prefix = -1;
  for (const byte of bytes) {
    const known = prefix < 0 ? byte : table.get(prefix * 256 + byte);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    put(prefix);
    table.set(prefix * 256 + byte, free);
    free += 1;
    if (free === 1 << width && width < 12) width += 1;
    if (free === 4094) {
      put(256);
      table.clear();
      [width, free] = [9, 258];
    }
    prefix = byte;
  }
  if (prefix >= 0) put(prefix);
  put(257);
  if (bitCount > 0) output.push((bits << (8 - bitCount)) & 255);
  return Buffer.from(output);
}

/** Runs of equal bytes, and stretches of others. */
export function packBits(bytes: Uint8Array): Buffer {
  const output: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = at + 1;
    while (end < bytes.length && end - at < 128 && bytes[end] === bytes[at]) end += 1;
    if (end - at > 1) output.push(257 - (end - at), bytes[at]!);
    else {
      while (end < bytes.length && end - at < 128 && bytes[end] !== bytes[end - 1]) end += 1;
      output.push(end - at - 1, ...bytes.subarray(at, end));
    }
    at = end;
  }
  return Buffer.from(output);
}

const ZSTD_BLOCK_BYTES = 2 ** 17;

/** A Zstandard frame of blocks that are not packed, without its length, as libtiff writes none. */
export function packZstd(bytes: Uint8Array): Buffer {
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x60])];
  for (let at = 0; at === 0 || at < bytes.length; at += ZSTD_BLOCK_BYTES) {
    const block = bytes.subarray(at, at + ZSTD_BLOCK_BYTES);
    const isLast = at + ZSTD_BLOCK_BYTES >= bytes.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(head, Buffer.from(block));
  }
  return Buffer.concat(parts);
}
