import { afterAll, describe, expect, it } from 'vitest';
import { Restorer, psf } from '../lib/index.js';
import type { AnyFrame } from '../lib/index.js';
import { blurScene } from './support/blur.js';

const restorer = await Restorer.open({ threads: 2 });
afterAll(() => restorer.dispose());

const scene = blurScene({ width: 160, height: 120, channels: 3, depth: 16, kernel: psf.disk(3), noise: 0.002 });

/** Samples of a 16-bit frame with another white. */
function scale({ data, width, height, channels }: AnyFrame, depth: 16 | 32, white: number): AnyFrame {
  const levels = Array.from(data, (sample) => (sample * white) / 65_535);
  const size = { width, height, channels, white };
  if (depth === 32) return { ...size, depth, data: Float32Array.from(levels) };
  return { ...size, depth, data: Uint16Array.from(levels, Math.round) };
}

/** Mean squared error inside a border, white being 1. */
function errorOf({ data, width, height, channels, white }: AnyFrame): number {
  const border = 16;
  let [sum, count] = [0, 0];
  for (let index = 0; index < data.length; index += 1) {
    const [x, y] = [Math.floor(index / channels) % width, Math.floor(index / channels / width)];
    if (Math.min(x, y, width - 1 - x, height - 1 - y) < border) continue;
    sum += (data[index]! / white! - scene.sharp.data[index]! / 65_535) ** 2;
    count += 1;
  }
  return sum / count;
}

async function gainOf(depth: 16 | 32, white: number): Promise<number> {
  const frame = scale(scene.blurred, depth, white);
  const { data } = await restorer.restore(frame as Parameters<Restorer['restore']>[0]);
  return 10 * Math.log10(errorOf(frame) / errorOf({ ...frame, data } as AnyFrame));
}

const full = await gainOf(16, 65_535);

describe('the gain of the network', () => {
  it.each([
    [16, 10_000],
    [16, 4095],
    [16, 1023],
    [32, 1],
    [32, 1e-4],
    [32, 1e4],
    [32, 0.3],
  ] as const)('does not depend on the unit: %i bits, white %f', async (depth, white) => {
    expect(full).toBeGreaterThan(2);
    expect(Math.abs((await gainOf(depth, white)) - full)).toBeLessThan(0.2);
  });

  it('needs the white level: taken for a dark frame, it has no gain', async () => {
    const frame = { ...scale(scene.blurred, 16, 1023), white: 65_535 };
    const { data } = await restorer.restore(frame as Parameters<Restorer['restore']>[0]);
    const gain = errorOf({ ...frame, white: 1023 }) / errorOf({ ...frame, white: 1023, data } as AnyFrame);
    expect(10 * Math.log10(gain)).toBeLessThan(full - 1);
  });
});

it('keeps what is above white, and does not clamp floats', async () => {
  const frame: AnyFrame = { width: 40, height: 40, channels: 1, depth: 32, white: 1, data: new Float32Array(1600) };
  frame.data.forEach((_, index) => {
    frame.data[index] = index % 40 < 20 ? 3 : -2;
  });
  const { data } = await restorer.restore(frame);
  expect(Math.max(...data)).toBeGreaterThan(2.9);
  expect(Math.min(...data)).toBeLessThan(-1.9);
  expect(Math.max(...data.map((sample, index) => Math.abs(sample - frame.data[index]!)))).toBeLessThan(0.5);
});
