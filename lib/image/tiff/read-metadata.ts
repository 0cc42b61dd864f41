import type { ImageMetadata, Resolution, TiffField } from '../metadata/image-metadata.js';
import { isExifTag } from '../metadata/tiff-fields.js';
import { MAX_METADATA_BYTES } from '../codec/inspection.js';
import type { Directory, Entry } from './directory.js';
import type { StoredOrientation } from './orientation.js';
import { readExif } from './read-exif.js';
import { STORAGE_TAGS, TAG } from './tags.js';

/** Of the storage, what the samples beyond grey or RGB are is kept as the file says it. */
const isStorage = (tag: number): boolean => STORAGE_TAGS.has(tag) && tag !== TAG.extraSamples;

/** In blocks of their own, or said of a whole file of several pictures: kinds of them, thumbnails, numbers of pages. */
const OTHER_TAGS = new Set<number>([
  ...[TAG.orientation, TAG.xResolution, TAG.yResolution, TAG.resolutionUnit, TAG.xmp, TAG.iptc, TAG.photoshop, TAG.icc],
  ...[254, 255, 297, 330, 512, 513, 514, 515, 517, 518, 519, 520, 521],
]);
/** Offset of a directory, which means nothing in another file; larger ones are of BigTIFF. */
const IFD_TYPE = 13;

/** What a directory says of its picture, and what of it is left out, for people. */
export interface TiffMetadata {
  readonly metadata: ImageMetadata;
  readonly warnings: readonly string[];
}

/** What a directory says beside how its picture is stored. */
export async function readMetadata(directory: Directory, orientation: StoredOrientation): Promise<TiffMetadata> {
  const warnings: string[] = [];
  const kept = keptEntries(directory.entries, warnings);
  const fieldOf = async (tag: number): Promise<TiffField | null> =>
    kept.some((entry) => entry.tag === tag) ? directory.field(tag) : null;
  const blockOf = async (tag: number): Promise<Buffer | undefined> => (await blockField(directory, kept, tag))?.data;
  const blocks = {
    exif: await readExif(directory, MAX_METADATA_BYTES),
    icc: await blockOf(TAG.icc),
    xmp: await blockOf(TAG.xmp),
    iptc: await blockOf(TAG.iptc),
    photoshop: await blockOf(TAG.photoshop),
    resolution: await readResolution(fieldOf),
  };
  const tiffFields: TiffField[] = [];
  for (const { tag, type } of kept) {
    const isOther = OTHER_TAGS.has(tag) && !(tag === TAG.orientation && orientation.isKept);
    if (isStorage(tag) || isOther || isExifTag(tag) || type >= IFD_TYPE) continue;
    const field = await directory.field(tag);
    if (field) tiffFields.push(field);
  }
  const found = Object.entries(blocks).filter(([, block]) => block !== undefined && block !== null);
  return { metadata: { ...Object.fromEntries(found), ...(tiffFields.length > 0 && { tiffFields }) }, warnings };
}

/** Entries whose values together are no more than anybody's metadata. */
function keptEntries(entries: readonly Entry[], warnings: string[]): Entry[] {
  let room = MAX_METADATA_BYTES;
  return entries.filter(({ tag, sizeBytes }) => {
    if (isStorage(tag)) return false;
    const isKept = sizeBytes <= room;
    if (isKept) room -= sizeBytes;
    else warnings.push(`its tag ${tag} of ${sizeBytes} bytes is left out: tags may have ${MAX_METADATA_BYTES} bytes`);
    return isKept;
  });
}

/** A block of bytes. IPTC was often written as numbers of 32 bits; it is bytes, which have no order. */
async function blockField(
  directory: Directory,
  kept: readonly Entry[],
  tag: number,
): Promise<{ readonly data: Buffer } | null> {
  const entry = kept.find((one) => one.tag === tag);
  if (!entry || entry.sizeBytes === 0) return null;
  return { data: Buffer.from(await directory.file.read(entry.valuesAt, entry.sizeBytes)) };
}

/** ResolutionUnit; 2 is the default. */
const UNITS: Readonly<Record<number, Resolution['unit']>> = { 1: 'none', 2: 'inch', 3: 'centimetre' };

/** Pixels per unit of length, or the shape of pixels. */
async function readResolution(fieldOf: (tag: number) => Promise<TiffField | null>): Promise<Resolution | null> {
  const rational = (field: TiffField | null): number =>
    field?.type === 5 ? field.data.readUInt32LE(0) / field.data.readUInt32LE(4) : 0;
  const [x, y] = [rational(await fieldOf(TAG.xResolution)), rational(await fieldOf(TAG.yResolution))];
  const unit = await fieldOf(TAG.resolutionUnit);
  const code = unit && unit.data.length >= 2 ? unit.data.readUInt16LE(0) : 2;
  const name = UNITS[code];
  if (!(x > 0 && x < Infinity && y > 0 && y < Infinity) || !name) return null;
  return { x, y, unit: name };
}
