import { beforeAll, describe, expect, it } from 'vitest';
import { blur, drawPath, take, toPlanes } from '../../bench/estimate-cases.mjs';
import { likeness } from '../../lib/estimate/blind/taps.js';
import type { Taps } from '../../lib/estimate/blind/taps.js';
import { gradientPower, sharpen } from '../../lib/estimate/blind/sharpen.js';
import { deconvolve, estimate, psf } from '../../lib/index.js';
import type { Frame } from '../../lib/index.js';
import { createScene } from '../../scripts/scene.mjs';
import { psnrOf } from '../support/blur.js';
import { openTransform } from '../support/transform.js';

const [WIDTH, HEIGHT] = [810, 420];
let scene: ReturnType<typeof toPlanes>;

beforeAll(() => {
  scene = toPlanes({ ...createScene({ width: WIDTH, height: HEIGHT, seed: 2 }), channels: 3 });
});

const photograph = async (kernel: psf.Psf | null): Promise<Frame> =>
  (await take(kernel ? await blur(scene, kernel) : scene, { noise: 0.002, seed: 3 })) as Frame;

/** A kernel in the middle of a square of 41 pixels. */
function onSquare({ width, height, data }: psf.Psf): Taps {
  const taps = new Float64Array(41 ** 2);
  data.forEach((weight, index) => {
    taps[(Math.floor(index / width) + (41 - height) / 2) * 41 + (index % width) + (41 - width) / 2] = weight;
  });
  return { side: 41, data: taps };
}

describe("kind 'blind'", () => {
  it('finds a kernel of any form, which restores the frame', async () => {
    const truth = drawPath();
    const frame = await photograph(truth);
    const steps: number[] = [];
    const { blur: found } = await estimate(frame, {
      kind: 'blind',
      onProgress: ({ done, total }) => {
        steps.push(done / total);
      },
    });
    const { kernel, confidence, declined } = found;
    expect(declined).toBeNull();
    expect(likeness(onSquare(kernel!), onSquare(truth))).toBeGreaterThan(0.9);
    expect(confidence!.value).toBeGreaterThan(0.8);
    expect(Math.min(...kernel!.data)).toBeGreaterThanOrEqual(0);
    expect(kernel!.data.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(Math.max(kernel!.width, kernel!.height)).toBeLessThanOrEqual(31);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(1);
    expect(
      (await bestPsnr(await deconvolve(frame, { psf: kernel! }), truth)) - (await bestPsnr(frame, truth)),
    ).toBeGreaterThan(2);
  });

  it.each<[string, psf.Psf]>([
    ['motion', psf.motion(12, 30)],
    ['disk', psf.disk(4)],
  ])('finds a %s without being told its form', async (_, truth) => {
    const { kernel, confidence } = (await estimate(await photograph(truth), { kind: 'blind' })).blur;
    expect(likeness(onSquare(kernel!), onSquare(truth))).toBeGreaterThan(0.9);
    expect(confidence!.value).toBeGreaterThan(0.8);
  });

  it('declines what is sharp, flat, saturated or small', async () => {
    const flat = (level: number, side: number): Frame => ({
      width: 2 * side,
      height: side,
      channels: 1,
      depth: 8,
      data: new Uint8Array(2 * side * side).fill(level),
    });
    for (const [frame, reason] of [
      [await photograph(null), /sharp/],
      [flat(120, 200), /fewer than two parts/],
      [flat(255, 200), /fewer than two parts/],
      [flat(120, 150), /300x150 pixels are too few/],
    ] as const) {
      expect((await estimate(frame, { kind: 'blind' })).blur).toMatchObject({
        kind: 'blind',
        declined: expect.stringMatching(reason),
        kernel: null,
      });
    }
  });

  it('ends with the reason of its signal, and refuses what is no function', async () => {
    const controller = new AbortController();
    const frame = await photograph(psf.disk(3));
    const running = estimate(frame, { kind: 'blind', signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(running).rejects.toThrow('enough');
    await expect(estimate(frame, { kind: 'blind', onProgress: 7 as never })).rejects.toThrow(/onProgress/);
  });
});

describe('the picture with few edges', () => {
  it('has the power of differences by its definition', async () => {
    const plan = await openTransform(8, 12);
    const power = gradientPower(plan);
    for (let bin = 0; bin < power.length; bin += 1) {
      const [u, v] = [(2 * Math.PI * (bin % 7)) / 12, (2 * Math.PI * Math.floor(bin / 7)) / 8];
      expect(power[bin]).toBeCloseTo(
        (Math.cos(u) - 1) ** 2 + Math.sin(u) ** 2 + (Math.cos(v) - 1) ** 2 + Math.sin(v) ** 2,
        5,
      );
    }
    plan.dispose();
  });

  it('keeps steps and takes ripples away', async () => {
    const plan = await openTransform(32, 32);
    const step = Float32Array.from({ length: 1024 }, (_, pixel) => (pixel % 32 < 16 ? -0.5 : 0.5));
    const rippled = step.map(
      (value, pixel) => value + 0.02 * Math.sin(2.5 * (pixel % 32)) * Math.cos(1.9 * Math.floor(pixel / 32)),
    );
    const spike = new Float32Array(1024);
    spike[0] = 1;
    const found = await plan.inverse(
      await sharpen(plan, await plan.forward(rippled), await plan.forward(spike), gradientPower(plan), 0.02),
    );
    found.forEach((value, pixel) => {
      expect(Math.abs(value - step[pixel]!)).toBeLessThan(0.01);
    });
    plan.dispose();
  });
});

/** PSNR against the scene at the best of the shifts by up to 2 pixels: a blind kernel may lie beside its centre. */
async function bestPsnr(
  frame: { readonly width: number; readonly height: number; readonly data: ArrayLike<number> },
  truth: psf.Psf,
): Promise<number> {
  const [reachX, reachY] = [(truth.width - 1) / 2, (truth.height - 1) / 2];
  let best = -Infinity;
  for (let shift = 0; shift < 25; shift += 1) {
    const [right, down] = [(shift % 5) - 2, Math.floor(shift / 5) - 2];
    const [width, height] = [240, 240];
    const at = (x: number, y: number): number =>
      Math.round(255 * scene.data[(y + 30 + down + reachY) * WIDTH + x + 30 + right + reachX]!);
    const grey = (level: (x: number, y: number) => number): Frame => ({
      width,
      height,
      channels: 1,
      depth: 8,
      data: Uint8Array.from({ length: width * height }, (_, pixel) => level(pixel % width, Math.floor(pixel / width))),
    });
    best = Math.max(
      best,
      psnrOf(
        grey(at),
        grey((x, y) => frame.data[((y + 30) * frame.width + x + 30) * 3]!),
      ),
    );
  }
  return best;
}
