import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blur, take, toPlanes } from '../../bench/estimate-cases.mjs';
import { formatNpy, parseNpy } from '../../lib/psf/npy.js';
import { fitDisk } from '../../lib/estimate/reference/disk-fit.js';
import { deconvolve, estimate, psf } from '../../lib/index.js';
import type { Frame, ReferenceEstimate } from '../../lib/index.js';
import { createScene } from '../../scripts/scene.mjs';
import { psnrOf } from '../support/blur.js';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const folder = createFolder();
afterAll(() => folder.remove());

const [WIDTH, HEIGHT] = [1100, 900];
/** In the middle of the frame and in its corners. */
const [LEAST, MOST] = [2.5, 4.5];
/** Blurred frames between which those of the radii between are interpolated. */
const STEPS = 9;
const MARGIN = 6;
let reference: Frame;
let frame: Frame;
let found: ReferenceEstimate;

/** The radius at a place of the frame, 0 to 1. */
const radiusAt = (x: number, y: number): number => LEAST + ((MOST - LEAST) * ((2 * x - 1) ** 2 + (2 * y - 1) ** 2)) / 2;

/** The frame through a disk that grows towards the corners: at each pixel between two frames of nearly its radius. */
async function blurUnevenly(scene: ReturnType<typeof toPlanes>): Promise<ReturnType<typeof toPlanes>> {
  const size = WIDTH * HEIGHT;
  const data = new Float32Array(3 * size);
  for (let step = 0; step < STEPS; step += 1) {
    const radius = LEAST + ((MOST - LEAST) * step) / (STEPS - 1);
    const kernel = psf.disk(radius);
    const blurred = await blur(scene, kernel);
    const crop = MARGIN - (kernel.width - 1) / 2;
    for (let index = 0; index < data.length; index += 1) {
      const [plane, x, y] = [Math.floor(index / size), index % WIDTH, Math.floor((index % size) / WIDTH)];
      const distance = Math.abs(radiusAt(x / (WIDTH - 1), y / (HEIGHT - 1)) - radius) / ((MOST - LEAST) / (STEPS - 1));
      if (distance < 1)
        data[index]! += (1 - distance) * blurred.data[(plane * blurred.height + y + crop) * blurred.width + x + crop]!;
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

beforeAll(async () => {
  const scene = toPlanes({
    ...createScene({ width: WIDTH + 2 * MARGIN, height: HEIGHT + 2 * MARGIN, seed: 6 }),
    channels: 3,
  });
  reference = (await take(scene, { noise: 0 })) as Frame;
  frame = (await take(await blurUnevenly(scene), { noise: 0.004 })) as Frame;
  found = (await estimate(frame, { reference, referenceScale: 1, grid: [3, 3], symmetry: 'radial' })).blur;
});

describe('a grid of kernels against a reference', () => {
  it('grows to the corners as the blur does', async () => {
    const { columns, rows, radiiPx } = found.field!;
    expect([columns, rows, found.kernels!.kernels.length]).toEqual([3, 3, 9]);
    // Patches begin half their side from the edges: what is beyond is extrapolated.
    for (const [x, y] of [
      [0.12, 0.12],
      [0.5, 0.12],
      [0.88, 0.12],
      [0.25, 0.25],
      [0.5, 0.5],
      [0.3, 0.5],
      [0.12, 0.88],
      [0.88, 0.88],
    ] as const) {
      const { radius } = await fitDisk(psf.kernelAt(found.kernels!, x, y));
      expect(Math.abs(radius - radiusAt(x, y))).toBeLessThan(0.25);
    }
    radiiPx.forEach((radius, node) => {
      expect(radius).toBeGreaterThan(node === 4 ? LEAST - 0.15 : LEAST + 0.4);
    });
    expect(found.kernel!.data).toEqual(psf.kernelAt(found.kernels!, 0.5, 0.5).data);
  });

  it('deconvolves better than one kernel', async () => {
    const truth: Frame = {
      ...frame,
      data: Uint8Array.from({ length: frame.data.length }, (_, index) => {
        const [x, y] = [(Math.floor(index / 3) % WIDTH) + MARGIN, Math.floor(index / 3 / WIDTH) + MARGIN];
        return reference.data[(y * reference.width + x) * 3 + (index % 3)]!;
      }),
    };
    const quality = async (kernels: psf.PsfField | psf.Psf): Promise<number> =>
      psnrOf(truth, await deconvolve(frame, { psf: kernels }), (x, y) => Math.min(x, y, WIDTH - x, HEIGHT - y) > 16);
    const single = (await estimate(frame, { reference, referenceScale: 1, symmetry: 'radial' })).blur;
    expect(single.kernels).toBeNull();
    expect(await quality(found.kernels!)).toBeGreaterThan((await quality(single.kernel!)) + 0.5);
  });

  it('is declined where the frame is too small for it, and refused without a reference', async () => {
    const small = { width: 300, height: 300, channels: 3, depth: 8, data: new Uint8Array(300 * 300 * 3) } as const;
    for (let y = 0; y < 300; y += 1)
      small.data.set(
        frame.data.subarray(3 * ((y + 300) * WIDTH + 400), 3 * ((y + 300) * WIDTH + 700)) as Uint8Array,
        900 * y,
      );
    const { declined } = (await estimate(small, { reference, referenceScale: 1, grid: [4, 4] })).blur;
    expect(declined).toMatch(/too few patches with texture for a grid of 4x4/);
    await expect(estimate(frame, { grid: [3, 3] } as object)).rejects.toThrow(/needs a reference/);
    await expect(estimate(frame, { reference, grid: [5, 1] })).rejects.toThrow(/columns of the grid/);
    await expect(estimate(frame, { reference, grid: 3 as unknown as [3, 3] })).rejects.toThrow(/columns, rows/);
  });

  it('is written by the command line as deconvolve reads it', async () => {
    for (const [name, { width, height, data }] of [
      ['frame', frame],
      ['reference', reference],
    ] as const) {
      await sharp(data as Uint8Array, { raw: { width, height, channels: 3 } })
        .png({ compressionLevel: 1 })
        .toFile(folder.path(`${name}.png`));
    }
    const run = (...args: string[]): ReturnType<typeof runNode> => runNode(['dist/cli/main.js', ...args]);
    const { code, stdout } = await run(
      'estimate',
      folder.path('frame.png'),
      '--reference',
      folder.path('reference.png'),
      '--reference-scale',
      '1',
      '--grid',
      '2x3',
      '-o',
      folder.path('kernel.png'),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/, field( \d\.\d\d| -){6}, confidence/);
    expect(JSON.parse(readFileSync(folder.path('kernel.json'), 'utf8'))).toMatchObject({
      field: { columns: 2, rows: 3 },
      kernel: { width: 41 },
    });
    expect(parseNpy(readFileSync(folder.path('kernel.npy')), 511)).toMatchObject({ columns: 2, rows: 3 });
    expect(
      await run(
        'deconvolve',
        folder.path('frame.png'),
        '--psf',
        folder.path('kernel.npy'),
        '-o',
        folder.path('o.png'),
        '--quiet',
      ),
    ).toMatchObject({ code: 0, stderr: '' });
    await expect(psf.read(folder.path('kernel.npy'))).rejects.toThrow(/holds 6 kernels of a field/);
    expect((await run('estimate', 'x.png', '--grid', '3')).stderr).toMatch(/such as 3x3/);
  });
});

describe('a grid of matrices as a NumPy file', () => {
  const grid = {
    columns: 2,
    rows: 1,
    matrices: [1, 2].map((value) => ({ width: 3, height: 1, data: Float64Array.of(value, 2, 3) })),
  };

  it('comes back as it was', () => expect(parseNpy(formatNpy(grid), 9)).toEqual(grid));

  it('is refused where it is cut, or has three axes', () => {
    const bytes = formatNpy(grid);
    expect(() => parseNpy(bytes.subarray(0, bytes.length - 8), 9)).toThrow(/40 bytes of data where its header says 48/);
    expect(() =>
      parseNpy(Buffer.from(Buffer.from(bytes).toString('latin1').replace('(1, 2, 1, 3)', '(2, 1, 3)   '), 'latin1'), 9),
    ).toThrow(/not a NumPy file that can be read/);
  });
});
