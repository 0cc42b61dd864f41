import { colourPlanes } from '../image/planes.js';
import { fullScale } from '../image/samples.js';
import { sharp } from '../image/codec/sharp.js';
import type { AnyFrame, Region } from '../image/frame.js';
import { ImageError } from '../runtime/errors.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';

/** Part of the samples that may be shown as white. */
const WHITE_PART = 0.001;
const HISTOGRAM_BINS = 4096;
/** Longest side of the view of a whole frame. */
export const LARGEST_VIEW = 2048;

/**
 * What samples are multiplied by for display. 8 bits are shown as they are; others often fill only a part of their
 * range.
 */
export async function displayBrightness(scope: Scope, frames: readonly AnyFrame[]): Promise<number> {
  if (frames.every(({ depth }) => depth === 8)) return 1;
  let least = Infinity;
  for (const frame of frames) least = Math.min(least, await whiteBrightness(scope, frame));
  return least;
}

async function whiteBrightness({ signal }: Scope, frame: AnyFrame): Promise<number> {
  const { width, height, data, channels } = frame;
  const planes = colourPlanes(frame);
  const full = fullScale(frame);
  const counts = new Float64Array(HISTOGRAM_BINS);
  const pauses = new Pauses(signal);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    const end = (row + 1) * width * channels;
    for (let pixel = row * width * channels; pixel < end; pixel += channels) {
      for (let index = pixel; index < pixel + planes; index += 1) counts[binOf(data[index]! / full)]! += 1;
    }
  }
  let above = width * height * planes * WHITE_PART;
  let bin = HISTOGRAM_BINS - 1;
  while (bin > 0 && above >= counts[bin]!) above -= counts[bin--]!;
  return HISTOGRAM_BINS / (bin + 1);
}

const binOf = (level: number): number => Math.max(0, Math.min(HISTOGRAM_BINS - 1, Math.floor(level * HISTOGRAM_BINS)));

/** A part of a frame as 8-bit samples without alpha. */
async function toBytes({ signal }: Scope, frame: AnyFrame, brightness: number, region: Region): Promise<Uint8Array> {
  const { left, top, width, height } = region;
  const { data, channels } = frame;
  const planes = colourPlanes(frame);
  const isWhole = width === frame.width && height === frame.height;
  if (frame.depth === 8 && brightness === 1 && channels === planes && isWhole) return frame.data as Uint8Array;
  const scale = (brightness * 255) / fullScale(frame);
  const bytes = new Uint8ClampedArray(width * height * planes);
  const pauses = new Pauses(signal);
  let target = 0;
  for (let y = top; y < top + height; y += 1) {
    if (pauses.isDue) await pauses.take();
    for (let x = left; x < left + width; x += 1) {
      const pixel = (y * frame.width + x) * channels;
      for (let plane = 0; plane < planes; plane += 1) bytes[target++] = data[pixel + plane]! * scale;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** A picture as it is shown. */
export interface Shown {
  readonly frame: AnyFrame;
  /** What samples are multiplied by. */
  readonly brightness: number;
}

/** The whole frame as a data URI, reduced to a size that browsers show well. */
export async function embedView(scope: Scope, { frame, brightness }: Shown): Promise<string> {
  const { width, height } = frame;
  const bytes = await toBytes(scope, frame, brightness, { left: 0, top: 0, width, height });
  const size = { width: LARGEST_VIEW, height: LARGEST_VIEW, fit: 'inside', withoutEnlargement: true } as const;
  const picture = openBytes(frame, bytes, width, height).resize(size);
  return toUri('webp', await encode(scope, picture.webp({ quality: 88, effort: 2 })));
}

/** A part of a frame as a data URI, pixel by pixel and without loss. */
export async function embedDetail(scope: Scope, { frame, brightness }: Shown, region: Region): Promise<string> {
  const bytes = await toBytes(scope, frame, brightness, region);
  return toUri('png', await encode(scope, openBytes(frame, bytes, region.width, region.height).png()));
}

const openBytes = (frame: AnyFrame, bytes: Uint8Array, width: number, height: number): ReturnType<typeof sharp> =>
  sharp(bytes, { raw: { width, height, channels: colourPlanes(frame) as 1 | 3 }, limitInputPixels: false });

const toUri = (type: string, bytes: Buffer): string => `data:image/${type};base64,${bytes.toString('base64')}`;

async function encode({ signal }: Scope, picture: ReturnType<typeof sharp>): Promise<Buffer> {
  signal.throwIfAborted();
  return picture.toBuffer().catch((cause: Error) => {
    throw new ImageError('IMAGE_INVALID', `Cannot draw a picture for the report: ${cause.message}`, { cause });
  });
}
