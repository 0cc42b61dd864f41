import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fromArrayBuffer } from 'geotiff';
import { afterAll, describe, expect, it } from 'vitest';
import { toInteger } from '../lib/image/integers.js';
import { Deconvolver } from '../lib/index.js';
import type { RestoreFileOptions } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { createFolder } from './support/models.js';
import { fitsFile, valueCard } from './support/fits-files.js';
import { tiffFile } from './support/tiff-file.js';

const folder = createFolder();
const deconvolver = await Deconvolver.open({ psf: 'disk:1', method: 'wiener', threads: 1 });
afterAll(async () => {
  folder.remove();
  await deconvolver.dispose();
});

const [width, height] = [600, 90];
const GDAL_NODATA = 42_113;
const scene = createFrame({ width, height, channels: 1 }).data;
/** Largest value of a type. */
const MOST = { int8: 127, int16: 32_767 } as const;
type Signed = keyof typeof MOST;

/** The scene as signed integers that have the least of them where it is missing. */
function samplesOf(type: Signed): number[] {
  const scaled = Array.from(scene, (sample) => Math.round((sample / 255) * 0.9 * MOST[type]));
  return scaled.fill(-MOST[type] - 1, 40 * width, 46 * width);
}

/** The first picture of a TIFF, as geotiff.js reads it. */
async function readBack(path: string): Promise<{ format: number; bits: number; samples: ArrayLike<number> }> {
  const image = await (await fromArrayBuffer(new Uint8Array(readFileSync(path)).buffer)).getImage();
  const samples = (await image.readRasters({ interleave: true })) as unknown as ArrayLike<number>;
  return { format: image.getSampleFormat(0), bits: image.getBitsPerSample(0) as number, samples };
}

const forms: readonly RestoreFileOptions[] = [{}, { tileSize: 64 }, { cog: true }, { windowRows: 45 }];
const cases = forms.flatMap((form) => (['int8', 'int16'] as const).map((type) => [type, form] as const));

describe('a TIFF of signed integers', () => {
  it.each(cases)('of %s with %j is written and read back where all is checked', async (type, form) => {
    const [input, plain, output] = [folder.path('in.tif'), folder.path('plain.tif'), folder.path('checked.tif')];
    const tags = { [GDAL_NODATA]: String(-MOST[type] - 1) };
    await writeFile(input, tiffFile([{ width, height, bands: 1, type, samples: samplesOf(type), tags }]));
    await deconvolver.restoreFile(input, plain, form);
    await using checking = await Deconvolver.open({ psf: 'disk:1', method: 'wiener', threads: 1, integrity: 'full' });
    await checking.restoreFile(input, output, form);
    expect(readFileSync(output).equals(readFileSync(plain))).toBe(true);
  });

  it.each(cases)('goes out as %s with %j, what is missing as it was', async (type, form) => {
    const [input, output] = [folder.path('in.tif'), folder.path('out.tif')];
    const [samples, nodata] = [samplesOf(type), -MOST[type] - 1];
    const tags = { [GDAL_NODATA]: String(nodata) };
    await writeFile(input, tiffFile([{ width, height, bands: 1, type, samples, tags }]));
    const { report } = await deconvolver.restoreFile(input, output, form);
    expect(report.missingPixels).toBe(6 * width);
    const written = await readBack(output);
    expect([written.format, written.bits]).toEqual([2, type === 'int8' ? 8 : 16]);
    const missing = Array.from(written.samples, (sample) => sample === nodata);
    expect(missing).toEqual(samples.map((sample) => sample === nodata));
    if (form.windowRows !== undefined) return;
    const { data } = await deconvolver.restore(input);
    const rounded = Array.from(data, (value) => Math.min(MOST[type], Math.max(nodata + 1, Math.round(value))));
    expect(Array.from(written.samples)).toEqual(rounded.map((value, at) => (missing[at] ? nodata : value)));
  });

  it('has its nodata value in FITS, and no warning says otherwise', async () => {
    const input = folder.path('in.tif');
    const tags = { [GDAL_NODATA]: '-32768' };
    await writeFile(input, tiffFile([{ width, height, bands: 1, type: 'int16', samples: samplesOf('int16'), tags }]));
    const { report } = await deconvolver.restoreFile(input, folder.path('out.fits'));
    expect(report.warnings.join()).not.toMatch(/nodata/);
    expect(readFileSync(folder.path('out.fits'), 'latin1')).toMatch(/BLANK {3}= {15}-32768 /);
  });

  it('stays so in FITS', async () => {
    const input = folder.path('in.tif');
    await writeFile(input, tiffFile([{ width, height, bands: 1, type: 'int16', samples: samplesOf('int16') }]));
    const { report } = await deconvolver.restoreFile(input, folder.path('out.fits'));
    expect(report.warnings.join()).not.toMatch(/signed integers/);
    expect(readFileSync(folder.path('out.fits'), 'latin1')).toMatch(/BITPIX {2}= {19}16 /);
  });
});

