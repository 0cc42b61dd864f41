import { beforeAll, describe, expect, it } from 'vitest';
import { toPlanes } from '../../bench/estimate-cases.mjs';
import { createPair, kernelError, placeView } from '../../bench/reference-pairs.mjs';
import { applyAffine } from '../../lib/estimate/reference/affine.js';
import { registerByFeatures } from '../../lib/estimate/reference/match-features.js';
import { smooth } from '../../lib/estimate/reference/levels.js';
import type { Plane } from '../../lib/image/planes.js';
import { Pauses } from '../../lib/runtime/pauses.js';
import { estimate, psf } from '../../lib/index.js';
import type { Frame } from '../../lib/index.js';
import { createScene } from '../../scripts/scene.mjs';

const SIDE = 780;
const pauses = new Pauses();
const kernel = psf.disk(4);
let scene: ReturnType<typeof toPlanes>;

beforeAll(() => {
  scene = toPlanes({ ...createScene({ width: SIDE, height: SIDE, seed: 8 }), channels: 3 });
});

/** The green plane, 1 being full scale. */
const greenOf = ({ width, height, data }: Frame): Plane => ({
  width,
  height,
  data: Float32Array.from({ length: width * height }, (_, pixel) => data[3 * pixel + 1]! / 255),
});

async function look(
  rotation: number,
  scale: number,
  shift: readonly [number, number],
  side = 400,
): Promise<{ frame: Frame; reference: Frame; truth: ReturnType<typeof placeView> }> {
  const view = { kernel, width: side, height: side, scale, rotation, shift, noise: 0.004 };
  const { frame, reference } = (await createPair(scene, view)) as { frame: Frame; reference: Frame };
  return { frame, reference, truth: placeView(scene, view, side, side) };
}

describe('registerByFeatures', () => {
  it.each<[number, number, [number, number], number]>([
    [5, 1, [0, 0], 400],
    [20, 1.4, [40, -30], 400],
    [45, 1, [120, -60], 400],
    [90, 1.5, [0, 50], 400],
    [-135, 1, [-80, 80], 400],
    [180, 1.9, [0, 0], 400],
    [-70, 0.7, [60, 0], 500],
    [10, 0.5, [-50, 50], 700],
  ])(
    'finds a frame turned by %d degrees, of %s pixels of the reference per pixel, shifted by %j',
    async (rotation, scale, shift, side) => {
      const { frame, reference, truth } = await look(rotation, scale, shift, side);
      const found = (await registerByFeatures(greenOf(frame), greenOf(reference), pauses))!;
      for (const [x, y] of [
        [0, 0],
        [side - 1, 0],
        [0, side - 1],
        [side - 1, side - 1],
      ] as const) {
        const [a, b] = [applyAffine(found, x, y), applyAffine(truth, x, y)];
        expect(Math.hypot(a[0] - b[0], a[1] - b[1]) / scale).toBeLessThan(6);
      }
    },
  );

  it('finds nothing on another place, or where nothing varies', async () => {
    const { frame, reference } = await look(30, 1, [0, 0]);
    const elsewhere = greenOf({ ...reference, data: createScene({ width: SIDE, height: SIDE, seed: 77 }).data });
    const flat = { ...elsewhere, data: new Float32Array(SIDE ** 2).fill(0.5) };
    for (const other of [elsewhere, flat]) expect(await registerByFeatures(greenOf(frame), other, pauses)).toBeNull();
    expect(await registerByFeatures(flat, greenOf(reference), pauses)).toBeNull();
  });

  it('stops when told to', async () => {
    const { frame, reference } = await look(0, 1, [0, 0]);
    await expect(
      registerByFeatures(greenOf(frame), greenOf(reference), new Pauses(AbortSignal.abort(new Error('enough')))),
    ).rejects.toThrow('enough');
  });
});

describe('the kernel against a reference that is turned and scaled by far', () => {
  it.each<[number, number, [number, number]]>([
    [90, 1.5, [20, 30]],
    [-147, 1, [90, -70]],
  ])('is found at %d degrees and a scale of %s', async (rotation, scale, shift) => {
    const { frame, reference } = await look(rotation, scale, shift);
    const { blur } = await estimate(frame, { reference });
    expect(blur.declined).toBeNull();
    expect(Math.abs(blur.registration!.scale / scale - 1)).toBeLessThan(0.002);
    expect(Math.abs(blur.registration!.rotationDegrees - rotation)).toBeLessThan(0.1);
    expect(Math.abs(blur.shape!.semiMajorPx - 4)).toBeLessThan(0.1);
    expect(kernelError(blur.kernel!, kernel)).toBeLessThan(0.03);
  });
});

describe('smooth', () => {
  it('is a Gaussian, and keeps what is flat', async () => {
    const point = { width: 41, height: 31, data: new Float32Array(41 * 31) };
    point.data[15 * 41 + 20] = 1;
    const { data } = await smooth(point, 2);
    for (const [x, y] of [
      [20, 15],
      [22, 15],
      [20, 12],
      [24, 18],
    ] as const) {
      expect(data[y * 41 + x]).toBeCloseTo(Math.exp(-((x - 20) ** 2 + (y - 15) ** 2) / 8) / (8 * Math.PI), 3);
    }
    const flat = await smooth({ ...point, data: new Float32Array(41 * 31).fill(0.7) }, 3);
    expect(Math.min(...flat.data)).toBeCloseTo(0.7, 5);
  });
});
