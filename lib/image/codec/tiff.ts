import type { FrameSize } from '../frame.js';
import { TiffReader } from '../metadata/tiff-fields.js';
import type { TiffEntry } from '../metadata/tiff-fields.js';
import { STORAGE_TAGS, TAG } from '../tiff/tags.js';
import { damaged, toOrientation, unsupported } from './inspection.js';
import type { Inspection } from './inspection.js';

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

/**
 * Checks that libvips reads the picture of the first directory and that all its strips or tiles lie in the file, and
 * leaves nothing else to libvips. What the directory says beside is read before (`tiff/read-tiff.ts`). Throws
 * ImageProblem.
 */
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
  const orientation = toOrientation(storage.value(TAG.orientation, 0, 1));
  keepStorage(reader, directory, entries);
  const bands = readBands(storage);
  return { picture: file, metadata: {}, orientation, bands, decoderBytes: (stored) => partBytes(layout, stored) };
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

/** A strip is decoded whole, or read in place where it is not packed; of tiles, all that lie side by side are held. */
function partBytes({ isTiled, isPacked, width, height, samples }: Layout, stored: FrameSize): number {
  if (!isTiled && !isPacked) return 0;
  const columns = isTiled ? Math.ceil(stored.width / width) * width : stored.width;
  return columns * height * Math.max(samples, stored.channels) * (stored.depth / 8);
}
