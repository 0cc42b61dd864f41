import { beforeAll, describe, expect, it } from 'vitest';
import { take, toPlanes } from '../../bench/estimate-cases.mjs';
import { createPair } from '../../bench/reference-pairs.mjs';
import { estimate, psf } from '../../lib/index.js';
import type { Frame } from '../../lib/index.js';
import { createScene } from '../../scripts/scene.mjs';

const SIDE = 1000;
let scene: ReturnType<typeof toPlanes>;
beforeAll(() => {
  scene = toPlanes({ ...createScene({ width: SIDE, height: SIDE, seed: 12 }), channels: 3 });
});

const look = async (noise: number, electrons: number): Promise<{ frame: Frame; reference: Frame }> =>
  (await createPair(scene, {
    kernel: psf.disk(2.5),
    width: 700,
    height: 700,
    scale: 1,
    rotation: 2,
    shift: [8.4, -5.3],
    noise,
    electrons,
    changed: 0.1,
  })) as { frame: Frame; reference: Frame };

describe('noise of what a reference leaves unexplained', () => {
  it.each<[number, number]>([
    [0.004, 5000],
    [0.008, 20_000],
    [0.01, Infinity],
  ])('is that of the sensor: read noise %d, %d electrons', async (noise, electrons) => {
    const { noise: found } = await estimate(...pairOf(await look(noise, electrons)));
    expect(found).toMatchObject({ from: 'residual', caveat: null });
    const known = (level: number): number => Math.sqrt(noise ** 2 + level / electrons);
    const shot = 1 / (found!.electronsAtFullScale ?? Infinity);
    for (const level of [0.15, 0.3, 0.5])
      expect(Math.abs(Math.sqrt(found!.readNoise ** 2 + shot * level) / known(level) - 1)).toBeLessThan(0.05);
    if (electrons < 10_000) expect(Math.abs(found!.electronsAtFullScale! / electrons - 1)).toBeLessThan(0.15);
    expect(Math.abs(found!.readNoise / noise - 1)).toBeLessThan(0.2);
  });

  it('is closer than what the frame tells by itself, where texture is all over', async () => {
    const { frame, reference } = await look(0.002, Infinity);
    const [alone, compared] = [
      (await estimate(frame)).noise!,
      (await estimate(frame, { reference, referenceScale: 1 })).noise!,
    ];
    expect(alone.from).toBe('frame');
    expect(Math.abs(compared.sigma - Math.hypot(0.002, 1 / 255 / Math.sqrt(12)))).toBeLessThan(
      Math.abs(alone.sigma - Math.hypot(0.002, 1 / 255 / Math.sqrt(12))),
    );
  });

  it('is left to the frame where the reference has other colours, or JPEG has changed it', async () => {
    const { frame, reference } = await look(0.004, Infinity);
    const grey: Frame = {
      ...reference,
      channels: 1,
      data: Uint8Array.from(reference.data.filter((_, index) => index % 3 === 1)),
    };
    expect((await estimate(frame, { reference: grey, referenceScale: 1 })).noise!.from).toBe('frame');
    const file = await take(
      {
        width: 700,
        height: 700,
        data: Float32Array.from(
          { length: 3 * 700 * 700 },
          (_, index) => frame.data[3 * (index % 490_000) + Math.floor(index / 490_000)]! / 255,
        ),
      },
      { noise: 0, jpeg: 90 },
    );
    expect((await estimate(file, { reference, referenceScale: 1 })).noise).toMatchObject({
      from: 'frame',
      caveat: expect.stringMatching(/JPEG/),
    });
  });
});

function pairOf({
  frame,
  reference,
}: {
  frame: Frame;
  reference: Frame;
}): [Frame, { reference: Frame; referenceScale: number }] {
  return [frame, { reference, referenceScale: 1 }];
}
