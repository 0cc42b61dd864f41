import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { take, toPlanes } from '../../bench/estimate-cases.mjs';
import { createPair, kernelError } from '../../bench/reference-pairs.mjs';
import { compose, fitAffine } from '../../lib/estimate/reference/affine.js';
import type { Affine } from '../../lib/estimate/reference/affine.js';
import { deconvolve, estimate, psf } from '../../lib/index.js';
import type { Frame, ReferenceEstimate } from '../../lib/index.js';
import { createScene } from '../../scripts/scene.mjs';
import { psnrOf } from '../support/blur.js';

const PAIR = fileURLToPath(new URL('../../../shared/data/registration/', import.meta.url));

const SIDE = 1100;
const SCALE = 2;
const kernel = psf.convolve(psf.disk(4), psf.gaussian(0.5));
const createPlanes = (seed: number): ReturnType<typeof toPlanes> =>
  toPlanes({ ...createScene({ width: SIDE, height: SIDE, seed }), channels: 3 });
let reference: Frame;
let frame: Frame;
let sharp: Frame;
let found: ReferenceEstimate;

beforeAll(async () => {
  const pair = await createPair(createPlanes(8), {
    kernel,
    width: 518,
    height: 518,
    scale: SCALE,
    rotation: -1,
    shift: [6.6, -3.7],
    noise: 0.004,
    changed: 0.11,
  });
  [reference, frame, sharp] = [pair.reference, pair.frame, pair.sharp] as [Frame, Frame, Frame];
  found = (await estimate(frame, { reference, referenceScale: SCALE })).blur;
});

describe('the kernel against a sharp reference of another grid, turned, shifted, brighter and changed in parts', () => {
  it('is off by at most 3 % of its peak, its radius by 0.1 pixels', () => {
    expect(found).toMatchObject({ kind: 'reference', declined: null, confidence: { level: 'high' } });
    const estimated = found.kernel!;
    expect(kernelError(estimated, kernel)).toBeLessThanOrEqual(0.03);
    expect(Math.abs(found.shape!.semiMajorPx - 4)).toBeLessThanOrEqual(0.1);
    expect(estimated.data.every((weight) => weight >= 0)).toBe(true);
    expect(estimated.symmetric).toBe(true);
  });

  it('is found where it is told to be radial, or need not be symmetric at all', async () => {
    const of = async (symmetry: 'radial' | 'none'): Promise<psf.Psf> =>
      (await estimate(frame, { reference, referenceScale: SCALE, symmetry })).blur.kernel!;
    const [radial, free] = [await of('radial'), await of('none')];
    expect(kernelError(radial, kernel)).toBeLessThanOrEqual(0.015);
    expect(kernelError(free, kernel)).toBeLessThanOrEqual(0.04);
    const { width, data } = radial;
    data.forEach((weight, tap) => {
      expect(data[(tap % width) * width + Math.floor(tap / width)]).toBeCloseTo(weight, 12);
    });
    expect(free.symmetric).toBe(false);
  });

  it('comes with how the reference lies, and its brightness', () => {
    const { scale, rotationDegrees, residualPx, trusted } = found.registration!;
    expect(Math.abs(scale / SCALE - 1)).toBeLessThan(0.001);
    expect(Math.abs(rotationDegrees + 1)).toBeLessThan(0.05);
    expect(residualPx).toBeLessThan(0.2);
    expect(trusted).toBeGreaterThan(0.5);
    expect(Math.abs(found.radiometry!.photometricRatio - 0.9)).toBeLessThan(0.04);
    expect(found.radiometry!.changed).toBeGreaterThan(0.05);
  });

  it('deconvolves as well as the true one, within 0.3 dB', async () => {
    const inside = (x: number, y: number): boolean => Math.min(x, y, frame.width - x, frame.height - y) > 16;
    const [known, blind] = [await deconvolve(frame, { psf: kernel }), await deconvolve(frame, { psf: found.kernel! })];
    expect(psnrOf(sharp, known, inside) - psnrOf(sharp, blind, inside)).toBeLessThan(0.3);
  });
});

describe('a reference that does not fit', () => {
  const of = async (other: Frame): Promise<ReferenceEstimate> =>
    (await estimate(frame, { reference: other, referenceScale: SCALE })).blur;

  it('is declined where it shows another place', async () => {
    const other = (await take(createPlanes(77), { noise: 0 })) as Frame;
    expect(await of(other)).toMatchObject({
      declined: expect.stringMatching(/does not fit the frame/),
      kernel: null,
      registration: null,
    });
  });

  it('is declined where it is flat, or all cloud', async () => {
    for (const level of [120, 255]) {
      const declined = (await of({ ...reference, data: new Uint8Array(reference.data.length).fill(level) })).declined;
      expect(declined).toMatch(/flat|does not fit/);
    }
  });

  it('is refused at a scale that cannot be', async () => {
    await expect(estimate(frame, { reference, referenceScale: 0 })).rejects.toThrow(/for referenceScale/);
    await expect(estimate(frame, { reference, symmetry: 'mirror' as 'none' })).rejects.toThrow(/symmetry/);
    await expect(estimate(frame, { reference: 'missing.png' })).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  it('may be grey where the frame has colours, and of another depth', async () => {
    const grey: Frame = {
      ...reference,
      channels: 1,
      depth: 16,
      data: Uint16Array.from(
        reference.data.filter((_, index) => index % 3 === 1),
        (value) => 257 * value,
      ),
    };
    const { declined, shape } = await of(grey);
    expect(declined).toBeNull();
    expect(Math.abs(shape!.semiMajorPx - 4)).toBeLessThan(0.2);
  });
});

describe('fitAffine', () => {
  it('finds a map behind outliers', () => {
    const map: Affine = [2.01, -0.03, 5, 0.04, 1.98, -7];
    const matches = Array.from({ length: 24 }, (_, index) => {
      const from = [(index % 6) * 120, Math.floor(index / 6) * 150] as const;
      const [, , x, , , y] = compose(map, [1, 0, from[0], 0, 1, from[1]]);
      return { from, to: index % 3 === 0 ? ([x + 40 * (index - 9), y + 17 * index] as const) : ([x, y] as const) };
    });
    const { affine, trust } = fitAffine(matches);
    affine.forEach((value, index) => {
      expect(value).toBeCloseTo(map[index]!, 4);
    });
    expect(trust.filter((value) => value < 0.5)).toHaveLength(8);
  });
});

describe.runIf(existsSync(PAIR))('a real pair of ten days apart', () => {
  it('gives its shift and a kernel near a single pixel', async () => {
    const { registration, kernel: estimated } = (
      await estimate(`${PAIR}tgt_S2A_20160529T153631_T33UUU_sub_8bit.png`, {
        reference: `${PAIR}ref_S2A_20160608T153121_T33UUU_sub_8bit.png`,
        referenceScale: 1,
      })
    ).blur;
    // The corners of the two pictures are 544 and -449 pixels apart; the shift recorded for the common part is (-0.7,
    // 1.9).
    const [a, b, c, d, e, f] = registration!.toReference;
    expect(Math.abs(a * 1037 + b * 1576 + c - 1037 - 544 + 0.7)).toBeLessThan(0.2);
    expect(Math.abs(d * 1037 + e * 1576 + f - 1576 + 449 - 1.9)).toBeLessThan(0.2);
    const middle = (estimated!.data.length - 1) / 2;
    expect(estimated!.data.indexOf(Math.max(...estimated!.data))).toBe(middle);
    expect(estimated!.data[middle]).toBeGreaterThan(0.5);
  });
});
