import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blur, take, toPlanes } from '../../bench/estimate-cases.mjs';
import { psf } from '../../lib/index.js';
import type { Frame } from '../../lib/index.js';
import { createScene, defocus } from '../../scripts/scene.mjs';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';
import type { ChildResult } from '../support/run-child.js';

const VAL = fileURLToPath(new URL('../../../shared/data/eo/val/', import.meta.url));
const folder = createFolder();
const picture = folder.path('picture.png');
const run = (...args: string[]): Promise<ChildResult> => runNode(['dist/cli/main.js', ...args]);

interface Answer {
  readonly declined: string | null;
  readonly shape: { readonly semiMajorPx: number } | null;
}

const readDeclined = (line: string): string | null => (JSON.parse(line) as { report: Answer }).report.declined;
const readRadius = (line: string): number => (JSON.parse(line) as { report: Answer }).report.shape!.semiMajorPx;

beforeAll(async () => {
  const { data } = defocus(createScene({ width: 512, height: 400, seed: 5 }), { radius: 4, noise: 0.004 });
  await sharp(data, { raw: { width: 512, height: 400, channels: 3 } }).toFile(picture);
});
afterAll(() => folder.remove());

describe('perifocal estimate', () => {
  it('writes a kernel that deconvolve takes, with its parameters', async () => {
    const { code, stdout, stderr } = await run('estimate', picture, '-o', folder.path('kernel.png'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /picture\.png: disk:(3\.9|4\.0)\d+.*, confidence high .*read noise .*written to .*kernel\.png\n$/,
    );
    const record = JSON.parse(readFileSync(folder.path('kernel.json'), 'utf8')) as { psf: string };
    expect(record).toMatchObject({
      input: picture,
      kind: 'defocus',
      declined: null,
      confidence: { level: 'high' },
      provenance: { package: expect.stringMatching(/^perifocal/) },
    });
    const drawn = await psf.parse(record.psf);
    const [png, npy] = [await psf.read(folder.path('kernel.png')), await psf.read(folder.path('kernel.npy'))];
    expect(npy.width).toBe(drawn.width);
    npy.data.forEach((weight, index) => {
      expect(Math.abs(weight - drawn.data[index]!)).toBeLessThan(1e-5);
    });
    png.data.forEach((weight, index) => {
      expect(Math.abs(weight - npy.data[index]!)).toBeLessThan(1e-6);
    });
    expect(await sharp(folder.path('kernel.png')).metadata()).toMatchObject({ depth: 'ushort', channels: 1 });
    for (const kernel of ['kernel.png', 'kernel.npy']) {
      const result = await run(
        'deconvolve',
        picture,
        '--psf',
        folder.path(kernel),
        '-o',
        folder.path('restored.png'),
        '--quiet',
      );
      expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
    }
  });

  it('prints one JSON object per image, and goes on after a decline', async () => {
    const grey = folder.path('grey.png');
    await sharp({ create: { width: 300, height: 300, channels: 3, background: 'grey' } })
      .png()
      .toFile(grey);
    const { code, stdout, stderr } = await run('estimate', grey, picture, '--json', '-o', folder.path('several/'));
    expect(code).toBe(1);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(first).toMatchObject({
      input: grey,
      ok: false,
      error: { code: 'ESTIMATE_DECLINED', message: expect.stringMatching(/flat/) },
      report: { declined: expect.stringMatching(/flat/), kernel: null },
    });
    expect(second).toMatchObject({
      input: picture,
      ok: true,
      output: folder.path('several/picture.kernel.png'),
      report: { declined: null, kernel: { symmetric: true } },
    });
    expect(stderr).toMatch(/grey\.png: no estimate of the blur: it is flat/);
    expect(readdirSync(folder.path('several')).sort()).toEqual([
      'picture.kernel.json',
      'picture.kernel.npy',
      'picture.kernel.png',
    ]);
  });

  it('finds motion together with defocus, and looks for what it is told', async () => {
    const moved = folder.path('moved.png');
    const kernel = psf.convolve(psf.disk(3), psf.motion(14, 30));
    const scene = toPlanes({ ...createScene({ width: 540, height: 430, seed: 3 }), channels: 3 });
    const { data, width, height } = (await take(await blur(scene, kernel), { noise: 0.002 })) as Frame;
    await sharp(data as Uint8Array, { raw: { width, height, channels: 3 } }).toFile(moved);
    const { code, stdout, stderr } = await run('estimate', moved, '-o', folder.path('moved-kernel.png'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/moved\.png: motion:1[34]\.\d+@(29|30)\.\d+\+disk:(2\.9|3\.0)\d+, confidence high/);
    const record = JSON.parse(readFileSync(folder.path('moved-kernel.json'), 'utf8')) as {
      motion: { lengthPx: number };
    };
    expect(record).toMatchObject({
      kind: 'motion',
      shape: { sigmaPx: 0 },
      confidence: { level: 'high' },
      provenance: { method: expect.stringMatching(/motion/) },
    });
    expect(Math.abs(record.motion.lengthPx - 14)).toBeLessThan(0.3);
    const npy = await psf.read(folder.path('moved-kernel.npy'));
    expect(npy.data.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(npy.symmetric).toBe(true);
    const still = await run('estimate', picture, '--kind', 'motion');
    expect(still).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/no estimate of the blur: .*(motion|dark lines)/),
    });
  });

  it.each<[string, string[], number, RegExp]>([
    ['an unknown kind', [picture, '--kind', 'shake'], 2, /Allowed choices are auto, defocus, motion, blind/],
    [
      'a kind with a reference',
      [picture, '--kind', 'motion', '--reference', picture],
      2,
      /cannot be used with a reference/,
    ],
    ['no image', [], 2, /missing required argument/],
    ['a missing image', ['missing.png'], 1, /missing\.png/],
    ['a kernel as JPEG', [picture, '-o', folder.path('kernel.jpg')], 2, /its extension must be one of \.png/],
    ['4 threads', [picture, '--threads', '4'], 2, /Allowed: 1, 2, 3/],
  ])('%s fails', async (_, args, code, message) => {
    const result = await run('estimate', ...args);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(existsSync(folder.path('kernel.jpg'))).toBe(false);
  });
});

