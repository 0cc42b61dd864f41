import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKnownDefects } from '../lib/cli/defects.js';
import { Runtime, deconvolve, psf } from '../lib/index.js';
import type { DefectPicture } from '../lib/index.js';
import { blurScene } from './support/blur.js';
import { perifocal } from './support/cli.js';
import { fitsFile } from './support/fits-files.js';
import { createFolder } from './support/models.js';
import { imageOf } from './support/picture-files.js';
import { tiffFile } from './support/tiff-file.js';

const [WIDTH, HEIGHT] = [64, 48];
const folder = createFolder();
const runtime = await Runtime.open({ memory: '300MB' });
afterAll(() => {
  folder.remove();
  runtime[Symbol.dispose]();
});

/** Defective: blocks of 8 x 8, which JPEG keeps apart, at places that differ in all directions. */
const isDefective = (x: number, y: number): boolean => [9, 20, 34].includes((y >> 3) * 8 + (x >> 3));
const PIXELS = Array.from({ length: WIDTH * HEIGHT }, (_, i) => isDefective(i % WIDTH, Math.floor(i / WIDTH)));
const KNOWN = Uint8Array.from(PIXELS, Number);

const { blurred } = blurScene({ width: WIDTH, height: HEIGHT, kernel: psf.disk(2) });
const spoilt = { ...blurred, data: blurred.data.map((value, i) => (PIXELS[i] ? 137 : value)) as Uint8Array };

/** Samples of a picture, each band `value` where a pixel is defective. */
const samplesOf = (bands: number, value: number): number[] =>
  Array.from({ length: bands * WIDTH * HEIGHT }, (_, i) => (PIXELS[Math.floor(i / bands)] ? value : 0));

const png = (channels: number, depth: 8 | 16, value: number): Promise<Buffer> => {
  const samples = samplesOf(channels, value);
  const data = depth === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples);
  return imageOf({ width: WIDTH, height: HEIGHT, channels, depth, data } as Parameters<typeof imageOf>[0])
    .png()
    .toBuffer();
};

const tiff = (type: 'uint8' | 'uint16' | 'float32', bands: number, value: number): Buffer =>
  tiffFile([{ width: WIDTH, height: HEIGHT, bands, type, samples: samplesOf(bands, value) }]);

const fits = (bitpix: number, value: number): Buffer => {
  const rows = Array.from({ length: HEIGHT }, (_, y) => samplesOf(1, value).slice(y * WIDTH, (y + 1) * WIDTH));
  return fitsFile({ bitpix, axes: [WIDTH, HEIGHT], numbers: rows.flat() });
};

const grey = (): ReturnType<typeof sharp> =>
  imageOf({ width: WIDTH, height: HEIGHT, channels: 1, depth: 8, data: Uint8Array.from(samplesOf(1, 255)) });

const PICTURES: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  'grey.png': () => png(1, 8, 255),
  'one.png': () => png(1, 8, 1),
  'rgb.png': () => png(3, 8, 255),
  'deep.png': () => png(1, 16, 1),
  'grey.jpg': () => grey().jpeg({ quality: 100 }).toBuffer(),
  'lossless.webp': () => grey().webp({ lossless: true }).toBuffer(),
  'bytes.tif': () => tiff('uint8', 1, 1),
  'words.tif': () => tiff('uint16', 4, 40_000),
  'floats.tif': () => tiff('float32', 1, 1e-3),
  'bytes.fits': () => fits(8, 1),
  'floats.fits': () => fits(-32, -0.5),
};

const outputOf = async (path: string): Promise<Buffer> => sharp(path).toColourspace('b-w').raw().toBuffer();

beforeAll(async () => {
  writeFileSync(folder.path('in.png'), await imageOf(spoilt).png().toBuffer());
});

describe('--known-defects', () => {
  it.each(Object.entries(PICTURES))('takes %s: what is not 0 is defective', async (name, make) => {
    writeFileSync(folder.path(name), await make());
    const session = { open: async (path: string) => path, runtime, signal: new AbortController().signal };
    const { knownDefects } = await readKnownDefects({ knownDefects: folder.path(name) }, session);
    expect(knownDefects).toMatchObject({ width: WIDTH, height: HEIGHT });
    const found = (knownDefects as DefectPicture).data;
    expect(Uint8Array.from(found, (defect) => Math.min(defect, 1))).toEqual(KNOWN);
  });
});

describe('a picture of known defects that cannot be used', () => {
  const run = (...words: string[]): ReturnType<typeof perifocal> =>
    perifocal(['deconvolve', folder.path('in.png'), '--psf', 'disk:2', '-o', folder.path('out.png'), ...words]);

  it('of another size, with as many pixels', async () => {
    const picture = sharp(Buffer.alloc(32 * 96), { raw: { width: 32, height: 96, channels: 1 } });
    writeFileSync(folder.path('other.png'), await picture.png().toBuffer());
    const { code, stderr } = await run('--known-defects', folder.path('other.png'));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/picture of 64x48 pixels.*knownDefects.*32x96/);
  });

  it('that is damaged', async () => {
    writeFileSync(folder.path('bad.png'), 'no picture');
    const { code, stderr } = await run('--known-defects', folder.path('bad.png'));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/bad\.png/);
  });

  it('that is not there', async () => {
    const { code, stderr } = await run('--known-defects', folder.path('none.png'));
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/none\.png/);
  });
});

describe('restore --fallback', () => {
  it('takes known defects as deconvolve does', async () => {
    writeFileSync(folder.path('known.png'), await png(1, 8, 255));
    const [model, known, output] = [folder.path('no.safetensors'), folder.path('known.png'), folder.path('stood.png')];
    const words = ['restore', folder.path('in.png'), '--model', model, '--fallback', 'disk:2', '--defects', 'none'];
    const { envelopes, stderr } = await perifocal([...words, '--known-defects', known, '-o', output, '--json']);
    const count = KNOWN.reduce((sum, one) => sum + one, 0);
    expect(envelopes(), stderr).toMatchObject([{ ok: true, report: { defects: { known: count, hot: 0 } } }]);
    const options = { psf: 'disk:2', defects: 'none', knownDefects: KNOWN } as const;
    expect(await outputOf(output)).toEqual(Buffer.from((await deconvolve(spoilt, options)).data));
  });
});
