import { describe, expect, it } from 'vitest';
import { deconvolve, psf } from '../lib/index.js';
import type { DeconvolveOptions, Frame } from '../lib/index.js';
import { blurScene } from './support/blur.js';

const SIDE = 128;
const KERNEL = psf.disk(3);
const { sharp, blurred } = blurScene({ width: SIDE, height: SIDE, kernel: KERNEL });

const METHODS: readonly DeconvolveOptions[] = [
  { psf: KERNEL },
  { psf: KERNEL, boundary: 'reflect' },
  { psf: KERNEL, method: 'wiener' },
  { psf: KERNEL, method: 'richardson-lucy' },
  { psf: KERNEL, method: 'richardson-lucy', acceleration: 'none' },
  { psf: KERNEL, method: 'richardson-lucy', acceleration: 'heavy-ball' },
];
const named = METHODS.map(
  ({ method = 'hyper-laplacian', boundary = 'bertero', acceleration = '', ...rest }) =>
    [`${method} ${boundary} ${acceleration}`, { method, boundary, ...(acceleration && { acceleration }), ...rest }] as [
      string,
      DeconvolveOptions,
    ],
);

/** A byte a pixel, 0 where it is missing. */
const maskWhere = (isMissing: (x: number, y: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: SIDE ** 2 }, (_, pixel) => (isMissing(pixel % SIDE, Math.floor(pixel / SIDE)) ? 0 : 1));

const LAYOUTS = {
  'a border': maskWhere((x) => x < 24),
  'a hole': maskWhere((x, y) => (x - 60) ** 2 + (y - 70) ** 2 < 144),
  'a ragged edge': maskWhere((x, y) => x + 0.4 * y < 50 + ((y * 7) % 5)),
  'scattered pixels': maskWhere((x, y) => (x * 131 + y * 197) % 101 === 0),
  'half of the frame': maskWhere((x, y) => x + 0.2 * y < 76),
};

/** The samples with each missing one as the last valid one to its right, or else to its left. */
function continued({ data, ...size }: Frame, valid: Uint8Array): Frame {
  const filled = Uint8Array.from(data);
  for (let pixel = filled.length - 1; pixel >= 0; pixel -= 1) {
    if (valid[pixel] === 0) filled[pixel] = pixel % SIDE < SIDE - 1 ? filled[pixel + 1]! : filled[pixel - 1]!;
  }
  return { ...size, data: filled };
}

/** Valid pixels within 8 pixels of a missing one, but for the frame's own rim. */
function listNear(valid: Uint8Array): number[] {
  const missing = [...valid.keys()].filter((pixel) => valid[pixel] === 0);
  const near = new Set<number>();
  for (const pixel of missing) {
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    for (let v = Math.max(8, y - 8); v <= Math.min(SIDE - 9, y + 8); v += 1) {
      for (let u = Math.max(8, x - 8); u <= Math.min(SIDE - 9, x + 8); u += 1) {
        if (valid[v * SIDE + u] !== 0 && (u - x) ** 2 + (v - y) ** 2 <= 64) near.add(v * SIDE + u);
      }
    }
  }
  return [...near];
}

function errorOver(pixels: readonly number[], data: ArrayLike<number>): number {
  return pixels.reduce((sum, pixel) => sum + (data[pixel]! - sharp.data[pixel]!) ** 2, 0);
}

describe.each(named)('missing pixels with %s', (_, options) => {
  it.each(Object.entries(LAYOUTS))('that are %s cost little next to them', async (__, valid) => {
    const near = listNear(valid);
    const whole = (await deconvolve(blurred, options)).data;
    const { data } = await deconvolve(continued(blurred, valid), { ...options, valid });
    const lossDecibels = 10 * Math.log10(errorOver(near, data) / errorOver(near, whole));
    expect(lossDecibels).toBeLessThan(1);
  });
});

describe('a mask without a missing pixel', () => {
  it.each(['hyper-laplacian', 'wiener', 'richardson-lucy'] as const)('hardly matters with %s', async (method) => {
    const valid = new Uint8Array(SIDE ** 2).fill(1);
    const [plain, masked] = [
      await deconvolve(blurred, { psf: KERNEL, method, sigma: 0.005 }),
      await deconvolve(blurred, { psf: KERNEL, method, sigma: 0.005, valid }),
    ];
    const difference = Math.max(...plain.data.map((value, index) => Math.abs(value - masked.data[index]!)));
    expect(difference).toBeLessThanOrEqual(method === 'richardson-lucy' ? 1 : 20);
  });
});

describe('the unit of the samples', () => {
  it.each(['hyper-laplacian', 'wiener', 'richardson-lucy'] as const)('is of no concern to %s', async (method) => {
    const decibels = async (white: number): Promise<number> => {
      const data = Float32Array.from(blurred.data, (value) => (value / 255) * white);
      const restored = await deconvolve({ ...blurred, depth: 32, data, white }, { psf: KERNEL, method });
      const pixels = [...sharp.data.keys()];
      return errorOver(
        pixels,
        restored.data.map((value) => (value / white) * 255),
      );
    };
    const [one, small, large] = [await decibels(1), await decibels(1e-4), await decibels(1e4)];
    expect(Math.abs(10 * Math.log10(small / one))).toBeLessThan(0.05);
    expect(Math.abs(10 * Math.log10(large / one))).toBeLessThan(0.05);
  });
});
