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
  const light = Float64Array.from(wide.data, (sample) => sample / 255);
  const taps = tapsOf(kernel, wide.width * 3);
  for (let index = 0; index < sharp.length; index += 1) {
    const pixel = Math.floor(index / channels);
    const [x, y, channel] = [pixel % width, Math.floor(pixel / width), index % channels];
    if (channels % 2 === 0 && channel === channels - 1) {
      sharp[index] = blurred[index] = (x * 7 + y * 3) % (full + 1);
      continue;
    }
    const centre = ((y + reachY) * wide.width + x + reachX) * 3 + (channels < 3 ? 1 : channel);
    let sum = 0;
    for (const { weight, offset } of taps) sum += weight * light[centre + offset]!;
    sharp[index] = quantise(light[centre]!);
    blurred[index] = quantise(sum + noise * sampleNormal(random));
  }
  const size = { width, height, channels, depth };
  return { sharp: { ...size, data: sharp }, blurred: { ...size, data: blurred } };
}

/** What a pixel gets from others, and where they are: in samples before it. @param rowSamples of a row of RGB */
function tapsOf(kernel: psf.Psf, rowSamples: number): { readonly weight: number; readonly offset: number }[] {
  const { width, height } = kernel;
  return Array.from(kernel.data, (weight, tap) => {
    const [dx, dy] = [(width - 1) / 2 - (tap % width), (height - 1) / 2 - Math.floor(tap / width)];
    return { weight, offset: dy * rowSamples + 3 * dx };
  }).filter(({ weight }) => weight !== 0);
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
