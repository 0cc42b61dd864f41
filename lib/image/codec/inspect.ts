import type { ImageFormat } from './sharp.js';
import { ImageProblem, damaged, unsupported } from './inspection.js';
import type { Inspection } from './inspection.js';
import { inspectJpeg } from './jpeg.js';
import { inspectPng } from './png.js';
import { inspectTiff } from './tiff.js';
import { inspectWebp } from './webp.js';

const INSPECTORS: Readonly<Record<Exclude<ImageFormat, 'fits'>, (file: Buffer) => Inspection | Promise<Inspection>>> = {
  jpeg: inspectJpeg,
  png: inspectPng,
  tiff: inspectTiff,
  webp: inspectWebp,
};

/** Text at an offset of a file, in Latin 1, by the format that it means. */
type Beginning<Name> = readonly [offset: number, text: string, name: Name];

const BEGINNINGS: readonly Beginning<keyof typeof INSPECTORS>[] = [
  [0, '\xff\xd8\xff', 'jpeg'],
  [0, '\x89PNG\r\n\x1a\n', 'png'],
  [0, 'II*\0', 'tiff'],
  [0, 'MM\0*', 'tiff'],
  [0, 'II+\0', 'tiff'],
  [0, 'MM\0+', 'tiff'],
  [8, 'WEBP', 'webp'],
];
/** Of formats that are known and not read. */
const OTHER_BEGINNINGS: readonly Beginning<string>[] = [
  [0, 'GIF8', 'gif'],
  [0, 'BM', 'bmp'],
  [0, '%PDF', 'pdf'],
  ...['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1'].map((brand) => [4, `ftyp${brand}`, 'heif'] as const),
  [4, 'ftypavi', 'avif'],
  [0, '\xff\x0a', 'jxl'],
  [4, 'JXL ', 'jxl'],
  [0, '\xff\x4f\xff\x51', 'jp2'],
  [4, 'jP  ', 'jp2'],
  [0, '8BPS', 'psd'],
  [0, 'v/1\x01', 'exr'],
  [0, '#?RADIANCE', 'hdr'],
  [0, '\x89HDF', 'hdf5'],
  [0, 'CDF', 'netcdf'],
  [0, 'NITF', 'nitf'],
  [0, 'NSIF', 'nitf'],
  [0, 'GRIB', 'grib'],
  [0, '\x93NUMPY', 'npy'],
  [0, 'II\xbc\x01', 'jxr'],
  [0, 'qoif', 'qoi'],
  [0, 'DDS ', 'dds'],
  [0, '\0\0\x01\0', 'ico'],
  [0, 'icns', 'icns'],
  [0, '%!PS', 'postscript'],
  [0, '\x01\xda', 'sgi'],
  [0, 'SDPX', 'dpx'],
  [0, 'XPDS', 'dpx'],
  [0, 'MATLAB 5', 'matlab'],
  [0, 'EHFA_HEADER_TAG', 'erdas imagine'],
];
/** Of files in which another one may be packed. */
const PACKED_BEGINNINGS: readonly Beginning<string>[] = [
  [0, '\x1f\x8b', 'gzip'],
  [0, 'BZh', 'bzip2'],
  [0, '\xfd7zXZ\0', 'xz'],
  [0, '\x28\xb5\x2f\xfd', 'zstd'],
  [0, 'PK\x03\x04', 'zip'],
];
/** Enough for all beginnings; an SVG may have a declaration and a comment before it. */
const BEGINNING_BYTES = 1024;

/** A file whose format is known and whose structure is sound. */
export interface InspectedFile extends Inspection {
  readonly format: ImageFormat;
}

/**
 * Finds out what a whole file is and checks its structure; the memory of the file becomes that of the picture. Throws
 * ImageProblem where it is of another kind or damaged.
 */
export async function inspectFile(file: Buffer): Promise<InspectedFile> {
  if (file.length === 0) throw damaged('it is empty');
  const beginning = file.toString('latin1', 0, BEGINNING_BYTES);
  const format = findName(BEGINNINGS, beginning);
  if (format) return { format, ...(await INSPECTORS[format](file)) };
  const formats = [...Object.keys(INSPECTORS), 'fits'].join(', ');
  const other = findName(OTHER_BEGINNINGS, beginning) ?? textFormat(beginning);
  if (other) throw unsupported(`its format ${other} is none of ${formats}`, 'convert it to PNG or TIFF');
  const packed = findName(PACKED_BEGINNINGS, beginning);
  if (packed) throw unsupported(`it is packed with ${packed}`, 'unpack it first');
  // Nobody knows whether it is a file of another kind or was damaged.
  const unknown = `cannot be read: it begins like no ${formats} file; convert it to PNG or TIFF, or get it again`;
  throw new ImageProblem('IMAGE_INVALID', unknown);
}

/** Whether a file begins as a TIFF or BigTIFF does. */
export function isTiff(file: Buffer): boolean {
  return findName(BEGINNINGS, file.toString('latin1', 0, BEGINNING_BYTES)) === 'tiff';
}

function findName<Name>(beginnings: readonly Beginning<Name>[], file: string): Name | undefined {
  return beginnings.find(([offset, text]) => file.startsWith(text, offset))?.[2];
}

/** Formats that are text at their beginning. */
function textFormat(file: string): string | undefined {
  if (/^P[1-7Ff][\s#]/.test(file)) return 'netpbm';
  const isMarkup = /^\W{0,3}\s*</.test(file);
  return isMarkup && file.includes('<svg') ? 'svg' : undefined;
}
