import type { AnyFrameSize, RgbBands } from '../frame.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';
import type { Directory } from './directory.js';
import type { Layout } from './layout.js';
import { frameDepthOf } from './samples.js';
import { PHOTOMETRIC, TAG } from './tags.js';

/** Kinds of ExtraSamples that are alpha: premultiplied or not. All others, 0 too, are bands. */
const ALPHA_KINDS = [1, 2];

/** More text is no list of items that tell of samples. */
const MOST_XML_BYTES = 2 ** 16;

/** What the bands of a picture are. */
export interface BandRoles {
  /** The band that is alpha, from 0; null: none is. */
  readonly alphaBand: number | null;
  readonly rgb: readonly RgbBands[];
  readonly warnings: readonly string[];
}

/** What the file says of its bands: colours by its photometric interpretation, alpha by ExtraSamples alone. */
export async function readBandRoles(directory: Directory, bands: number): Promise<BandRoles> {
  const extras = [...(await directory.numbers(TAG.extraSamples, bands))];
  const alphas = extras.flatMap((kind, index) => (ALPHA_KINDS.includes(kind) ? [bands - extras.length + index] : []));
  // Where several are, the last band is meant as a rule; the others are restored as bands are.
  const alphaBand = [bands - 1, ...alphas].find((band) => band > 0 && alphas.includes(band)) ?? null;
  const isRgb = (await directory.value(TAG.photometric, PHOTOMETRIC.blackIsZero)) === PHOTOMETRIC.rgb;
  const several = `has ${alphas.length} bands of alpha: but for band ${(alphaBand ?? 0) + 1} they are bands`;
  return {
    alphaBand,
    rgb: isRgb && bands - (alphaBand === null ? 0 : 1) >= 3 ? [[0, 1, 2]] : [],
    warnings: alphas.length > 1 ? [several] : [],
  };
}

/**
 * The white level that the file states of 16-bit samples: MaxSampleValue where it is neither 0 nor what the samples can
 * hold, or this where they are narrower than those of the frame, or what GDAL's NBITS says; else undefined.
 */
export async function readWhite(
  directory: Directory,
  bands: number,
  { sampleType, bits }: Pick<Layout, 'sampleType' | 'bits'>,
): Promise<number | undefined> {
  if (frameDepthOf(sampleType, bits) !== 16) return undefined;
  const most = 2 ** bits - 1;
  const white = (await directory.numbers(TAG.maxSampleValue, bands)).reduce((most, one) => Math.max(most, one), 0);
  if (white > 0 && white < most) return white;
  return sampleType === 'packed' ? most : await readNbits(directory);
}

/** White of 16-bit samples of which GDAL's metadata say how many bits are in use; undefined: they do not. */
async function readNbits(directory: Directory): Promise<number | undefined> {
  const tag = TAG.gdalMetadata;
  if (directory.sizeOf(tag) > MOST_XML_BYTES) return undefined;
  const text = (await directory.field(tag))?.data.toString('latin1');
  const bits = Number(/<Item\s[^>]*\bname\s*=\s*["']NBITS["'][^>]*>\s*(\d{1,2})\s*</.exec(text ?? '')?.[1] ?? 16);
  return bits > 8 && bits < 16 ? 2 ** bits - 1 : undefined;
}

const SHORT = 3;

/** Says white of 16-bit samples as MaxSampleValue, where a file says it in a way that is lost with its storage. */
export function stateWhite(metadata: ImageMetadata, size: AnyFrameSize | undefined): ImageMetadata {
  const { tiffFields = [] } = metadata;
  const isStated = tiffFields.some(({ tag, data }) => tag === TAG.maxSampleValue && data.some((byte) => byte !== 0));
  if (size?.white === undefined || isStated) return metadata;
  const data = Buffer.alloc(2 * size.channels);
  for (let at = 0; at < data.length; at += 2) data.writeUInt16LE(size.white, at);
  const white = { tag: TAG.maxSampleValue, type: SHORT, count: size.channels, data };
  const others = tiffFields.filter(({ tag }) => tag !== TAG.maxSampleValue);
  return { ...metadata, tiffFields: [...others, white].sort((a, b) => a.tag - b.tag) };
}
