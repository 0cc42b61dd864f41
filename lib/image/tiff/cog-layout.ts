import type { TiffField } from '../metadata/image-metadata.js';
import { metadataFields } from '../metadata/tiff.js';
import { writeDirectory } from '../metadata/tiff-fields.js';
import type { TiledPicture } from './overview-tiles.js';
import { TAG } from './tags.js';
import { fileHeader, storageFields } from './write-directory.js';

/** Bytes before a tile: its length, as 32 bits; and behind it: its last four bytes once more. */
export const [LEADER_BYTES, TRAILER_BYTES] = [4, 4];

/**
 * What a reader of Cloud Optimized GeoTIFFs may rely on, as GDAL writes it behind the header (GDAL's driver COG,
 * "Header ghost area").
 */
const GHOST = [
  'LAYOUT=IFDS_BEFORE_DATA',
  'BLOCK_ORDER=ROW_MAJOR',
  'BLOCK_LEADER=SIZE_AS_UINT4',
  'BLOCK_TRAILER=LAST_4_BYTES_REPEATED',
  'KNOWN_INCOMPATIBLE_EDITION=NO\n ',
].join('\n');

/** The beginning of a Cloud Optimized GeoTIFF, and where each picture's tiles are. */
export interface CogLayout {
  /** All before the first tile. */
  readonly head: Buffer;
  /** Where the tiles of each picture begin, from the full one to the smallest: with the leader of the first. */
  readonly starts: readonly number[];
  readonly sizeBytes: number;
}

/**
 * Where everything is: directories from the full picture to the smallest overview, what the first points to, then tiles
 * from the smallest overview to the full picture.
 */
export function layoutCog(pictures: readonly TiledPicture[], isBig: boolean): CogLayout {
  const ghost = Buffer.from(`GDAL_STRUCTURAL_METADATA_SIZE=${String(GHOST.length).padStart(6, '0')} bytes\n${GHOST}`);
  const headerBytes = fileHeader(0, isBig).length;
  const first = even(headerBytes + ghost.length);
  const blank = pictures.map((picture) => fieldsOf(picture, 0, isBig));
  const { fields } = metadataFields(pictures[0]!.description.metadata ?? {}, 0, isBig);
  const metadata = pictures.map((_, level) => (level === 0 ? fields : fields.filter(isOfOverviews)));
  const sizes = blank.map((storage, level) => writeDirectory([...storage, ...metadata[level]!], 0, isBig).length);
  const partsAt = first + sum(sizes);
  const placed = metadataFields(pictures[0]!.description.metadata ?? {}, partsAt, isBig);
  metadata[0] = placed.fields;
  const dataAt = partsAt + sum(placed.parts.map(({ length }) => length));
  const { starts, end } = placeTiles(pictures, dataAt);
  let position = first;
  const directories = pictures.map((picture, level) => {
    const next = level + 1 < pictures.length ? position + sizes[level]! : 0;
    const storage = fieldsOf(picture, starts[level]!, isBig);
    const bytes = writeDirectory([...storage, ...metadata[level]!], position, isBig, next);
    position += bytes.length;
    return bytes;
  });
  const padding = Buffer.alloc(first - headerBytes - ghost.length);
  const head = Buffer.concat([fileHeader(first, isBig), ghost, padding, ...directories, ...placed.parts]);
  return { head, starts, sizeBytes: end };
}

/** Overviews say which samples are missing, as the full picture does. */
const isOfOverviews = ({ tag }: TiffField): boolean => tag === TAG.gdalNodata;

/** How a picture is stored, with its tiles from `start` on. */
function fieldsOf({ description, grid, blocks }: TiledPicture, start: number, isBig: boolean): TiffField[] {
  let position = start;
  const offsets = blocks.byteCounts.map((length) => {
    const offset = position + LEADER_BYTES;
    position = offset + length + TRAILER_BYTES;
    return offset;
  });
  return storageFields(description, grid, { offsets, byteCounts: blocks.byteCounts }, isBig);
}

function placeTiles(pictures: readonly TiledPicture[], dataAt: number): { starts: number[]; end: number } {
  const starts = new Array<number>(pictures.length).fill(0);
  let end = dataAt;
  for (let level = pictures.length - 1; level >= 0; level -= 1) {
    starts[level] = end;
    const { byteCounts } = pictures[level]!.blocks;
    end += sum(byteCounts) + byteCounts.length * (LEADER_BYTES + TRAILER_BYTES);
  }
  return { starts, end };
}

const even = (position: number): number => position + (position % 2);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
