import { beforeAll, describe, expect, it } from 'vitest';
import { blur, take, toPlanes } from '../../bench/estimate-cases.mjs';
import { estimate, psf } from '../../lib/index.js';
import type { AnyFrame, DefocusEstimate, Estimate, EstimateOptions, Frame } from '../../lib/index.js';
import { createScene } from '../../scripts/scene.mjs';
import { crop, without } from '../support/parts.js';

/** Of what a blur leaves of a scene that is larger by its reach. */
const [WIDTH, HEIGHT] = [1192, 592];
/** The half that is there. */
const HALF = { left: 596, top: 0, width: 596, height: HEIGHT };
const RADIUS = 4.2;

let frame: Frame;

async function defocusOf(source: AnyFrame, options: EstimateOptions = {}): Promise<Estimate<DefocusEstimate>> {
  const found = await estimate(source, { ...options, kind: 'defocus' });
  expect(found.blur.declined).toBeNull();
  return found as Estimate<DefocusEstimate>;
}

const radiusOf = ({ blur: { shape } }: Estimate<DefocusEstimate>): number =>
  Math.sqrt(shape!.semiMajorPx * shape!.semiMinorPx);

/** The bands of a frame in another order, or some of them, each as often as it is named. */
function pickBands(source: Frame, bands: readonly number[]): Frame {
  const { width, height, channels, data } = source;
  const picked = new Uint16Array(width * height * bands.length);
  for (let at = 0; at < picked.length; at += 1)
    picked[at] = 257 * data[Math.floor(at / bands.length) * channels + bands[at % bands.length]!]!;
  return { width, height, channels: bands.length, depth: 16, alpha: false, data: picked };
}

beforeAll(async () => {
  const scene = toPlanes({ ...createScene({ width: WIDTH + 8, height: HEIGHT + 8, seed: 4 }), channels: 3 });
  frame = (await take(await blur(scene, psf.disk(RADIUS)), { noise: 0.01, seed: 3 })) as Frame;
});

describe('the estimate of a frame of which a half is missing', () => {
  it('is that of the other half alone', async () => {
    const alone = await defocusOf(crop(frame, HALF));
    const found = await defocusOf(without(frame, HALF, 0), { nodata: 0, white: 255 });
    expect(Math.abs(radiusOf(found) / radiusOf(alone) - 1)).toBeLessThanOrEqual(0.02);
    expect(Math.abs(found.noise!.sigma / alone.noise!.sigma - 1)).toBeLessThanOrEqual(0.1);
    expect(found.report.missingPixels).toBe((WIDTH * HEIGHT) / 2);
  });

  it('says why there is none where too little is left', async () => {
    const stripes = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => Number((pixel % WIDTH) % 100 !== 0));
    const { blur: found } = await estimate(frame, { valid: stripes });
    expect(found.declined).toMatch(/every block of 128x128 pixels has missing pixels/);
    const blind = await estimate(frame, { valid: stripes, kind: 'blind' });
    expect(blind.blur.declined).toMatch(/fewer than two parts of it have edges and are neither missing,/);
  });

  it('is one of the blind kernel too, from parts that are there', async () => {
    const found = await estimate(without(frame, HALF, 0), { nodata: 0, white: 255, kind: 'blind' });
    expect(found.blur.confidence!.value).toBeGreaterThan(0.5);
  });
});

describe('the estimate of several bands', () => {
  it.each([[[0, 1]], [[0, 1, 2, 1, 0]], [[2, 1, 0, 1]]])('names their radii: %j', async (bands) => {
    const { blur: found } = await defocusOf(pickBands(crop(frame, HALF), bands));
    expect(found.channels.map(({ name }) => name)).toEqual(bands.map((_, index) => `band ${index + 1}`));
    for (const { radiusPx } of found.channels) expect(Math.abs(radiusPx! - RADIUS)).toBeLessThan(0.15);
  });

  it('names red, green and blue by the bands of a picture', async () => {
    const source = { ...pickBands(crop(frame, HALF), [0, 1, 2, 1]), rgb: [[3, 2, 0]] } as const;
    const { blur: found } = await defocusOf(source);
    expect(found.channels.map(({ name }) => name)).toEqual(['blue', 'band 2', 'green', 'red']);
  });
});

describe('the estimate of samples in another unit', () => {
  it('has the same noise and the same radius', async () => {
    const source = crop(frame, HALF);
    const scaled = (white: number, depth: 16 | 32): AnyFrame => {
      const factor = white / 255;
      const data =
        depth === 16
          ? Uint16Array.from(source.data, (value) => Math.round(value * factor))
          : Float32Array.from(source.data, (value) => value * factor);
      return { ...source, depth, data, white } as AnyFrame;
    };
    const expected = await defocusOf(scaled(65_535, 16));
    for (const one of [10_000, 4095, 1023]
      .map((white) => scaled(white, 16))
      .concat([1e-4, 1, 1e4].map((white) => scaled(white, 32)))) {
      const found = await defocusOf(one);
      expect(Math.abs(found.noise!.sigma / expected.noise!.sigma - 1), `${one.white}`).toBeLessThanOrEqual(0.02);
      expect(Math.abs(radiusOf(found) / radiusOf(expected) - 1), `${one.white}`).toBeLessThanOrEqual(0.02);
    }
  });
});
