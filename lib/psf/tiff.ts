import { fromArrayBuffer } from 'geotiff';
import { unsupported } from '../image/codec/inspection.js';
import { TiffReader } from '../image/metadata/tiff-fields.js';
import type { Matrix } from './npy.js';

/** Tag of the kind of a directory: bit 0 marks an overview, bit 2 a mask. */
const [SUBFILE_TAG, OTHER_KINDS] = [254, 0b101];
/** White is 0; colours are looked up. */
const [WHITE_IS_ZERO, PALETTE] = [0, 3];
/** Extra samples that are alpha, associated or not. */
const ALPHA = [1, 2];
/** Bits of a sample by its format: unsigned, signed, float, and undefined, which counts as unsigned. */
const BITS: Readonly<Record<number, (bits: number) => boolean>> = {
  1: (bits) => bits <= 32,
  2: (bits) => [8, 16, 32].includes(bits),
  3: (bits) => [16, 32, 64].includes(bits),
  4: (bits) => bits <= 32,
};
const FORMAT_NAMES = ['', 'unsigned', 'signed', 'float', 'undefined', 'complex integer', 'complex float'];

type TiffImage = Awaited<ReturnType<Awaited<ReturnType<typeof fromArrayBuffer>>['getImage']>>;

/**
 * The kernel in a TIFF of any sample type: the sum of its bands without alpha, in double precision. Rejects with
 * ImageProblem or the decoder's Error.
 */
export async function decodeTiffKernel(file: Buffer, maxSide: number): Promise<Matrix> {
  requireOnePage(file);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer;
  const image = await (await fromArrayBuffer(bytes)).getImage(0);
  const [width, height] = [image.getWidth(), image.getHeight()];
  if (Math.max(width, height) > maxSide)
    throw new Error(`${width}x${height} pixels, each side must be at most ${maxSide}`);
  const invert = await checkSamples(image);
  const samples = await colourBands(image);
  const bands = (await image.readRasters({ samples, interleave: false })) as unknown as ArrayLike<number>[];
  const data = Float64Array.from({ length: width * height }, (_, pixel) =>
    bands.reduce((sum, band) => sum + band[pixel]!, 0),
  );
  return { width, height, data: invert === null ? data : data.map((sum) => samples.length * invert - sum) };
}

/** A stack of kernels is none that could be chosen from. */
function requireOnePage(file: Buffer): void {
  const reader = new TiffReader(file);
  const seen = new Set<number>();
  let pages = 0;
  for (let at = reader.firstDirectory; at !== 0 && !seen.has(at); ) {
    seen.add(at);
    const entries = reader.readEntries(at);
    const kind = entries.find(({ tag, count }) => tag === SUBFILE_TAG && count > 0);
    if (!kind || (reader.numberAt(kind, 0) & OTHER_KINDS) === 0) pages += 1;
    at = reader.nextDirectory(at, entries.length) ?? 0;
  }
  if (pages > 1) throw unsupported(`it has ${pages} pages, which may all be kernels`, 'write the one page to a file');
}

/** Throws ImageProblem for samples that are not read. @returns what white is where white is 0, else null */
async function checkSamples(image: TiffImage): Promise<number | null> {
  for (let band = 0; band < image.getSamplesPerPixel(); band += 1) {
    const [format, bits] = [image.getSampleFormat(band), image.getBitsPerSample(band)];
    if (BITS[format]?.(bits)) continue;
    const name = `${FORMAT_NAMES[format] ?? `format ${format}`} of ${bits} bits`;
    throw unsupported(`its samples are ${name}`, 'write it as 32-bit floats');
  }
  const photometric = Number(await image.fileDirectory.loadValue('PhotometricInterpretation'));
  if (photometric === PALETTE) throw unsupported('its samples are numbers of colours', 'write it as grey');
  if (photometric !== WHITE_IS_ZERO) return null;
  if (image.getSampleFormat(0) !== 1) throw unsupported('white is 0 in it', 'write it with black as 0 (MinIsBlack)');
  return 2 ** image.getBitsPerSample(0) - 1;
}

/** Numbers of the bands that are not alpha. */
async function colourBands(image: TiffImage): Promise<number[]> {
  const count = image.getSamplesPerPixel();
  const extra = (await image.fileDirectory.loadValue('ExtraSamples')) as ArrayLike<number> | number | undefined;
  const kinds = extra === undefined ? [] : typeof extra === 'number' ? [extra] : Array.from(extra);
  const all = Array.from({ length: count }, (_, band) => band);
  return all.filter((band) => !ALPHA.includes(kinds[band - (count - kinds.length)] ?? 0));
}
