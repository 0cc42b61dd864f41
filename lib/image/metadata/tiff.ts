import { withoutStatistics } from './gdal-metadata.js';
import type { ImageMetadata, Resolution, TiffField } from './image-metadata.js';
import { iptcOf } from './photoshop.js';
import { inUnit, isTelling } from './resolution.js';
import { TiffReader, transplantExif } from './tiff-fields.js';

const [BYTE, SHORT, RATIONAL, UNDEFINED] = [1, 3, 5, 7];
/** Types that a classic TIFF has. */
const LAST_CLASSIC_TYPE = 13;
const X_RESOLUTION_TAG = 282;
const Y_RESOLUTION_TAG = 283;
const RESOLUTION_UNIT_TAG = 296;
const RESOLUTION_TAGS: readonly number[] = [X_RESOLUTION_TAG, Y_RESOLUTION_TAG, RESOLUTION_UNIT_TAG];
const XMP_TAG = 700;
const IPTC_TAG = 33_723;
const PHOTOSHOP_TAG = 34_377;
const ICC_TAG = 34_675;
const GDAL_METADATA_TAG = 42_112;

/** Tags that a writer makes anew, by what they speak of. All others stay as they are. */
const RENEWED_TAGS = new Set([
  // The kind of picture, its size, its samples, and where they lie (TIFF 6.0).
  ...[254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 292, 293, 317, 320],
  ...[322, 323, 324, 325, 338, 339, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 559],
  // Halftones and densities of samples as they were stored, free bytes, rows that a fax has lost, inks.
  ...[263, 264, 265, 288, 289, 290, 291, 321, 326, 327, 328, 332, 333, 334, 336],
  // It is one of one.
  ...[297, 330],
  // Blocks of their own.
  ...[X_RESOLUTION_TAG, Y_RESOLUTION_TAG, RESOLUTION_UNIT_TAG, XMP_TAG, IPTC_TAG, PHOTOSHOP_TAG, ICC_TAG],
  ...[34_665, 34_853, 40_965],
  // Layers of the picture as it was (Photoshop), and parameters of compression (LERC).
  ...[37_724, 50_674],
]);
/** The picture is upright, but where the file itself says that it stays as it was stored. */
const ORIENTATION_TAG = 274;
/** ExtraSamples says what kind the further channels are; the writer takes it where it fits. */
const EXTRA_SAMPLES_TAG = 338;

/** Fields of a directory, and the directories that they point to. */
export interface MetadataFields {
  readonly fields: readonly TiffField[];
  /** Directories to be written at the given position. */
  readonly parts: readonly Buffer[];
}

/**
 * What a TIFF says of a picture beside its storage. @param position file offset where the parts will be, which is even
 */
export function metadataFields(metadata: ImageMetadata, position: number, isBig: boolean): MetadataFields {
  const { exif, tiffFields = [] } = metadata;
  const parts: Buffer[] = [];
  const isKept = (tag: number): boolean => !RENEWED_TAGS.has(tag);
  // What EXIF says of the resolution counts where the file says nothing else: a WebP has no other place for it.
  const isOfExif = (tag: number): boolean =>
    (isKept(tag) && tag !== ORIENTATION_TAG) || (!isTelling(metadata) && RESOLUTION_TAGS.includes(tag));
  const ofExif = exif ? transplantExif(new TiffReader(exif), parts, { position, isBig, isKept: isOfExif }) : [];
  const others = tiffFields.filter(({ tag, type }) => isKept(tag) && type <= LAST_CLASSIC_TYPE);
  const byTag = new Map<number, TiffField>();
  for (const field of [...ofExif, ...blockFields(metadata), ...others])
    if (!byTag.has(field.tag)) byTag.set(field.tag, field);
  const current = byTag.get(GDAL_METADATA_TAG);
  if (current) byTag.delete(GDAL_METADATA_TAG);
  return { fields: [...byTag.values(), ...(current ? withoutStatistics(current) : [])], parts };
}

/** Kinds of the further channels as the source has them (TIFF 6.0, ExtraSamples), or null. */
export function extraSamplesOf({ tiffFields = [] }: ImageMetadata): number[] | null {
  const field = tiffFields.find(({ tag, type }) => tag === EXTRA_SAMPLES_TAG && type === SHORT);
  return field ? Array.from({ length: field.count }, (_, index) => field.data.readUInt16LE(2 * index)) : null;
}

/** Blocks that are a field each, and the resolution, which is three. */
function blockFields({ icc, xmp, iptc, photoshop, resolution }: ImageMetadata): TiffField[] {
  const field = (tag: number, type: number, data: Buffer | undefined): TiffField[] =>
    data ? [{ tag, type, count: data.length, data }] : [];
  return [
    ...field(XMP_TAG, BYTE, xmp),
    ...field(IPTC_TAG, UNDEFINED, iptc ?? (photoshop && iptcOf(photoshop)) ?? undefined),
    ...field(PHOTOSHOP_TAG, BYTE, photoshop),
    ...field(ICC_TAG, UNDEFINED, icc),
    ...(resolution ? resolutionFields(resolution) : []),
  ];
}

/** ResolutionUnit (TIFF 6.0). */
const UNIT_CODES = { none: 1, inch: 2, centimetre: 3, metre: 3 } as const;

function resolutionFields(resolution: Resolution): TiffField[] {
  const { x, y, unit } = resolution.unit === 'metre' ? inUnit(resolution, 'centimetre') : resolution;
  const code = Buffer.from([UNIT_CODES[unit], 0]);
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
