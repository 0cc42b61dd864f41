import { createHash } from 'node:crypto';
import { createRandom } from '../../lib/math/random.js';
import type { Depth, Frame } from '../../lib/index.js';

export interface FrameOptions {
  readonly width: number;
  readonly height: number;
  readonly channels?: number;
  readonly depth?: Depth;
  readonly seed?: number;
  /** Range of the samples, in parts of the full scale. */
  readonly range?: readonly [number, number];
}

/** A frame of smooth waves with some noise. */
export function createFrame({ width, height, channels = 3, depth = 8, seed = 7, range = [0, 1] }: FrameOptions): Frame {
  const random = createRandom(seed);
  const full = depth === 8 ? 255 : 65_535;
  const [low, high] = range;
  const data = new (depth === 8 ? Uint8Array : Uint16Array)(width * height * channels);
  for (let index = 0; index < data.length; index += 1) {
    const pixel = Math.floor(index / channels);
    const wave = Math.sin((pixel % width) / 5 + (index % channels)) * Math.cos(Math.floor(pixel / width) / 7);
    const level = 0.5 + 0.35 * wave + 0.3 * (random() - 0.5);
    data[index] = Math.round(full * (low + (high - low) * Math.max(0, Math.min(1, level))));
  }
  return { width, height, channels, depth, data };
}

/** Rounds to the nearest even integer where two are equally near. */
export function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Stands for all samples in a comparison: much faster than one by one. */
export function digest(data: Uint8Array | Uint16Array): string {
  return createHash('sha256').update(data).digest('hex');
}
