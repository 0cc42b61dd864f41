import type { ImageMetadata, Resolution, TiffField } from './image-metadata.js';
import { inUnit } from './resolution.js';
import { TiffReader, transplantExif, writeDirectory } from './tiff-fields.js';

const [BYTE, SHORT, RATIONAL, UNDEFINED] = [1, 3, 5, 7];
const X_RESOLUTION_TAG = 282;
const Y_RESOLUTION_TAG = 283;
const RESOLUTION_UNIT_TAG = 296;
/** libvips writes 25.4 pixels per inch where nothing is known; nothing is to be invented. */
const RESOLUTION_TAGS = [X_RESOLUTION_TAG, Y_RESOLUTION_TAG, RESOLUTION_UNIT_TAG];
const XMP_TAG = 700;
const IPTC_TAG = 33_723;
const PHOTOSHOP_TAG = 34_377;
const ICC_TAG = 34_675;

/**
 * Parts of a little-endian TIFF file (as libvips writes it) with fields of metadata in a directory moved to its end.
 */
export function addToTiff(file: Buffer, metadata: ImageMetadata): Uint8Array[] {
  const { exif, tiffFields = [] } = metadata;
  const reader = new TiffReader(file);
  const stored = reader.readDirectory(reader.firstDirectory);
  const padding = Buffer.alloc(file.length % 2);
  const position = file.length + padding.length;
  const parts: Buffer[] = [];
  const added = [...(exif ? transplantExif(new TiffReader(exif), parts, position) : []), ...blockFields(metadata)];
  const hasTag = (fields: readonly TiffField[], tag: number): boolean => fields.some((field) => field.tag === tag);
  const others = tiffFields.filter(
    ({ tag }, index) => !hasTag([...added, ...stored, ...tiffFields.slice(0, index)], tag),
  );
  const kept = stored.filter(({ tag }) => !hasTag(added, tag) && !RESOLUTION_TAGS.includes(tag));
  const directoryStart = position + parts.reduce((sum, { length }) => sum + length, 0);
  const directory = writeDirectory([...kept, ...added, ...others], directoryStart);
  const header = Buffer.from(file.subarray(0, 8));
  header.writeUInt32LE(directoryStart, 4);
  return [header, file.subarray(8), padding, ...parts, directory];
}

/** Blocks that are a field each, and the resolution, which is three. */
function blockFields({ icc, xmp, iptc, photoshop, resolution }: ImageMetadata): TiffField[] {
  const field = (tag: number, type: number, data: Buffer | undefined): TiffField[] =>
    data ? [{ tag, type, count: data.length, data }] : [];
  return [
    ...field(XMP_TAG, BYTE, xmp),
    ...field(IPTC_TAG, UNDEFINED, iptc),
    ...field(PHOTOSHOP_TAG, BYTE, photoshop),
    ...field(ICC_TAG, UNDEFINED, icc),
    ...(resolution ? resolutionFields(resolution) : []),
  ];
}

function resolutionFields(resolution: Resolution): TiffField[] {
  const { x, y, unit } = resolution.unit === 'metre' ? inUnit(resolution, 'centimetre') : resolution;
  const code = Buffer.from([unit === 'inch' ? 2 : 3, 0]);
  return [
    { tag: X_RESOLUTION_TAG, type: RATIONAL, count: 1, data: toRational(x) },
    { tag: Y_RESOLUTION_TAG, type: RATIONAL, count: 1, data: toRational(y) },
    { tag: RESOLUTION_UNIT_TAG, type: SHORT, count: 1, data: code },
  ];
}

/** A number as a fraction of two numbers of 32 bits, with as many decimals as there is room for. */
function toRational(value: number): Buffer {
  const denominator = Number.isInteger(value) ? 1 : value < 4e3 ? 1e6 : value < 4e6 ? 1e3 : 1;
  const data = Buffer.alloc(8);
  data.writeUInt32LE(Math.min(Math.round(value * denominator), 0xffffffff), 0);
  data.writeUInt32LE(denominator, 4);
  return data;
}
