import { colourPlanes, rgbBands } from '../image/planes.js';
import { fullScale } from '../image/samples.js';
import { sharp } from '../image/codec/sharp.js';
import type { AnyFrame, AnyFrameSize, Region } from '../image/frame.js';
import { countValid } from '../image/missing/whole.js';
import { ImageError } from '../runtime/errors.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';

/** What tells which channels are colours. */
type Bands = Pick<AnyFrameSize, 'channels' | 'alpha' | 'rgb'>;

/** Part of the samples that may be shown as white. */
const WHITE_PART = 0.001;
const HISTOGRAM_BINS = 4096;
/** Longest side of the view of a whole frame. */
export const LARGEST_VIEW = 2048;

/**
 * What samples are multiplied by for display. 8 bits are shown as they are; others often fill only a part of their
 * range.
 */
export async function displayBrightness(scope: Scope, pictures: readonly Pixels[]): Promise<number> {
  if (pictures.every(({ frame }) => frame.depth === 8)) return 1;
  let least = Infinity;
  for (const picture of pictures) least = Math.min(least, await whiteBrightness(scope, picture));
  return least;
}

async function whiteBrightness({ signal }: Scope, { frame, valid }: Pixels): Promise<number> {
  const { width, height, data, channels } = frame;
  const planes = colourPlanes(frame);
  const full = fullScale(frame);
  const counts = new Float64Array(HISTOGRAM_BINS);
  const pauses = new Pauses(signal);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      if (valid?.[pixel] === 0) continue;
      const first = pixel * channels;
      for (let index = first; index < first + planes; index += 1) counts[binOf(data[index]! / full)]! += 1;
    }
  }
  let above = countValid(frame, valid) * planes * WHITE_PART;
  let bin = HISTOGRAM_BINS - 1;
  while (bin > 0 && above >= counts[bin]!) above -= counts[bin--]!;
  return HISTOGRAM_BINS / (bin + 1);
}

const binOf = (level: number): number => Math.max(0, Math.min(HISTOGRAM_BINS - 1, Math.floor(level * HISTOGRAM_BINS)));

/** The pixels of a picture. */
export interface Pixels {
  readonly frame: AnyFrame;
  /** One byte per pixel, 0 where it is missing; null: none is. */
  readonly valid: Uint8Array | null;
}

/** A picture as it is shown: in colour, or its first band; pixels that are missing are transparent. */
export interface Shown extends Pixels {
  /** What samples are multiplied by. */
  readonly brightness: number;
}

/** Channels that are shown. */
const shownBands = (frame: Bands): readonly number[] => rgbBands(frame)[0] ?? [0];

/** Samples of a pixel that is shown, one for transparency where pixels may be missing. */
export function shownChannels(frame: Bands, isMasked: boolean): 1 | 2 | 3 | 4 {
  return (shownBands(frame).length + (isMasked ? 1 : 0)) as 1 | 2 | 3 | 4;
}

/** Whether a frame is shown without a copy of its samples. */
export function isShownAsItIs(frame: AnyFrameSize, isMasked: boolean): boolean {
  const bands = shownBands(frame);
  const isInOrder = bands.length === frame.channels && bands.every((channel, index) => channel === index);
  return frame.depth === 8 && fullScale(frame) === 255 && isInOrder && !isMasked;
}

/** A part of a picture as samples of 8 bits. */
async function toBytes({ signal }: Scope, { frame, valid, brightness }: Shown, region: Region): Promise<Uint8Array> {
  const { left, top, width, height } = region;
  const { data, channels } = frame;
  const isWhole = width === frame.width && height === frame.height;
  if (isWhole && brightness === 1 && isShownAsItIs(frame, valid !== null)) return data as Uint8Array;
  const bands = shownBands(frame);
  const scale = (brightness * 255) / fullScale(frame);
  const bytes = new Uint8ClampedArray(width * height * shownChannels(frame, valid !== null));
  const pauses = new Pauses(signal);
  let target = 0;
  for (let y = top; y < top + height; y += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = y * frame.width + left; pixel < y * frame.width + left + width; pixel += 1) {
      for (const band of bands) bytes[target++] = data[pixel * channels + band]! * scale;
      if (valid) bytes[target++] = valid[pixel] === 0 ? 0 : 255;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** The whole frame as a data URI, reduced to a size that browsers show well. */
export async function embedView(scope: Scope, picture: Shown): Promise<string> {
  const { width, height } = picture.frame;
  const bytes = await toBytes(scope, picture, { left: 0, top: 0, width, height });
  const size = { width: LARGEST_VIEW, height: LARGEST_VIEW, fit: 'inside', withoutEnlargement: true } as const;
  const view = openBytes(picture, bytes, width, height).resize(size);
  return toUri('webp', await encode(scope, view.webp({ quality: 88, effort: 2 })));
}

/** A part of a frame as a data URI, pixel by pixel and without loss. */
export async function embedDetail(scope: Scope, picture: Shown, region: Region): Promise<string> {
  const bytes = await toBytes(scope, picture, region);
  return toUri('png', await encode(scope, openBytes(picture, bytes, region.width, region.height).png()));
}

function openBytes(
  { frame, valid }: Pixels,
  bytes: Uint8Array,
  width: number,
  height: number,
): ReturnType<typeof sharp> {
  const channels = shownChannels(frame, valid !== null);
  return sharp(bytes, { raw: { width, height, channels }, limitInputPixels: false });
}

const toUri = (type: string, bytes: Buffer): string => `data:image/${type};base64,${bytes.toString('base64')}`;

async function encode({ signal }: Scope, picture: ReturnType<typeof sharp>): Promise<Buffer> {
  signal.throwIfAborted();
  return picture.toBuffer().catch((cause: Error) => {
    throw new ImageError('IMAGE_INVALID', `Cannot draw a picture for the report: ${cause.message}`, { cause });
  });
}
