import type { FrameSize } from '../frame.js';
import type { ImageMetadata, Resolution, TiffField } from '../metadata/image-metadata.js';
import { TiffReader, exifOfTiff, isExifTag } from '../metadata/tiff-fields.js';
import type { TiffEntry } from '../metadata/tiff-fields.js';
import { damaged, toOrientation, unsupported } from './inspection.js';
import type { Inspection } from './inspection.js';

/** Tags of TIFF 6.0, by number. */
const TAG = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planar: 284,
  t4Options: 292,
  t6Options: 293,
  resolutionUnit: 296,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  yccCoefficients: 529,
  yccSubsampling: 530,
  yccPositioning: 531,
  blackWhite: 532,
  xmp: 700,
  iptc: 33_723,
  photoshop: 34_377,
  icc: 34_675,
} as const;

/** What the decoder needs. */
const STORAGE_TAGS = new Set<number>([
  ...[TAG.width, TAG.height, TAG.bits, TAG.compression, TAG.photometric, TAG.fillOrder, TAG.samplesPerPixel],
  ...[TAG.stripOffsets, TAG.rowsPerStrip, TAG.stripByteCounts, TAG.planar, TAG.predictor, TAG.colourMap],
  ...[TAG.tileWidth, TAG.tileHeight, TAG.tileOffsets, TAG.tileByteCounts, TAG.extraSamples, TAG.sampleFormat],
  ...[TAG.t4Options, TAG.t6Options, TAG.jpegTables],
  ...[TAG.yccCoefficients, TAG.yccSubsampling, TAG.yccPositioning, TAG.blackWhite],
]);
/** In blocks of their own, or said of a whole file of several pictures: kinds of them, thumbnails, numbers of pages. */
const OTHER_TAGS = new Set<number>([
  ...[TAG.orientation, TAG.xResolution, TAG.yResolution, TAG.resolutionUnit, TAG.xmp, TAG.iptc, TAG.photoshop, TAG.icc],
  ...[254, 255, 297, 330, 512, 513, 514, 515, 517, 518, 519, 520, 521],
]);
/** Offset of a directory, which means nothing in another file. */
const IFD_TYPE = 13;

/** None, CCITT (2 to 4), LZW, JPEG, deflate, PackBits, deflate by its old number. */
const COMPRESSIONS = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946];
/** Grey (0: white is 0), RGB, palette, YCbCr. */
const PHOTOMETRICS = [0, 1, 2, 3, 6];
const SAMPLE_FORMATS: Readonly<Record<number, string>> = { 2: 'signed integers', 3: 'floats', 5: 'complex integers' };

/** Values of the storage tags, by tag. */
class Storage {
  readonly #reader: TiffReader;
  readonly #entries: ReadonlyMap<number, TiffEntry>;

  constructor(reader: TiffReader, entries: readonly TiffEntry[]) {
    this.#reader = reader;
    // Of a tag that is there twice, the first counts.
    this.#entries = new Map([...entries].reverse().map((entry) => [entry.tag, entry]));
  }

  has(tag: number): boolean {
    return this.#entries.has(tag);
  }

  /** How many values there are. */
  count(tag: number): number {
    return this.#entries.get(tag)?.count ?? 0;
  }

  /** A value, or what stands for it where the tag is missing. */
  value(tag: number, index: number, fallback: number): number {
    const entry = this.#entries.get(tag);
    if (!entry || index >= entry.count) return fallback;
    if (![1, 3, 4, 16].includes(entry.type)) throw damaged(`its tag ${tag} is no whole number`);
    return this.#reader.numberAt(entry, index);
  }
}

/** Checks that all strips or tiles lie in the file, and tells the picture from the rest. Throws ImageProblem. */
export function inspectTiff(file: Buffer): Inspection {
  const reader = new TiffReader(file);
  const directory = reader.firstDirectory;
  const entries = reader.readEntries(directory);
  if (entries.length === 0 || reader.nextDirectory(directory, entries.length) === null)
    throw damaged('it has no directory; the file may have been cut');
  requireValues(entries, file.length);
  const storage = new Storage(reader, entries);
  requireReadable(storage);
  const layout = readLayout(storage);
  requireWhole(storage, layout, file.length);
  requireWholeOthers(reader, directory, entries.length);
  const metadata = readMetadata(reader, entries);
  const orientation = toOrientation(storage.value(TAG.orientation, 0, 1));
  keepStorage(reader, directory, entries);
  const bands = readBands(storage);
  return { picture: file, metadata, orientation, bands, decoderBytes: (stored) => partBytes(layout, stored) };
}

/** Throws ImageProblem where values of a tag lie beyond the end of the file. */
function requireValues(entries: readonly TiffEntry[], fileBytes: number): void {
  const lost = entries.find(({ valuesAt, sizeBytes }) => valuesAt + sizeBytes > fileBytes);
  if (lost) throw damaged(`the values of its tag ${lost.tag} lie beyond its end`);
}

