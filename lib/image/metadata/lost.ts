import type { ImageFormat } from '../codec/sharp.js';
import type { AnyFrameSize } from '../frame.js';
import { rgbBands } from '../planes.js';
import { integerRuleOf } from '../integers.js';
import { fullScale, typeScale } from '../samples.js';
import type { ImageMetadata, StoredType, TiffField } from './image-metadata.js';
import { MAX_JPEG_BLOCK_BYTES } from './jpeg.js';
import { isTelling } from './resolution.js';

const GDAL_NODATA = 42_113;
const MAX_SAMPLE_VALUE = 281;
/** What fields of TIFF say that people would miss, by tag (GeoTIFF 1.1, RPC in GeoTIFF, GDAL). */
const TIFF_TAGS: readonly (readonly [string, readonly number[]])[] = [
  ['the georeference (CRS, transform)', [33_550, 33_922, 34_264, 34_735, 34_736, 34_737]],
  ['the RPC camera model', [50_844]],
  ['the nodata value', [GDAL_NODATA]],
  ['the orientation', [274]],
  ['metadata of GDAL (band names, scales)', [42_112]],
];
/** Said by the writer itself. */
const EXTRA_SAMPLES = 338;

/**
 * What is known of a picture and cannot be held by a file of that format, each as words that follow "without"; none
 * where everything is kept.
 */
export function lostIn(format: ImageFormat, metadata: ImageMetadata, size: AnyFrameSize): string[] {
  const known = isTelling(metadata) ? metadata : { ...metadata, resolution: undefined };
  const blocks = BLOCKS.filter(({ name, formats }) => isThere(known[name]) && !formats.includes(format));
  return [
    ...(format === 'tiff' ? [] : lostFields(fieldsWithout(toldTags(format, size, metadata), metadata))),
    ...(format === 'tiff' ? [] : lostOfSamples(format, size)),
    ...blocks.map(({ words }) => words),
    ...(format === 'jpeg' ? lostBySize(metadata) : []),
  ];
}

/** The same as one warning, where anything is lost. */
export function warnOfLosses(format: ImageFormat, metadata: ImageMetadata, size: AnyFrameSize): string[] {
  const lost = lostIn(format, metadata, size);
  const types = widenedTypes(format, metadata, size);
  if (lost.length === 0) return types;
  const advice = format === 'tiff' ? '' : `: ${format} cannot hold that; write TIFF to keep what it can hold`;
  return [`its output (${format}) is without ${lost.join(', ')}${advice}`, ...types];
}

/** Types of stored samples, for people. */
export const STORED_TYPE_NAMES: Readonly<Record<StoredType, string>> = {
  int8: 'signed integers of 8 bits',
  int16: 'signed integers of 16 bits',
  int32: 'signed integers of 32 bits',
  uint32: 'integers of 32 bits',
  int64: 'integers of 64 bits',
  float16: '16-bit floats',
  float64: '64-bit floats',
  scaled: 'scaled integers (BSCALE, BZERO)',
  unblanked: 'integers of 32 bits whose BLANK no float tells',
};

/** Said where samples are written as another type than they have in their file. */
function widenedTypes(format: ImageFormat, metadata: ImageMetadata, size: AnyFrameSize): string[] {
  const { storedType } = metadata;
  if (storedType === undefined || size.depth !== 32 || integerRuleOf(format, size, metadata)) return [];
  return [`its samples are ${STORED_TYPE_NAMES[storedType]}; its output (${format}) has 32-bit floats`];
}

const isThere = (block: unknown): boolean => (Array.isArray(block) ? block.length > 0 : block !== undefined);

/** All but FITS. */
const PICTURES: readonly ImageFormat[] = ['jpeg', 'png', 'tiff', 'webp'];

/** Blocks that not every format holds, with those that do. */
const BLOCKS: readonly {
  readonly name: keyof ImageMetadata;
  readonly words: string;
  readonly formats: readonly ImageFormat[];
}[] = [
  { name: 'iptc', words: 'IPTC', formats: ['tiff', 'jpeg'] },
  { name: 'photoshop', words: 'image resources of Photoshop (IPTC)', formats: ['tiff', 'jpeg'] },
  { name: 'resolution', words: 'the resolution', formats: ['tiff', 'jpeg', 'png'] },
  { name: 'pngChunks', words: 'texts and colours of PNG', formats: ['png'] },
  { name: 'hasMask', words: 'the mask of missing pixels', formats: ['tiff'] },
  { name: 'jpegComments', words: 'comments of JPEG', formats: ['jpeg'] },
  { name: 'fitsCards', words: 'the header of FITS (WCS, BLANK, HISTORY)', formats: ['fits'] },
  { name: 'exif', words: 'EXIF', formats: PICTURES },
  { name: 'icc', words: 'the colour profile', formats: PICTURES },
  { name: 'xmp', words: 'XMP', formats: PICTURES },
];

/** Fields that other formats hold in their own way (integers of FITS have BLANK), or of which all is said. */
function toldTags(format: ImageFormat, size: AnyFrameSize, metadata: ImageMetadata): readonly number[] {
  const rule = integerRuleOf(format, size, metadata);
  const hasBlank = format === 'fits' && (rule ? rule.nodata !== null : size.depth !== 32);
  return [...(hasBlank ? [GDAL_NODATA] : []), ...(fullScale(size) === typeScale(size) ? [] : [MAX_SAMPLE_VALUE])];
}

function fieldsWithout(tags: readonly number[], { tiffFields = [] }: ImageMetadata): TiffField[] {
  return tiffFields.filter(({ tag }) => !tags.includes(tag));
}

function lostFields(fields: readonly TiffField[]): string[] {
  const tags = new Set(fields.map(({ tag }) => tag));
  tags.delete(EXTRA_SAMPLES);
  const lost: string[] = [];
  for (const [words, known] of TIFF_TAGS) {
    if (!known.some((tag) => tags.has(tag))) continue;
    lost.push(words);
    for (const tag of known) tags.delete(tag);
  }
  return tags.size === 0 ? lost : [...lost, `TIFF tags ${[...tags].join(', ')}`];
}

/** What only TIFF says of samples: which are red, green and blue in an unusual order, and which value is white. */
function lostOfSamples(format: ImageFormat, size: AnyFrameSize): string[] {
  const white = fullScale(size);
  return [...lostColours(format, size), ...(white === typeScale(size) ? [] : [`the white level ${white}`])];
}

function lostColours(format: ImageFormat, size: AnyFrameSize): string[] {
  const triples = size.channels < 3 ? [] : rgbBands(size);
  const isFirst = triples.some((triple) => triple.every((channel, index) => channel === index));
  if (format !== 'fits') return size.channels < 3 || isFirst ? [] : ['which bands are not red, green and blue'];
  // Three planes are colours where the header says so; more are bands.
  const isHeld = triples.length === 0 || (isFirst && size.channels === 3);
  return isHeld ? [] : ['which bands are red, green and blue'];
}

/** A JPEG holds a block in one segment. */
function lostBySize({ exif, xmp }: ImageMetadata): string[] {
  return [
    ...(exif && exif.length > MAX_JPEG_BLOCK_BYTES.exif ? ['EXIF, which is too long'] : []),
    ...(xmp && xmp.length > MAX_JPEG_BLOCK_BYTES.xmp ? ['XMP, which is too long'] : []),
  ];
}
