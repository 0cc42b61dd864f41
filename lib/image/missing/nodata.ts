import type { AnyFrameSize } from '../frame.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';

/** GDAL's tag for the value of samples that were not measured: a number as text. */
const GDAL_NODATA = 42_113;
/** Type of a TIFF field: text that ends with a zero. */
const ASCII = 2;

/** The value of missing samples as a file names it. */
export interface FoundNodata {
  /** Null: none is named, or none that a sample can have. NaN is missing in any case. */
  readonly nodata: number | null;
  readonly warnings: readonly string[];
}

/** Finds the value that the fields of a TIFF name. */
export function nodataOf({ tiffFields = [] }: ImageMetadata, size: Pick<AnyFrameSize, 'depth'>): FoundNodata {
  const field = tiffFields.find(({ tag }) => tag === GDAL_NODATA);
  if (!field) return { nodata: null, warnings: [] };
  const [text = ''] = field.data.toString('latin1').split('\0');
  return parseNodata(text.trim(), size);
}

/**
 * What is to be said in a file of the value of missing samples: what the reader took for it. What the file itself says
 * stays, unless the options say otherwise.
 * @param given by the options
 */
export function stateNodata(
  metadata: ImageMetadata,
  nodata: number | null,
  given: number | 'none' | undefined,
): ImageMetadata {
  const { tiffFields = [], ...blocks } = metadata;
  const isStated = tiffFields.some(({ tag }) => tag === GDAL_NODATA);
  if (given === undefined && (isStated || nodata === null)) return metadata;
  const others = tiffFields.filter(({ tag }) => tag !== GDAL_NODATA);
  const data = Buffer.from(`${String(nodata).toLowerCase()}\0`, 'latin1');
  const field = { tag: GDAL_NODATA, type: ASCII, count: data.length, data };
  const fields = nodata === null ? others : [...others, field].sort((a, b) => a.tag - b.tag);
  return { ...blocks, ...(fields.length > 0 && { tiffFields: fields }) };
}

/** A number as GDAL writes it: also nan, inf, and with an exponent. */
function parseNodata(text: string, { depth }: Pick<AnyFrameSize, 'depth'>): FoundNodata {
  if (/^[+-]?nan$/i.test(text)) return { nodata: null, warnings: [] };
  const value = /^[+-]?inf(inity)?$/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
  const ignored = (why: string): FoundNodata => ({
    nodata: null,
    warnings: [`its nodata value '${text.slice(0, 40)}' ${why}: all samples are taken as measured`],
  });
  if (text === '' || Number.isNaN(value)) return ignored('is no number');
  if (depth === 32) return { nodata: Math.fround(value), warnings: [] };
  const canBe = Number.isInteger(value) && value >= 0 && value < 2 ** depth;
  return canBe ? { nodata: value, warnings: [] } : ignored(`is none of samples of ${depth} bits`);
}