/** Throws ImageProblem for kinds of samples and compressions that are not read. */
function requireReadable(storage: Storage): void {
  const samples = storage.value(TAG.samplesPerPixel, 0, 1);
  const format = SAMPLE_FORMATS[storage.value(TAG.sampleFormat, 0, 1)];
  const bits = storage.value(TAG.bits, 0, 1);
  if (format) throw unsupported(`its samples are ${format}`, 'write unsigned integers of 8 or 16 bits');
  if (![1, 2, 4, 8, 16].includes(bits))
    throw unsupported(`its samples have ${bits} bits`, 'write 8 or 16 bits per sample');
  for (let band = 1; band < Math.min(samples, storage.count(TAG.bits)); band += 1)
    if (storage.value(TAG.bits, band, bits) !== bits)
      throw unsupported('its bands have samples of different sizes', 'write all with as many bits');
  const compression = storage.value(TAG.compression, 0, 1);
  if (!COMPRESSIONS.includes(compression))
    throw unsupported(`its compression has the number ${compression}`, 'write it with LZW, deflate or none');
  const photometric = storage.value(TAG.photometric, 0, 1);
  if (!PHOTOMETRICS.includes(photometric))
    throw unsupported(`its colours have the number ${photometric} (PhotometricInterpretation)`, 'write grey or RGB');
}

/** RGB, palette and YCbCr: what is decoded of them is red, green and blue first. */
const COLOURED = [2, 3, 6];
/** Alpha, premultiplied or not, as a kind of extra samples. */
const ALPHA_KINDS = [1, 2];

/** What the channels are. A last one is alpha only where the file says so. */
function readBands(storage: Storage): NonNullable<Inspection['bands']> {
  const extras = storage.count(TAG.extraSamples);
  const alpha = extras > 0 && ALPHA_KINDS.includes(storage.value(TAG.extraSamples, extras - 1, 0));
  const rgb = COLOURED.includes(storage.value(TAG.photometric, 0, 1)) ? ([[0, 1, 2]] as const) : [];
  return { alpha, rgb };
}

/** How the samples lie in the file. */
interface Layout {
  readonly isTiled: boolean;
  readonly isPacked: boolean;
  /** Rows and columns of a strip or tile. */
  readonly width: number;
  readonly height: number;
  /** How many there are. */
  readonly count: number;
  /** Samples per pixel in one: all, or one where each band is stored apart. */
  readonly samples: number;
}

function readLayout(storage: Storage): Layout {
  const [imageWidth, imageHeight] = [storage.value(TAG.width, 0, 0), storage.value(TAG.height, 0, 0)];
  if (imageWidth === 0 || imageHeight === 0) throw damaged('it does not say how large it is');
  const isTiled = storage.has(TAG.tileOffsets) || storage.has(TAG.tileWidth);
  const rowsPerStrip = Math.min(storage.value(TAG.rowsPerStrip, 0, imageHeight), imageHeight);
  const [width, height] = isTiled
    ? [storage.value(TAG.tileWidth, 0, 0), storage.value(TAG.tileHeight, 0, 0)]
    : [imageWidth, rowsPerStrip];
  if (width === 0 || height === 0) throw damaged('its strips or tiles have no size');
  const bands = storage.value(TAG.samplesPerPixel, 0, 1);
  const isApart = storage.value(TAG.planar, 0, 1) === 2;
  const perBand = Math.ceil(imageWidth / width) * Math.ceil(imageHeight / height);
  const [count, samples] = isApart ? [bands * perBand, 1] : [perBand, bands];
  return { isTiled, isPacked: storage.value(TAG.compression, 0, 1) !== 1, width, height, count, samples };
}

/** Throws ImageProblem unless each strip or tile is there: decoders make those black that are not. */
function requireWhole(storage: Storage, { isTiled, count }: Layout, fileBytes: number): void {
  const [offsets, sizes, name] = isTiled
    ? [TAG.tileOffsets, TAG.tileByteCounts, 'tile']
    : [TAG.stripOffsets, TAG.stripByteCounts, 'strip'];
  if (storage.count(offsets) < count) throw damaged(`it has ${storage.count(offsets)} of ${count} ${name}s`);
  if (storage.count(sizes) < count) throw unsupported(`it does not say how long its ${name}s are`, 'write it again');
  for (let index = 0; index < count; index += 1) {
    const [offset, size] = [storage.value(offsets, index, 0), storage.value(sizes, index, 0)];
    if (size === 0)
      throw unsupported(`its ${name} ${index + 1} of ${count} is empty`, `write it with all ${name}s (SPARSE_OK=NO)`);
    if (offset + size > fileBytes)
      throw damaged(`its ${name} ${index + 1} of ${count} ends at byte ${offset + size}, the file at ${fileBytes}`);
  }
}

/** Most directories of a file: overviews, masks and pages. */
const MOST_DIRECTORIES = 65_535;