/** Ends of integers of 32 bits that floats hold, and how FITS has the integers. */
const LONG = {
  int32: { ends: [-(2 ** 31), 2_147_483_520], zero: 0 },
  uint32: { ends: [0, 4_294_967_040], zero: 2 ** 31 },
} as const;
const longForms: readonly RestoreFileOptions[] = [{}, { windowRows: 45 }];
const longCases = longForms.flatMap((form) => (['int32', 'uint32'] as const).map((type) => [type, form] as const));

describe('a FITS of integers of 32 bits that reach both ends of their type', () => {
  it.each(longCases)('of %s with %j is written, checked and read again', async (type, form) => {
    const [input, output] = [folder.path('long.fits'), folder.path('out.fits')];
    const { ends, zero } = LONG[type];
    // Squares of both ends: restored, they overshoot.
    const values = Array.from(scene, (_, at) => ends[(((at % width) >> 4) + ((at / width) >> 4)) & 1]!);
    const numbers = values.map((value) => value - zero);
    const cards = zero === 0 ? [] : [valueCard('BSCALE', 1), valueCard('BZERO', zero)];
    await writeFile(input, fitsFile({ bitpix: 32, axes: [width, height], numbers, cards }));
    const open = { psf: 'disk:2', method: 'wiener', threads: 1, integrity: 'full' } as const;
    await using checking = await Deconvolver.open(open);
    await checking.restoreFile(input, output, { ...form, white: ends[1] });
    const { data } = await deconvolver.restore(output);
    expect(data).toHaveLength(values.length);
    const written = readFileSync(output);
    const stored = Array.from(values, (_, at) => written.readInt32BE(2880 + 4 * at) + zero);
    expect([Math.min(...stored), Math.max(...stored)]).toEqual(ends);
  });

  it('takes no nodata that is no float', async () => {
    const input = folder.path('long.fits');
    const numbers = new Array<number>(width * height).fill(2 ** 24);
    await writeFile(input, fitsFile({ bitpix: 32, axes: [width, height], numbers }));
    await expect(deconvolver.restore(input, { nodata: 2 ** 31 - 1 })).rejects.toThrow(
      /2147483647 is no value of float/,
    );
  });
});

describe('a float as an integer of 32 bits', () => {
  it.each([
    [2_147_483_520, 3e9, 2_147_483_392],
    [-(2 ** 31), -3e9, -(2 ** 31) + 256],
  ])('steps from nodata %d, where it is %d, to the float %d', (nodata, value, integer) => {
    const stepped = toInteger(value, { least: -(2 ** 31), most: 2_147_483_520, nodata });
    expect([stepped, Math.fround(stepped)]).toEqual([integer, integer]);
  });
});

describe('a float as a signed integer', () => {
  it.each([
    [3.4, null, 3],
    [-3.6, null, -4],
    [200, null, 127],
    [-1e9, null, -128],
    [-128, -128, -128],
    [-128.4, -128, -127],
    [-1000, -128, -127],
    [0.3, 0, 1],
    [-0.3, 0, -1],
    [500, 127, 126],
  ])('%f is, with nodata %s, %i', (value, nodata, integer) => {
    expect(toInteger(value, { least: -128, most: 127, nodata })).toBe(integer);
  });
});
