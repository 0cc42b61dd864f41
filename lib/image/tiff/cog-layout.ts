import type { TiffField } from '../metadata/image-metadata.js';
import { metadataFields } from '../metadata/tiff.js';
import { writeDirectory } from '../metadata/tiff-fields.js';
import type { TiledPicture } from './overview-tiles.js';
import { TAG } from './tags.js';
import { fileHeader, storageFields } from './write-directory.js';
import type { BlockList } from './write-directory.js';
import { maskGridOf, maskOf } from './write-mask.js';

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
/** The same of a picture with a mask: each tile of the mask follows the tile that it belongs to. */
const MASK_GHOST = 'MASK_INTERLEAVED_WITH_IMAGERY=YES\n';

/** The beginning of a Cloud Optimized GeoTIFF, and where each picture's tiles are. */
export interface CogLayout {
  /** All before the first tile. */
  readonly head: Buffer;
  /** Where the tiles of each picture begin, from the full one to the smallest: with the leader of the first. */
  readonly starts: readonly number[];
  readonly sizeBytes: number;
}

/**
 * Where everything is: directories from the full picture to the smallest overview, each before that of its mask; what
 * the first points to; then tiles from the smallest overview to the full picture.
 */
export function layoutCog(pictures: readonly TiledPicture[], isBig: boolean): CogLayout {
  const [full] = pictures as [TiledPicture];
  const metadata = full.description.metadata ?? {};
  const text = full.mask ? GHOST + MASK_GHOST : GHOST;
  const ghost = Buffer.from(`GDAL_STRUCTURAL_METADATA_SIZE=${String(text.length).padStart(6, '0')} bytes\n${text}`);
  const headerBytes = fileHeader(0, isBig).length;
  const first = even(headerBytes + ghost.length);
  const { fields } = metadataFields(metadata, 0, isBig);
  const blank = listDirectories(pictures, new Array<number>(pictures.length).fill(0), fields, isBig);
  const sizes = blank.map((directory) => writeDirectory(directory, 0, isBig).length);
  const partsAt = first + sum(sizes);
  const placed = metadataFields(metadata, partsAt, isBig);
  const dataAt = partsAt + sum(placed.parts.map(({ length }) => length));
  const { starts, end } = placeTiles(pictures, dataAt);
  let position = first;
  const directories = listDirectories(pictures, starts, placed.fields, isBig).map((directory, index) => {
    const next = position + sizes[index]!;
    const bytes = writeDirectory(directory, position, isBig, index + 1 < sizes.length ? next : 0);
    position = next;
    return bytes;
  });
  const padding = Buffer.alloc(first - headerBytes - ghost.length);
  const head = Buffer.concat([fileHeader(first, isBig), ghost, padding, ...directories, ...placed.parts]);
  return { head, starts, sizeBytes: end };
}

/** Overviews say which samples are missing, as the full picture does. */
const isOfOverviews = ({ tag }: TiffField): boolean => tag === TAG.gdalNodata;

/** All directories in their order, with the tiles of each picture from its start on. @param fields of the metadata */
function listDirectories(
  pictures: readonly TiledPicture[],
  starts: readonly number[],
  fields: readonly TiffField[],
  isBig: boolean,
): TiffField[][] {
  return pictures.flatMap((picture, level) => {
    const { description, grid } = picture;
    const [own, mask] = placeBlocks(picture, starts[level]!);
    const said = level === 0 ? fields : fields.filter(isOfOverviews);
    const directories = [[...storageFields(description, grid, own!, isBig), ...said]];
    if (mask) directories.push(storageFields(maskOf(description), maskGridOf(grid), mask, isBig));
    return directories;
  });
}

/** Where the tiles of a picture lie, and those of its mask where it has one: each behind the tile it belongs to. */
function placeBlocks({ blocks, mask }: TiledPicture, start: number): BlockList[] {
  const lists = [blocks, ...(mask ? [mask] : [])];
  const offsets = lists.map(() => new Array<number>(blocks.byteCounts.length));
  let position = start;
  for (let index = 0; index < blocks.byteCounts.length; index += 1) {
    for (const [list, { byteCounts }] of lists.entries()) {
      offsets[list]![index] = position + LEADER_BYTES;
      position += LEADER_BYTES + byteCounts[index]! + TRAILER_BYTES;
    }
  }
  return lists.map(({ byteCounts }, list) => ({ offsets: offsets[list]!, byteCounts }));
}

function placeTiles(pictures: readonly TiledPicture[], dataAt: number): { starts: number[]; end: number } {
  const starts = new Array<number>(pictures.length).fill(0);
  let end = dataAt;
  for (let level = pictures.length - 1; level >= 0; level -= 1) {
    starts[level] = end;
    const { blocks, mask } = pictures[level]!;
    for (const { byteCounts } of [blocks, ...(mask ? [mask] : [])])
      end += sum(byteCounts) + byteCounts.length * (LEADER_BYTES + TRAILER_BYTES);
  }
  return { starts, end };
}

const even = (position: number): number => position + (position % 2);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
