import type { AnyFrameSize } from '../frame.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import { parseNodata } from '../tiff/nodata.js';

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

const SAMPLE_TYPES = { 8: 'uint8', 16: 'uint16', 32: 'float32' } as const;

/** Finds the value that the fields of a TIFF name. */
export function nodataOf({ tiffFields = [] }: ImageMetadata, { depth }: Pick<AnyFrameSize, 'depth'>): FoundNodata {
  const field = tiffFields.find(({ tag }) => tag === GDAL_NODATA);
  const { value, problem } = parseNodata(field?.data.toString('latin1') ?? null, SAMPLE_TYPES[depth]);
  return { nodata: Number.isNaN(value) ? null : value, warnings: problem === null ? [] : [problem] };
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
