import { describe, expect, it } from 'vitest';
import { blur, take, toPlanes } from '../bench/estimate-cases.mjs';
import { refutesByEdges } from '../lib/estimate/edges.js';
import { estimate, psf } from '../lib/index.js';
import type { Frame } from '../lib/index.js';
import { createRandom, sampleNormal } from '../lib/math/random.js';
import { createScene } from '../scripts/scene.mjs';

const SIDE = 400;
const { signal } = new AbortController();

/** Sharp discs of one radius on a dark ground, some behind others, as tanks or cells are. */
function discs(radius: number, count: number, noise: number): Frame {
  const random = createRandom(radius);
  const samples = new Float32Array(SIDE * SIDE).fill(60);
  for (let disc = 0; disc < count; disc += 1) {
    const [left, top, level] = [SIDE * random(), SIDE * random(), 100 + 120 * random()];
    samples.forEach((ground, pixel) => {
      const inside = radius + 0.5 - Math.hypot((pixel % SIDE) - left, Math.floor(pixel / SIDE) - top);
      samples[pixel] = ground + Math.max(0, Math.min(1, inside)) * (level - ground);
    });
  }
  const data = Uint8Array.from(samples, (value) => Math.round(value + noise * sampleNormal(random)));
  return { width: SIDE, height: SIDE, channels: 1, depth: 8, data };
}

/** A scene through a disk, as a frame; of JPEG where a quality is given. */
async function defocused(radius: number, jpeg?: number): Promise<Frame | Uint8Array> {
  const scene = toPlanes({ ...createScene({ width: SIDE, height: SIDE, seed: 4 }), channels: 3 });
  return (await take(await blur(scene, psf.disk(radius)), { noise: 0.004, seed: 3, ...(jpeg && { jpeg }) })) as Frame;
}

describe('edges against a blur', () => {
  it.each([
    [3, 60, 0.5],
    [4, 300, 2],
    [8, 150, 2],
  ])(
    'refute a disk of %i px where %i sharp discs have that radius, and so does the estimate',
    async (radius, count, noise) => {
      const frame = discs(radius, count, noise);
      expect(await refutesByEdges({ frame, valid: null, isJpeg: false }, psf.disk(radius), signal)).toBe(true);
      expect((await estimate(frame)).blur).toMatchObject({ psf: null, declined: expect.stringMatching(/steeper/) });
    },
  );

  it.each([2, 3, 5, 9])('let the disk of %i px stand that a scene was seen through', async (radius) => {
    const frame = (await defocused(radius)) as Frame;
    expect(await refutesByEdges({ frame, valid: null, isJpeg: false }, psf.disk(radius), signal)).toBe(false);
  });

  it.each([40, 60, 90])('are not those of the blocks of JPEG of quality %i', async (quality) => {
    const { blur: found } = await estimate((await defocused(5, quality)) as Uint8Array);
    expect(found.declined ?? '').not.toMatch(/steeper/);
  });

  it('do not count beside missing pixels', async () => {
    const frame = discs(4, 300, 1);
    const valid = Uint8Array.from(frame.data, (value) => (value < 90 ? 1 : 0));
    expect(await refutesByEdges({ frame, valid, isJpeg: false }, psf.disk(4), signal)).toBe(false);
  });

  it('do not count where one band is cut off, which makes blurred edges steep', async () => {
    const scene = (await defocused(9)) as Frame;
    const cut = Uint8Array.from(scene.data, (value, sample) => (sample % 3 === 0 ? Math.min(255, 4 * value) : value));
    const frame = { ...scene, data: cut };
    expect(await refutesByEdges({ frame, valid: null, isJpeg: false }, psf.disk(9), signal)).toBe(false);
  });

  it('are given up where the signal says so', async () => {
    const source = { frame: discs(4, 60, 1), valid: null, isJpeg: false };
    await expect(refutesByEdges(source, psf.disk(4), AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
