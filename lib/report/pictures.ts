import { ImageError } from '../runtime/errors.js';
import { colourPlanes } from '../image/planes.js';
import { fullScale } from '../image/samples.js';
import { sharp } from '../image/codec.js';
import type { AnyFrame, Region } from '../image/frame.js';

/** Part of the samples that may be shown as white. */
const WHITE_PART = 0.001;
const HISTOGRAM_BINS = 4096;
/** Longest side of the view of a whole frame. */
const LARGEST_VIEW = 2048;

/** Samples times `gain` are shown. 8 bits as they are; others, which often fill only a part of their range, up to white. */
export function displayGain(frames: readonly AnyFrame[]): number {
  return frames.every(({ depth }) => depth === 8) ? 1 : Math.min(...frames.map(whiteGain));
}

function whiteGain(frame: AnyFrame): number {
  const { data, channels } = frame;
  const planes = colourPlanes(frame);
  const full = fullScale(frame);
  const counts = new Float64Array(HISTOGRAM_BINS);
  for (let index = 0; index < data.length; index += 1) {
    if (index % channels < planes)
      counts[Math.max(0, Math.min(HISTOGRAM_BINS - 1, Math.floor((data[index]! / full) * HISTOGRAM_BINS)))]! += 1;
  }
  let above = (data.length / channels) * planes * WHITE_PART;
  let bin = HISTOGRAM_BINS - 1;
  while (bin > 0 && above >= counts[bin]!) above -= counts[bin--]!;
  return HISTOGRAM_BINS / (bin + 1);
}

/** A part of a frame as 8-bit samples without alpha. */
function toBytes(frame: AnyFrame, gain: number, { left, top, width, height }: Region): Uint8Array {
  const { data, channels } = frame;
  const planes = colourPlanes(frame);
  const scale = (gain * 255) / fullScale(frame);
  const bytes = new Uint8ClampedArray(width * height * planes);
  let target = 0;
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) {
      const pixel = (y * frame.width + x) * channels;
      for (let plane = 0; plane < planes; plane += 1) bytes[target++] = data[pixel + plane]! * scale;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** The whole frame as a data URI, reduced to a size that browsers show well. */
export async function embedView(frame: AnyFrame, gain: number): Promise<string> {
  const { width, height } = frame;
  const picture = openBytes(frame, toBytes(frame, gain, { left: 0, top: 0, width, height }), width, height);
  return toUri(
    'webp',
    await encode(
      picture
        .resize({ width: LARGEST_VIEW, height: LARGEST_VIEW, fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 88, effort: 2 }),
    ),
  );
}

/** A part of a frame as a data URI, pixel by pixel and without loss. */
export async function embedDetail(frame: AnyFrame, gain: number, region: Region): Promise<string> {
  return toUri('png', await encode(openBytes(frame, toBytes(frame, gain, region), region.width, region.height).png()));
}

const openBytes = (frame: AnyFrame, bytes: Uint8Array, width: number, height: number): ReturnType<typeof sharp> =>
  sharp(bytes, { raw: { width, height, channels: colourPlanes(frame) }, limitInputPixels: false });

const toUri = (type: string, bytes: Buffer): string => `data:image/${type};base64,${bytes.toString('base64')}`;

function encode(picture: ReturnType<typeof sharp>): Promise<Buffer> {
  return picture.toBuffer().catch((cause: Error) => {
    throw new ImageError('IMAGE_INVALID', `Cannot draw a picture for the report: ${cause.message}`, { cause });
  });
}
