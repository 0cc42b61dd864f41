import { beforeAll, describe, expect, it } from 'vitest';
import { blur, move, take, toPlanes } from '../../bench/estimate-cases.mjs';
import { deconvolve, estimate, psf } from '../../lib/index.js';
import type { Frame, MotionEstimate } from '../../lib/index.js';
import { createRandom, sampleNormal } from '../../lib/math/random.js';
import { createScene } from '../../scripts/scene.mjs';
import { psnrOf } from '../support/blur.js';

type Planes = ReturnType<typeof toPlanes>;

const [WIDTH, HEIGHT] = [720, 600];
let scene: Planes;

beforeAll(() => {
  scene = toPlanes({ ...createScene({ width: WIDTH, height: HEIGHT, seed: 4 }), channels: 3 });
});

const photograph = async (planes: Planes, noise = 0.002): Promise<Frame> =>
  (await take(planes, { noise, seed: 3 })) as Frame;

async function motionOf(frame: Frame | Uint8Array): Promise<MotionEstimate> {
  return (await estimate(frame, { kind: 'motion' })).blur;
}

/** How far apart two directions are, in degrees: half a turn is none. */
const turnBetween = (a: number, b: number): number => Math.abs(((((a - b) % 180) + 270) % 180) - 90);

/** A frame turned by 90 degrees anticlockwise, mirrored at its diagonal, or upside down. */
function rearrange({ width, height, channels, data, depth }: Frame, place: 'turned' | 'transposed' | 'flipped'): Frame {
  const [newWidth, newHeight] = place === 'flipped' ? [width, height] : [height, width];
  const moved = new Uint8Array(data.length);
  for (let y = 0; y < newHeight; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const [column, row] =
        place === 'turned' ? [width - 1 - y, x] : place === 'transposed' ? [y, x] : [x, height - 1 - y];
      for (let channel = 0; channel < channels; channel += 1)
        moved[(y * newWidth + x) * channels + channel] = data[(row * width + column) * channels + channel]!;
    }
  }
  return { width: newWidth, height: newHeight, channels, depth, data: moved } as Frame;
}

