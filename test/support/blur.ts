import { createRandom, sampleNormal } from '../../lib/math/random.js';
import { createScene } from '../../scripts/scene.mjs';
import type { AnyFrame, Depth, Frame, psf } from '../../lib/index.js';

/** A sharp frame and what a known blur with noise makes of it; the scene goes on beyond the edges. */
export interface BlurredScene {
  readonly sharp: Frame;
  readonly blurred: Frame;
}

export interface BlurOptions {
  readonly width: number;
  readonly height: number;
  readonly kernel: psf.Psf;
  /** Standard deviation of the noise, 1 being full scale. */
  readonly noise?: number;
  readonly channels?: number;
  readonly depth?: Depth;
  readonly seed?: number;
}

/** A generated scene out of focus; a second or fourth channel is alpha and not blurred. */
export function blurScene({
  width,
  height,
  kernel,
  noise = 0.005,
  channels = 1,
  depth = 8,
  seed = 3,
}: BlurOptions): BlurredScene {
  const [reachX, reachY] = [(kernel.width - 1) / 2, (kernel.height - 1) / 2];
  const wide = createScene({ width: width + 2 * reachX, height: height + 2 * reachY, seed });
  const full = 2 ** depth - 1;
  const [sharp, blurred] = [0, 1].map(
    () => new (depth === 8 ? Uint8Array : Uint16Array)(width * height * channels),
  ) as [Frame['data'], Frame['data']];
  const random = createRandom(seed);
  const quantise = (value: number): number => Math.max(0, Math.min(full, Math.round(full * value)));
  for (let index = 0; index < sharp.length; index += 1) {
    const [x, y, channel] = [
      Math.floor(index / channels) % width,
      Math.floor(index / channels / width),
      index % channels,
    ];
    const at = (column: number, row: number): number =>
      wide.data[((row + reachY) * wide.width + column + reachX) * 3 + (channels < 3 ? 1 : channel)]! / 255;
    if (channels % 2 === 0 && channel === channels - 1) {
      sharp[index] = blurred[index] = (x * 7 + y * 3) % (full + 1);
      continue;
    }
    let sum = 0;
    kernel.data.forEach((weight, tap) => {
      if (weight !== 0)
        sum += weight * at(x - (tap % kernel.width) + reachX, y - Math.floor(tap / kernel.width) + reachY);
    });
    sharp[index] = quantise(at(x, y));
    blurred[index] = quantise(sum + noise * sampleNormal(random));
  }
  const size = { width, height, channels, depth };
  return { sharp: { ...size, data: sharp }, blurred: { ...size, data: blurred } };
}

/** The part of a frame from (left, top) on. */
export function crop<F extends AnyFrame>(frame: F, left: number, top: number, width: number, height: number): F {
  const { channels, data } = frame;
  const kept = new (data.constructor as new (length: number) => F['data'])(width * height * channels);
  for (let row = 0; row < height; row += 1) {
    const start = ((top + row) * frame.width + left) * channels;
    kept.set(data.subarray(start, start + width * channels), row * width * channels);
  }
  return { ...frame, width, height, data: kept };
}

/** Peak signal-to-noise ratio in dB, of the pixels for which `counts` holds. */
export function psnrOf(a: AnyFrame, b: AnyFrame, counts: (x: number, y: number) => boolean = () => true): number {
  const [fullA, fullB] = [a, b].map(({ depth }) => (depth === 32 ? 1 : 2 ** depth - 1)) as [number, number];
  let [sum, count] = [0, 0];
  a.data.forEach((value, index) => {
    const pixel = Math.floor(index / a.channels);
    if (!counts(pixel % a.width, Math.floor(pixel / a.width))) return;
    sum += (value / fullA - b.data[index]! / fullB) ** 2;
    count += 1;
  });
  return 10 * Math.log10(count / sum);
}

/** Largest and mean absolute difference of two frames, in samples. */
export function differenceOf(a: AnyFrame, b: AnyFrame): { largest: number; mean: number } {
  let [largest, sum] = [0, 0];
  a.data.forEach((value, index) => {
    const difference = Math.abs(value - b.data[index]!);
    largest = Math.max(largest, difference);
    sum += difference;
  });
  return { largest, mean: sum / a.data.length };
}
