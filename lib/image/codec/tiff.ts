import type { FrameSize } from '../frame.js';
import { readBandRoles } from '../tiff/bands.js';
import { Directory, openTiffFile } from '../tiff/directory.js';
import type { TiffHeader } from '../tiff/directory.js';
import { nameOf, readBlocks, readStorage } from '../tiff/layout.js';
import type { Layout } from '../tiff/layout.js';
import { COMPRESSION, PHOTOMETRIC, STORAGE_TAGS, TAG } from '../tiff/tags.js';
import { describeColours, describeCompression } from '../tiff/names.js';
import { readOrientation } from '../tiff/orientation.js';
import { damaged, unsupported } from './inspection.js';
import type { Inspection } from './inspection.js';

/** None, CCITT (2 to 4), LZW, JPEG, deflate, PackBits, deflate by its old number. */
const COMPRESSIONS = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946];
/** Grey (0: white is 0), RGB, palette, YCbCr. */
const PHOTOMETRICS = [0, 1, 2, 3, 6];
/** Of these, what is decoded is red, green and blue first. */
const COLOURED: readonly number[] = [PHOTOMETRIC.rgb, PHOTOMETRIC.palette, PHOTOMETRIC.ycc];
const SAMPLE_FORMATS: Readonly<Record<number, string>> = { 2: 'signed integers', 3: 'floats', 5: 'complex integers' };
/** More bands than libvips decodes as a picture. */
const MOST_BANDS = 65_535;

/**
 * Checks that libvips reads the picture of the first directory and that all its strips or tiles lie in the file, and
 * leaves nothing else to libvips. What the directory says beside is read before (`tiff/read-tiff.ts`). Throws
 * ImageProblem.
 */
export async function inspectTiff(file: Buffer): Promise<Inspection> {
  const tiff = await openTiffFile(file.length, async (at, length) => file.subarray(at, at + length));
  const directory = await Directory.read(tiff, tiff.first, 'its directory');
  const bands = await directory.value(TAG.samplesPerPixel, 1);
  const bits = await requireReadable(directory, bands);
  const [width, height] = [await directory.value(TAG.width, 0), await directory.value(TAG.height, 0)];
  if (width === 0 || height === 0) throw damaged('it does not say how large it is');
  const size = { width, height, bands };
  const layout: Layout = { ...size, ...(await readStorage(directory, size)), bits, sampleType: 'uint8' };
  requireDecodable(layout);
  await requireWhole(directory, layout);
  const { turn: orientation } = await readOrientation(directory);
  const roles = await readRoles(directory, bands);
  keepStorage(file, tiff, bands === 1 ? [TAG.planar] : []);
  return {
    picture: file,
    metadata: {},
    orientation,
    bands: roles,
    decoderBytes: (stored) => partBytes(layout, stored),
  };
}

/** Throws ImageProblem for kinds of samples and compressions that are not read. Returns the bits of a sample. */
async function requireReadable(directory: Directory, bands: number): Promise<number> {
  if (bands > MOST_BANDS) throw damaged(`it has ${bands} samples per pixel`);
  const format = SAMPLE_FORMATS[await directory.value(TAG.sampleFormat, 1)];
  const sizes = await directory.numbers(TAG.bits, bands);
  const bits = sizes[0] ?? 1;
  if (format) throw unsupported(`its samples are ${format}`, 'write unsigned integers of 8 or 16 bits');
  if (![1, 2, 4, 8, 16].includes(bits))
    throw unsupported(`its samples have ${bits} bits`, 'write 8 or 16 bits per sample');
  if (sizes.some((one) => one !== bits))
    throw unsupported('its bands have samples of different sizes', 'write all with as many bits');
  const compression = await directory.value(TAG.compression, COMPRESSION.none);
  if (!COMPRESSIONS.includes(compression))
    throw unsupported(describeCompression(compression), 'write it with LZW, deflate or none');
  const photometric = await directory.value(TAG.photometric, PHOTOMETRIC.blackIsZero);
  if (!PHOTOMETRICS.includes(photometric)) throw unsupported(describeColours(photometric), 'write grey or RGB');
  return bits;
}

/** Throws ImageProblem for valid layouts that libvips does not decode. */
function requireDecodable({ bands, bits, isTiled, isPlanar, compression }: Layout): void {
  if (bands > 1 && bits < 8)
    throw unsupported(`its ${bands} bands have samples of ${bits} bits in reversed order`, 'write bytes (FillOrder 1)');
  if (isTiled && isPlanar)
    throw unsupported(
      'each of its bands has tiles of its own',
      'write them interleaved (INTERLEAVE=PIXEL), or with LZW',
    );
  if (isTiled && bands > 3 && compression === COMPRESSION.jpeg)
    throw unsupported(`its tiles are JPEG of ${bands} bands`, 'write them with LZW, deflate or none');
}

/** What the channels are. A last one is alpha only where the file says so. */
async function readRoles(directory: Directory, bands: number): Promise<NonNullable<Inspection['bands']>> {
  const { alphaBand } = await readBandRoles(directory, bands);
  const photometric = await directory.value(TAG.photometric, PHOTOMETRIC.blackIsZero);
  return { alpha: alphaBand === bands - 1, rgb: COLOURED.includes(photometric) ? [[0, 1, 2]] : [] };
}

/** Throws ImageProblem unless each strip or tile is there: decoders make those black that are not. */
async function requireWhole(directory: Directory, layout: Layout): Promise<void> {
  const { sizes } = await readBlocks(directory, layout);
  const empty = sizes.indexOf(0);
  const name = nameOf(layout);
  if (empty >= 0)
    throw unsupported(
      `its ${name} ${empty + 1} of ${sizes.length} is empty`,
      `write it with all ${name}s (SPARSE_OK=NO)`,
    );
}

/**
 * Writes a directory of the storage tags alone over the first, which has at least as many entries; no other follows.
 * @param dropped tags that say nothing of this picture, and that libvips would heed
 */
function keepStorage(file: Buffer, { isLittle, isBig, first }: TiffHeader, dropped: readonly number[]): void {
  const [countBytes, entryBytes, offsetBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  // Beyond 65,535 entries no directory is read: the low 16 bits of the count are all of it.
  const countAt = isBig && !isLittle ? first + 6 : first;
  const count = isLittle ? file.readUInt16LE(countAt) : file.readUInt16BE(countAt);
  const kept = new Map<number, Buffer>();
  for (let index = 0; index < count; index += 1) {
    const at = first + countBytes + index * entryBytes;
    const tag = isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at);
    const isWanted = STORAGE_TAGS.has(tag) && !dropped.includes(tag);
    if (isWanted && !kept.has(tag)) kept.set(tag, Buffer.from(file.subarray(at, at + entryBytes)));
  }
  const entries = [...kept].sort(([one], [other]) => one - other).map(([, entry]) => entry);
  if (isLittle) file.writeUInt16LE(entries.length, countAt);
  else file.writeUInt16BE(entries.length, countAt);
  Buffer.concat([...entries, Buffer.alloc(offsetBytes)]).copy(file, first + countBytes);
}

/** A strip is decoded whole, or read in place where it is not packed; of tiles, all that lie side by side are held. */
function partBytes(layout: Layout, stored: FrameSize): number {
  const { isTiled, compression, blockWidth, blockHeight, blockBands } = layout;
  if (!isTiled && compression === COMPRESSION.none) return 0;
  const columns = isTiled ? Math.ceil(stored.width / blockWidth) * blockWidth : stored.width;
  return columns * blockHeight * Math.max(blockBands, stored.channels) * (stored.depth / 8);
}