describe('straight motion', () => {
  it.each([
    [4, 20, 0.002],
    [6.5, 135, 0],
    [12, 71, 0.002],
    [12, 71, 0.01],
    [20, 0, 0.002],
    [33, 160, 0.002],
  ])('of %f pixels at %f degrees with noise %f is found, with high confidence', async (length, angle, noise) => {
    const {
      motion,
      shape,
      kernel,
      psf: words,
      confidence,
      declined,
    } = await motionOf(await photograph(await move(scene, length, angle), noise));
    expect(declined).toBeNull();
    expect(Math.abs(motion!.lengthPx - length)).toBeLessThan(0.1);
    expect(turnBetween(motion!.angleDegrees, angle) * length).toBeLessThan(6);
    expect(shape).toBeNull();
    expect(confidence!.level).toBe('high');
    expect(words).toMatch(/^motion:[\d.]+@[\d.]+$/);
    expect(kernel!.data.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect((await psf.parse(words!)).width).toBe(kernel!.width);
  });

  it.each([
    [8, 40],
    [16, 110],
  ])('of %f pixels at %f degrees is found in a JPEG file of quality 85', async (length, angle) => {
    const { motion, declined } = await motionOf(
      (await take(await move(scene, length, angle), { noise: 0.002, jpeg: 85, seed: 3 })) as Uint8Array,
    );
    expect(declined).toBeNull();
    expect(Math.abs(motion!.lengthPx - length)).toBeLessThan(0.3);
    expect(turnBetween(motion!.angleDegrees, angle)).toBeLessThan(1.5);
  });

  it.each([
    [8, 24, 2.5],
    [12, 75, 4],
    [20, 140, 3],
  ])('of %f pixels at %f degrees is found together with a disk of %f pixels', async (length, angle, radius) => {
    const {
      motion,
      shape,
      kernel,
      confidence,
      psf: words,
    } = await motionOf(await photograph(await blur(await move(scene, length, angle), psf.disk(radius))));
    expect(Math.abs(motion!.lengthPx - length)).toBeLessThan(0.3);
    expect(turnBetween(motion!.angleDegrees, angle) * length).toBeLessThan(20);
    expect(Math.abs(shape!.semiMajorPx - radius)).toBeLessThan(0.1);
    expect(confidence!.level).toBe('high');
    expect(words).toMatch(/^motion:[\d.]+@[\d.]+\+disk:[\d.]+$/);
    const truth = psf.convolve(psf.motion(motion!.lengthPx, motion!.angleDegrees), psf.disk(shape!.semiMajorPx));
    kernel!.data.forEach((weight, index) => {
      expect(Math.abs(weight - truth.data[index]!)).toBeLessThan(1e-12);
    });
  });

  it('turns with the frame', async () => {
    const frame = await photograph(await move(scene, 14, 25));
    const { motion } = await motionOf(frame);
    for (const [place, angle] of [
      ['turned', 115],
      ['transposed', 65],
      ['flipped', 155],
    ] as const) {
      const other = (await motionOf(rearrange(frame, place))).motion!;
      expect(Math.abs(other.lengthPx - motion!.lengthPx)).toBeLessThan(0.02);
      expect(turnBetween(other.angleDegrees, angle)).toBeLessThan(0.2);
    }
  });

  it('is the same with any number of threads, contrast and depth', async () => {
    const frame = await photograph(await move(scene, 9, 33));
    const { blur: one } = await estimate(frame, { kind: 'motion', threads: 1 });
    expect((await estimate(frame, { kind: 'motion', threads: 3 })).blur).toEqual(one);
    const faint = { ...frame, depth: 32 as const, data: Float32Array.from(frame.data, (value) => 0.2 + value / 1000) };
    const { motion } = (await estimate(faint, { kind: 'motion' })).blur;
    expect(motion!.lengthPx).toBeCloseTo(one.motion!.lengthPx, 2);
    expect(motion!.angleDegrees).toBeCloseTo(one.motion!.angleDegrees, 1);
  });
});

describe('a frame without motion', () => {
  it.each<[string, psf.Psf | null]>([
    ['sharp', null],
    ['out of focus', psf.disk(4)],
    ['softened', psf.gaussian(2)],
    ['lightly out of focus', psf.disk(2)],
  ])('is declined where it is %s', async (_, kernel) => {
    const planes = kernel ? await blur(scene, kernel) : scene;
    for (const jpeg of [0, 85]) {
      const { declined, motion, kernel: found } = await motionOf(await take(planes, { noise: 0.002, jpeg, seed: 3 }));
      expect(declined).toMatch(/no dark lines|without motion|not resolved/);
      expect({ motion, found }).toEqual({ motion: null, found: null });
    }
  });

  it('is declined where it is furrows, noise, cloud or water, flat or tiny', async () => {
    const random = createRandom(2);
    const picture = (side: number, level: (x: number, y: number) => number): Frame => ({
      width: side,
      height: side,
      channels: 1,
      depth: 8,
      data: Uint8Array.from(
        { length: side * side },
        (_, pixel) => level(pixel % side, Math.floor(pixel / side)) + sampleNormal(random),
      ),
    });
    const wave = (x: number, y: number): number =>
      Math.sin(x / 7 + 2 * Math.sin(y / 41)) + Math.sin((x + y) / 5.3) + Math.sin((2 * x - y) / 11);
    const frames: [Frame, RegExp][] = [
      [picture(400, (x, y) => 120 + 40 * Math.sin((x + 2 * y) / 3)), /motion|dark lines/],
      [picture(400, () => 120 + 20 * sampleNormal(random)), /motion|dark lines/],
      [picture(400, (x, y) => 170 + 40 * Math.sin(x / 61) * Math.cos(y / 83)), /motion|dark lines/],
      [picture(400, (x, y) => 60 + 6 * wave(x, y)), /motion|dark lines/],
      [{ ...picture(300, () => 0), data: new Uint8Array(300 * 300).fill(120) }, /flat/],
      [picture(100, () => 120), /100x100 pixels are too few/],
    ];
    for (const [frame, reason] of frames) expect((await motionOf(frame)).declined).toMatch(reason);
  });

  it('is declined where it moved by too little', async () => {
    const { declined } = await motionOf(await photograph(await move(scene, 2, 50)));
    expect(declined).toMatch(/not resolved|without motion|no dark lines/);
  });
});

describe("kind 'auto'", () => {
  it('tells motion, defocus, both and neither apart', async () => {
    const kindOf = async (planes: Planes): Promise<unknown> => {
      const { kind, declined, shape, psf: words } = (await estimate(await photograph(planes))).blur;
      return declined === null ? [kind, shape !== null, words!.replace(/[\d.,@]+/g, '')] : declined;
    };
    expect(await kindOf(await move(scene, 10, 62))).toEqual(['motion', false, 'motion:']);
    expect(await kindOf(await blur(await move(scene, 10, 62), psf.disk(3)))).toEqual(['motion', true, 'motion:+disk:']);
    expect(await kindOf(await blur(scene, psf.disk(3)))).toEqual(['defocus', true, expect.stringMatching(/^disk:/)]);
    expect(await kindOf(scene)).toMatch(/^it is sharp.*; and no motion: /);
  });

  it("restores a moved frame by psf 'auto' as well as the true kernel does, within 0.3 dB", async () => {
    const [length, angle] = [11, 37];
    const moved = await move(scene, length, angle);
    const frame = await photograph(moved, 0.004);
    const [reachX, reachY] = [(WIDTH - frame.width) / 2, (HEIGHT - frame.height) / 2];
    const sharp: Frame = {
      ...frame,
      data: Uint8Array.from(frame.data, (_, sample) => {
        const [x, y] = [Math.floor(sample / 3) % frame.width, Math.floor(sample / 3 / frame.width)];
        return Math.round(255 * scene.data[(sample % 3) * WIDTH * HEIGHT + (y + reachY) * WIDTH + x + reachX]!);
      }),
    };
    const inside = (x: number, y: number): boolean => x > 16 && y > 16 && x < frame.width - 16 && y < frame.height - 16;
    const known = await deconvolve(frame, { psf: psf.motion(length, angle) });
    const blind = await deconvolve(frame, { psf: 'auto' });
    expect(blind.report.estimatedPsf).toMatch(/^motion:1[01]\.\d+@3[67]\.\d+$/);
    expect(psnrOf(sharp, known, inside) - psnrOf(sharp, blind, inside)).toBeLessThan(0.3);
    expect(psnrOf(sharp, blind, inside) - psnrOf(sharp, frame, inside)).toBeGreaterThan(3);
  });
});

describe('estimate()', () => {
  it('refuses kinds it does not know, and a kind with a reference', async () => {
    const frame = await photograph(scene);
    await expect(estimate(frame, { kind: 'shake' as never })).rejects.toThrow(/kind/);
    await expect(estimate(frame, { kind: 'motion', reference: frame })).rejects.toThrow(
      /kind 'motion' cannot be used with a reference/,
    );
  });

  it('ends with the reason of its signal while it looks for motion', async () => {
    const controller = new AbortController();
    const running = estimate(await photograph(await move(scene, 10, 62)), {
      kind: 'motion',
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(running).rejects.toThrow('enough');
  });
});
