import { describe, expect, it } from 'vitest';
import { findJpegNoise } from '../lib/estimate/jpeg/jpeg-noise.js';
import type { Frame } from '../lib/index.js';
import { createRandom, sampleNormal } from '../lib/math/random.js';
import { createScene } from '../scripts/scene.mjs';

const SIDE = 136;
/** Reaches of Gaussians go so many standard deviations far. */
const REACH = 4;

/** Values of pixels, row by row. */
type Picture = Float64Array;

const draw = (valueAt: (x: number, y: number) => number): Picture =>
  Float64Array.from({ length: SIDE ** 2 }, (_, pixel) => valueAt(pixel % SIDE, Math.floor(pixel / SIDE)));

const frameOf = (picture: Picture): Frame => ({
  width: SIDE,
  height: SIDE,
  channels: 1,
  depth: 8,
  data: Uint8Array.from(picture, Math.round),
});

const textured = createScene({ width: SIDE, height: SIDE, seed: 3 }).data;
const PICTURES: Record<string, Picture> = {
  texture: draw((x, y) => textured[3 * (y * SIDE + x) + 1]!),
  ramp: draw((x, y) => 20 + x + 0.6 * y),
  waves: draw((x, y) => 128 + 60 * Math.sin(x / 17 + y / 31) + 40 * Math.cos(y / 13 - x / 50)),
};

/** Value of a level, clear of black and white, whose blocks are left out. */
const lightOf = (level: number, levels: number): number => 20 + (215 * level) / (levels - 1);
const levelOf = (value: number, levels: number): number => (value / 255) * (levels - 1);

const posterise = (picture: Picture, levels: number): Picture =>
  picture.map((value) => lightOf(Math.round(levelOf(value, levels)), levels));

/** Threshold of a pixel, 0 to 1, in Bayer's matrix of a side that is a power of 2. */
function bayerAt(x: number, y: number, side: number): number {
  let [rank, weight] = [0, 1 / side ** 2];
  for (let half = side >> 1; half >= 1; half >>= 1) {
    const [right, below] = [(x & half) > 0 ? 1 : 0, (y & half) > 0 ? 1 : 0];
    rank += weight * (2 * (right ^ below) + below);
    weight *= 4;
  }
  return rank + 0.5 / side ** 2;
}

const ditherInOrder = (picture: Picture, levels: number, side: number): Picture =>
  draw((x, y) => lightOf(Math.floor(levelOf(picture[y * SIDE + x]!, levels) + bayerAt(x, y, side)), levels));

/** Floyd and Steinberg's diffusion of errors. */
function diffuse(picture: Picture, levels: number): Picture {
  const wanted = picture.map((value) => levelOf(value, levels));
  return draw((x, y) => {
    const pixel = y * SIDE + x;
    const level = Math.max(0, Math.min(levels - 1, Math.round(wanted[pixel]!)));
    const error = (wanted[pixel]! - level) / 16;
    const shares = { 1: 7, [SIDE - 1]: 3, [SIDE]: 5, [SIDE + 1]: 1 };
    for (const [step, share] of Object.entries(shares)) {
      if (pixel + Number(step) < wanted.length) wanted[pixel + Number(step)]! += share * error;
    }
    return lightOf(level, levels);
  });
}

/** Squares of two levels by chance; none begins at the corner. */
function drawSquares(side: number): Picture {
  const random = createRandom(side + 1);
  const levels = Float64Array.from({ length: SIDE ** 2 }, () => (random() < 0.5 ? 60 : 200));
  return draw((x, y) => levels[Math.floor((y + 1) / side) * SIDE + Math.floor((x + 3) / side)]!);
}

/** Behind a Gaussian; the last pixels go on beyond the edges. */
function soften(picture: Picture, deviation: number): Picture {
  const reach = Math.ceil(REACH * deviation);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, tap) =>
    Math.exp(-((tap - reach) ** 2) / 2 / deviation ** 2),
  );
  const total = kernel.reduce((sum, weight) => sum + weight);
  const inside = (at: number): number => Math.max(0, Math.min(SIDE - 1, at));
  const along = (source: Picture, across: number, down: number): Picture =>
    draw((x, y) => {
      const at = (tap: number): number => inside(y + down * (tap - reach)) * SIDE + inside(x + across * (tap - reach));
      return kernel.reduce((sum, weight, tap) => sum + weight * source[at(tap)]!, 0) / total;
    });
  return along(along(picture, 1, 0), 0, 1);
}

describe.each(Object.entries(PICTURES))('a picture of %s that never was compressed', (_, picture) => {
  it.each([2, 3, 4])('is no JPEG in %i levels', (levels) => {
    expect(findJpegNoise(frameOf(posterise(picture, levels)))).toBeNull();
    expect(findJpegNoise(frameOf(diffuse(picture, levels)))).toBeNull();
    for (const side of [2, 4, 8]) expect(findJpegNoise(frameOf(ditherInOrder(picture, levels, side)))).toBeNull();
  });

  it('is no JPEG where its values have gaps', () => {
    const stretched = picture.map((value) => Math.min(250, 10 + 3.7 * Math.round(value / 4)));
    expect(findJpegNoise(frameOf(stretched))).toBeNull();
  });
});

it.each([2, 3, 4, 5, 6, 8, 12])('two-level squares of %i pixels are no JPEG, sharp or soft', (side) => {
  const squares = drawSquares(side);
  for (const picture of [squares, soften(squares, 0.5), soften(squares, 1), soften(squares, 2)]) {
    expect(findJpegNoise(frameOf(picture))).toBeNull();
  }
});

it.each([2, 3, 7])('stripes of period %i are no JPEG, with noise or without', (period) => {
  const random = createRandom(period);
  for (const [across, down, noise] of [
    [1, 0, 0],
    [1, 0, 1],
    [0, 1, 3],
    [1, 1, 0],
    [1, 1, 3],
  ] as const) {
    const lightAt = (place: number): number => (place % period === 0 ? 200 : 60) + noise * sampleNormal(random);
    expect(findJpegNoise(frameOf(draw((x, y) => lightAt(across * x + down * y))))).toBeNull();
  }
});