/** Throws ImageProblem where the directories behind the first, or their data, lie beyond the end: the file was cut. */
function requireWholeOthers(reader: TiffReader, first: number, firstCount: number): void {
  const seen = new Set([first]);
  let next = reader.nextDirectory(first, firstCount) ?? 0;
  while (next !== 0 && !seen.has(next) && seen.size < MOST_DIRECTORIES) {
    seen.add(next);
    const entries = reader.readEntries(next);
    const number = seen.size;
    const following = entries.length > 0 ? reader.nextDirectory(next, entries.length) : null;
    if (following === null) throw damaged(`its directory ${number} lies beyond its end`);
    requireValues(entries, reader.bytes.length);
    requireInFile(new Storage(reader, entries), reader.bytes.length, number);
    next = following;
  }
}

/** Throws ImageProblem where strips or tiles of a further directory end behind the file. */
function requireInFile(storage: Storage, fileBytes: number, number: number): void {
  for (const [offsets, sizes] of [
    [TAG.stripOffsets, TAG.stripByteCounts],
    [TAG.tileOffsets, TAG.tileByteCounts],
  ] as const) {
    for (let index = 0; index < storage.count(sizes); index += 1)
      if (storage.value(offsets, index, 0) + storage.value(sizes, index, 0) > fileBytes)
        throw damaged(`data of its directory ${number} lie beyond its end`);
  }
}

/**
 * Writes a directory of the storage tags alone over the first, which has at least as many entries; no other follows.
 */
function keepStorage({ bytes, isLittle, layout }: TiffReader, directory: number, entries: readonly TiffEntry[]): void {
  const { isBig, countBytes, entryBytes, offsetBytes } = layout;
  const byTag = new Map([...entries].reverse().map((entry) => [entry.tag, entry]));
  const kept = [...byTag.values()].filter(({ tag }) => STORAGE_TAGS.has(tag)).sort((a, b) => a.tag - b.tag);
  const content = Buffer.alloc(countBytes + entryBytes * kept.length + offsetBytes);
  if (isBig) {
    const count = BigInt(kept.length);
    if (isLittle) content.writeBigUInt64LE(count);
    else content.writeBigUInt64BE(count);
  } else if (isLittle) content.writeUInt16LE(kept.length);
  else content.writeUInt16BE(kept.length);
  for (const [index, { at }] of kept.entries())
    content.set(bytes.subarray(at, at + entryBytes), countBytes + entryBytes * index);
  bytes.set(content, directory);
}

/** What the first directory says beside the picture, as copies. */
function readMetadata(reader: TiffReader, entries: readonly TiffEntry[]): ImageMetadata {
  const blockOf = (tag: number): Buffer | undefined => {
    const entry = entries.find((one) => one.tag === tag);
    // IPTC was often written as numbers of 32 bits; it is bytes.
    return entry && reader.readField({ ...entry, type: 7 })?.data;
  };
  const blocks = {
    exif: exifOfTiff(reader),
    icc: blockOf(TAG.icc),
    xmp: blockOf(TAG.xmp),
    iptc: blockOf(TAG.iptc),
    photoshop: blockOf(TAG.photoshop),
    resolution: readResolution(reader, entries),
  };
  const found = Object.entries(blocks).filter(([, block]) => block !== undefined && block !== null);
  const others = entries.filter(
    ({ tag, type }) => !STORAGE_TAGS.has(tag) && !OTHER_TAGS.has(tag) && !isExifTag(tag) && type !== IFD_TYPE,
  );
  const tiffFields = reader.readFields(others);
  return { ...Object.fromEntries(found), ...(tiffFields.length > 0 && { tiffFields }) };
}

/** Pixels per inch (unit 2, which is the default) or centimetre (3). */
function readResolution(reader: TiffReader, entries: readonly TiffEntry[]): Resolution | null {
  const fieldOf = (tag: number): TiffField | null => {
    const entry = entries.find((one) => one.tag === tag);
    return entry ? reader.readField(entry) : null;
  };
  const rational = (field: TiffField | null): number =>
    field?.type === 5 ? field.data.readUInt32LE(0) / field.data.readUInt32LE(4) : 0;
  const [x, y] = [rational(fieldOf(TAG.xResolution)), rational(fieldOf(TAG.yResolution))];
  const unit = fieldOf(TAG.resolutionUnit);
  const code = unit && unit.data.length >= 2 ? unit.data.readUInt16LE(0) : 2;
  if (!(x > 0 && x < Infinity && y > 0 && y < Infinity) || (code !== 2 && code !== 3)) return null;
  return { x, y, unit: code === 2 ? 'inch' : 'centimetre' };
}

/** A strip is decoded whole, or read in place where it is not packed; of tiles, all that lie side by side are held. */
function partBytes({ isTiled, isPacked, width, height, samples }: Layout, stored: FrameSize): number {
  if (!isTiled && !isPacked) return 0;
  const columns = isTiled ? Math.ceil(stored.width / width) * width : stored.width;
  return columns * height * Math.max(samples, stored.channels) * (stored.depth / 8);
}