describe('perifocal deconvolve --psf auto', () => {
  it('says what it found', async () => {
    const { code, stdout } = await run('deconvolve', picture, '--psf', 'auto', '-o', folder.path('auto.png'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ report: { estimatedPsf: expect.stringMatching(/^disk:(3\.9|4\.0)/) } });
  });

  it('is what a restorer can fall back to', async () => {
    const { code, stdout } = await run(
      'restore',
      picture,
      '-o',
      folder.path('fallback.png'),
      '--model',
      './none.safetensors',
      '--fallback',
      'auto',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      report: {
        estimatedPsf: expect.stringMatching(/^disk/),
        fallbackReason: expect.stringContaining('none.safetensors'),
      },
    });
  });
});

describe.runIf(existsSync(VAL))('real frames that overlap', () => {
  const frames = ['iss_photo_1742', 'iss_photo_1743', 'iss_photo_1744'];

  it('are declined as sharp', async () => {
    const { code, stdout } = await run('estimate', ...frames.map((name) => `${VAL}${name}.jpg`), '--json');
    const answers = stdout.trim().split('\n').map(readDeclined);
    expect(answers).toEqual(frames.map(() => expect.stringMatching(/sharp/)));
    expect(code).toBe(1);
  });

  it('agree within 0.3 pixels on a defocus that they share', async () => {
    const region = { left: 328, top: 206, width: 640, height: 560 };
    for (const name of frames) {
      const data = await sharp(`${VAL}${name}.jpg`).extract(region).removeAlpha().raw().toBuffer();
      const { width, height } = region;
      const soft = defocus({ width, height, data }, { radius: 4, noise: 0.004 });
      await sharp(soft.data, { raw: { width, height, channels: 3 } }).toFile(folder.path(`${name}.png`));
    }
    const { stdout } = await run('estimate', ...frames.map((name) => folder.path(`${name}.png`)), '--json');
    const radii = stdout.trim().split('\n').map(readRadius);
    expect(radii).toHaveLength(frames.length);
    expect(Math.max(...radii) - Math.min(...radii)).toBeLessThanOrEqual(0.3);
  });
});
