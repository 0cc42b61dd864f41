import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blurPlane } from '../lib/estimate/reference/blur-plane.js';
import { fitRings } from '../lib/estimate/reference/ring-kernel.js';
import { findSupport } from '../lib/estimate/reference/support.js';
import { transferOf } from '../lib/estimate/reference/patches.js';
import { psf } from '../lib/index.js';
import type { Transform } from '../lib/fft/transform.js';
import { Pauses } from '../lib/runtime/pauses.js';
import { enlarge } from '../lib/psf/field.js';
import { createRandom } from '../lib/math/random.js';
import { openTransform } from './support/transform.js';

const REACH = 9;
const SIDE = 2 * REACH + 1;
const pauses = new Pauses();
const taps = (kernel: psf.Psf): Float64Array => enlarge(kernel, SIDE, SIDE).data;
let plan: Transform;

beforeAll(async () => {
  plan = await openTransform(64, 64);
});
afterAll(() => plan.dispose());

describe('blurPlane', () => {
  it('is a convolution, square by square, and keeps unknown pixels unknown', async () => {
    const [width, height] = [150, 117];
    const random = createRandom(4);
    const data = Float32Array.from({ length: width * height }, () => random());
    data[60 * width + 70] = NaN;
    const kernel = {
      width: SIDE,
      height: SIDE,
      data: taps(psf.motion(7, 30)).map((weight, tap) => weight * (1 + (tap % 3))),
    };
    const blurred = new Float32Array(width * height);
    await blurPlane(plan, { width, height, data }, () => transferOf(plan, kernel), REACH, blurred, pauses);
    expect(blurred[60 * width + 70]).toBeNaN();
    for (const [x, y] of [
      [REACH, REACH],
      [46, 46],
      [47, 45],
      [width - REACH - 1, height - REACH - 1],
      [100, 20],
    ] as const) {
      let sum = 0;
      kernel.data.forEach((weight, tap) => {
        sum += weight * data[(y + REACH - Math.floor(tap / SIDE)) * width + x + REACH - (tap % SIDE)]!;
      });
      expect(blurred[y * width + x]).toBeCloseTo(sum, 5);
    }
  });

  it('stops when told to', async () => {
    const plane = { width: 64, height: 64, data: new Float32Array(64 * 64) };
    const transfer = await transferOf(plan, psf.disk(2));
    await expect(
      blurPlane(
        plan,
        plane,
        async () => transfer,
        REACH,
        new Float32Array(64 * 64),
        new Pauses(AbortSignal.abort(new Error('enough'))),
      ),
    ).rejects.toThrow('enough');
  });
});

describe('fitRings', () => {
  it.each(['disk:4', 'disk:5.5', 'disk:3.2+gaussian:0.7'])('draws %s from its transfer function', async (words) => {
    const kernel = taps(await psf.parse(words));
    const transfer = await transferOf(plan, { width: SIDE, height: SIDE, data: kernel });
    const found = await fitRings({ plan, transfer, weights: new Float64Array(64 * plan.bins).fill(1), radius: REACH });
    const peak = Math.max(...kernel);
    found.forEach((weight, tap) => {
      expect(Math.abs(weight - kernel[tap]!)).toBeLessThan(0.08 * peak);
    });
    const squares = found.reduce((sum, weight, tap) => sum + (weight - kernel[tap]!) ** 2, 0);
    expect(Math.sqrt(squares / found.length) / peak).toBeLessThan(0.01);
  });
});

describe('findSupport', () => {
  it('keeps a kernel and leaves out what lies apart from it', () => {
    const kernel = taps(psf.motion(9, 0));
    const noisy = kernel.map((weight, tap) => (tap % SIDE === 9 && tap < 2 * SIDE ? 0.05 : weight));
    const support = findSupport(noisy, REACH);
    kernel.forEach((weight, tap) => {
      if (weight > 0) expect(support[tap]).toBe(1);
    });
    expect(support[9]).toBe(0);
    expect(support.reduce((sum, value) => sum + value, 0)).toBeLessThan(SIDE * 9);
  });
});
