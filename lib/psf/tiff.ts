import { memorySource } from '../files/byte-source.js';
import { damaged, unsupported } from '../image/codec/inspection.js';
import { readBandRoles } from '../image/tiff/bands.js';
import { openTiffFile } from '../image/tiff/directory.js';
import type { Directory } from '../image/tiff/directory.js';
import { readStorage } from '../image/tiff/layout.js';
import type { Layout } from '../image/tiff/layout.js';
import { readPages } from '../image/tiff/pages.js';
import { PHOTOMETRIC, TAG } from '../image/tiff/tags.js';
import { sumOfBands } from './bands.js';
import type { Matrix } from './npy.js';
import { isPacked, isReadable, readNumbers } from './tiff-blocks.js';

const FORMAT_NAMES = ['', 'unsigned', 'signed', 'float', 'undefined', 'complex integer', 'complex float'];
/** Nobody said what the samples are: unsigned integers. */
const UNDEFINED_FORMAT = 4;
/** Bands of a kernel: more than any picture of one has. */
const MOST_BANDS = 16;

/** A picture whose samples can be read. */
interface KernelSamples {
  readonly layout: Layout;
  /** SampleFormat. */
  readonly format: number;
}

/**
 * The kernel in a TIFF of any sample type: the sum of its bands without alpha, see {@link sumOfBands}, in double
 * precision. Rejects with ImageProblem.
 */
export async function decodeTiffKernel(file: Buffer, maxSide: number): Promise<Matrix> {
  const { signal } = new AbortController();
  return await memorySource(file).use(signal, async (read) => {
    const { pages } = await readPages(await openTiffFile(file.length, read));
    if (pages.length > 1)
      throw unsupported(`it has ${pages.length} pages, which may all be kernels`, 'write the one page to a file');
    const { directory } = pages[0]!;
    const { layout, format } = await readSamples(directory, maxSide);
    const { width, height, bands } = layout;
    const white = await whiteOfInverted(directory, layout, format);
    const { alphaBand } = await readBandRoles(directory, bands);
    const samples = await readNumbers(read, directory, layout, format, signal);
    const light = white === null ? samples : samples.map((sample) => white - sample);
    return { width, height, data: sumOfBands(light, bands, alphaBand) };
  });
}

/** Type and layout of the samples. Throws ImageProblem for those that are not read, by name. */
async function readSamples(directory: Directory, maxSide: number): Promise<KernelSamples> {
  const [width, height] = [await directory.value(TAG.width, 0), await directory.value(TAG.height, 0)];
  const bands = await directory.value(TAG.samplesPerPixel, 1);
  if (Math.max(width, height) > maxSide)
    throw unsupported(
      `it has ${width}x${height} pixels, more than ${maxSide} a side`,
      'write the part that has weight',
    );
  if (Math.min(width, height) === 0) throw damaged('it does not say how large it is');
  if (bands < 1 || bands > MOST_BANDS) throw unsupported(`it has ${bands} bands`, 'write it as grey');
  const bits = await valueOfBands(directory, TAG.bits, bands);
  const said = await valueOfBands(directory, TAG.sampleFormat, bands);
  const format = said === UNDEFINED_FORMAT ? 1 : said;
  const name = FORMAT_NAMES[said] ?? `format ${said}`;
  if (!isReadable(format, bits))
    throw unsupported(`its samples are ${name} of ${bits} bits`, 'write it as 32-bit floats');
  const size = { width, height, bands };
  return {
    layout: { ...size, bits, ...(await readStorage(directory, size)), sampleType: standIn(format, bits) },
    format,
  };
}

/** A value that is said for each band, and must be the same; 1 by default. */
async function valueOfBands(directory: Directory, tag: number, bands: number): Promise<number> {
  const values = [...(await directory.numbers(tag, bands))];
  if (values.some((value) => value !== values[0]))
    throw unsupported('its bands have samples of different types', 'write all with the same');
  return values[0] ?? 1;
}

/** A type of frames that takes as many bytes: byte order and predictor are undone alike. */
function standIn(format: number, bits: number): Layout['sampleType'] {
  if (isPacked(format, bits)) return 'packed';
  if (bits === 8) return 'uint8';
  if (bits === 16) return format === 3 ? 'float16' : 'uint16';
  return 'float32';
}

/** What white is where white is 0; null where black is. Throws ImageProblem for samples that are no light. */
async function whiteOfInverted(directory: Directory, { bits }: Layout, format: number): Promise<number | null> {
  const photometric = await directory.value(TAG.photometric, PHOTOMETRIC.blackIsZero);
  if (photometric === PHOTOMETRIC.palette) throw unsupported('its samples are numbers of colours', 'write it as grey');
  if (photometric !== PHOTOMETRIC.whiteIsZero) return null;
  if (format !== 1) throw unsupported('white is 0 in it', 'write it with black as 0 (MinIsBlack)');
  return 2 ** bits - 1;
}
