import { describe, expect, it } from 'vitest';
import { deconvolve, Restorer } from '../lib/index.js';
import type { AnyFrame, Frame, ImageOptions } from '../lib/index.js';
import { fillMissing } from '../lib/image/missing/fill.js';
import { keepMissing } from '../lib/image/missing/keep.js';
import { nodataOf, stateNodata } from '../lib/image/tiff/nodata.js';
import { Pauses } from '../lib/runtime/pauses.js';
import { createFrame } from './support/frames.js';
import { randomModel } from './support/models.js';

const [width, height] = [48, 40];
const isHole = (pixel: number): boolean => pixel % width < 9 || (pixel % width) + Math.floor(pixel / width) > 75;

/** A frame, and the value that stands for "not measured" in its holes. */
function withHoles(nodata: number, channels = 3): Frame {
  const frame = createFrame({ width, height, channels, depth: 16, range: [0.002, 0.9] });
  const data = frame.data.map((sample, index) => {
    if (isHole(Math.floor(index / channels))) return nodata;
    return sample === nodata ? nodata + 1 : sample;
  });
  return { ...frame, data };
}

const valid = Uint8Array.from({ length: width * height }, (_, pixel) => (isHole(pixel) ? 0 : 1));
const mask: Frame = { width, height, channels: 1, depth: 8, data: valid.map((there) => there * 200) };
const missingPixels = valid.filter((there) => there === 0).length;

/** Ways to say that pixels are missing. */
const WAYS: readonly [string, ImageOptions][] = [
  ['a value', { nodata: 7 }],
  ['a mask', { mask }],
  ['a plane', { valid }],
];

/** Restorations, by name. */
const restorer = await Restorer.open({ model: randomModel(1, 4) });
const RESTORATIONS = {
  network: (frame: Frame, options: ImageOptions) => restorer.restore(frame, options),
  'hyper-laplacian': (frame: Frame, options: ImageOptions) => deconvolve(frame, { psf: 'disk:2', ...options }),
  wiener: (frame: Frame, options: ImageOptions) => deconvolve(frame, { psf: 'disk:2', method: 'wiener', ...options }),
  'richardson-lucy': (frame: Frame, options: ImageOptions) =>
    deconvolve(frame, { psf: 'disk:2', method: 'richardson-lucy', ...options }),
};

describe.each(Object.entries(RESTORATIONS))('pixels that are missing to %s', (_, restore) => {
  it.each(WAYS)('by %s come back bit for bit, and are counted', async (_name, options) => {
    const frame = withHoles(7);
    const { data, report } = await restore(frame, options);
    expect(report.missingPixels).toBe(missingPixels);
    const holes = (samples: Frame['data']): Frame['data'] =>
      samples.filter((__, index) => isHole(Math.floor(index / 3)));
    expect(holes(data)).toEqual(holes(frame.data));
  });

  it('have the same effect by whatever they are told', async () => {
    const results = [];
    for (const [, options] of WAYS) results.push((await restore(withHoles(7), options)).data);
    const [byValue, byMask, byPlane] = results;
    expect(byPlane).toEqual(byMask);
    // By a value only, a sample may not become it.
    expect(byValue!.every((sample, index) => sample === byMask![index] || byMask![index] === 7)).toBe(true);
  });

  it.each([0, 300, 65_535])('of value %i do not depend on it, and no other sample becomes it', async (nodata) => {
    const { data } = await restore(withHoles(nodata), { nodata });
    expect(data.every((sample, index) => (sample === nodata) === isHole(Math.floor(index / 3)))).toBe(true);
    const { data: other } = await restore(withHoles(nodata), { valid });
    // They differ only where the value itself would have come out.
    expect(data.every((sample, index) => sample === other[index] || other[index] === nodata)).toBe(true);
  });

  it('by alpha 0 come back, and others are restored', async () => {
    const frame = withHoles(7, 4);
    for (let pixel = 0; pixel < width * height; pixel += 1) frame.data[4 * pixel + 3] = isHole(pixel) ? 0 : 60_000;
    const { data, report } = await restore(frame, {});
    expect(report.missingPixels).toBe(missingPixels);
    expect(data.filter((__, index) => isHole(index >> 2))).toEqual(
      frame.data.filter((__, index) => isHole(index >> 2)),
    );
    expect(data.filter((__, index) => index % 4 === 3)).toEqual(frame.data.filter((__, index) => index % 4 === 3));
  });
});

describe('a hole', () => {
  /** Values of a plane, which are their own continuation. */
  const ramp: AnyFrame = {
    width,
    height,
    channels: 1,
    depth: 32,
    data: Float32Array.from(
      { length: width * height },
      (_, pixel) => 3 * (pixel % width) - 2 * Math.floor(pixel / width),
    ),
  };

  it('within a slope is filled by the slope', async () => {
    const inner = Uint8Array.from({ length: width * height }, (_, pixel) => {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      return Math.hypot(x - 24, y - 20) < 10 ? 0 : 1;
    });
    const data = ramp.data.map((value, pixel) => (inner[pixel] ? value : 1e6)) as Float32Array;
    const filled = await fillMissing({ ...ramp, data } as AnyFrame, inner, new Pauses());
    const errors = Array.from(filled.data, (value, pixel) => Math.abs(value - ramp.data[pixel]!));
    expect(Math.max(...errors)).toBeLessThan(1.5);
  });

  it('at a side goes on without an edge', async () => {
    const filled = await fillMissing(withHoles(60_000, 1), valid, new Pauses());
    for (let pixel = 0; pixel < width * height - 1; pixel += 1) {
      if (valid[pixel] === valid[pixel + 1] || (pixel + 1) % width === 0) continue;
      expect(Math.abs(filled.data[pixel]! - filled.data[pixel + 1]!)).toBeLessThan(12_000);
    }
  });

  it('that is all of a frame is left', async () => {
    const frame = withHoles(5, 1);
    const filled = await fillMissing(frame, new Uint8Array(width * height), new Pauses());
    expect(filled.data.every((sample) => sample === 0)).toBe(true);
  });
});

describe('a NaN', () => {
  it('keeps the bits that it carries', async () => {
    const data = new Float32Array(16 * 16).fill(0.5);
    new Uint32Array(data.buffer)[40] = 0x7fc0_1234;
    const frame = { width: 16, height: 16, channels: 1, depth: 32, data } as AnyFrame;
    const there = new Uint8Array(256).fill(1);
    there[40] = 0;
    const result = new Float32Array(256);
    await keepMissing(frame, there, null, result, new Pauses());
    expect(new Uint32Array(result.buffer)[40]).toBe(0x7fc0_1234);
  });
});

describe('the nodata value of GDAL', () => {
  const parse = (text: string, depth: 8 | 16 | 32) =>
    nodataOf(
      { tiffFields: [{ tag: 42_113, type: 2, count: text.length + 1, data: Buffer.from(`${text}\0`) }] },
      { depth },
    );

  it.each<[string, 8 | 16 | 32, number | null]>([
    ['0', 8, 0],
    [' 65535 ', 16, 65_535],
    ['-9999', 32, -9999],
    ['-3.4028234663852886e+38', 32, -3.4028234663852886e38],
    ['1e-3', 32, Math.fround(1e-3)],
    ['nan', 32, null],
    ['-inf', 32, -Infinity],
  ])("'%s' of %i bits is read", (text, depth, value) => {
    expect(parse(text, depth)).toBe(value);
  });

  it.each<[string, 8 | 16 | 32]>([
    ['256', 8],
    ['-9999', 16],
    ['0.5', 16],
    ['none at all', 16],
    ['', 16],
  ])("'%s' of %i bits is of no use", (text, depth) => {
    expect(parse(text, depth)).toBeNull();
  });
});

describe('a file says of missing samples', () => {
  const stated = { tiffFields: [{ tag: 42_113, type: 2, count: 2, data: Buffer.from('0\0') }] };
  const textOf = ({ tiffFields = [] }: ReturnType<typeof stateNodata>): string | undefined =>
    tiffFields.find(({ tag }) => tag === 42_113)?.data.toString('latin1');

  it('what it said, what another format said, and what the options say', () => {
    expect(stateNodata(stated, 0, undefined)).toBe(stated);
    expect(textOf(stateNodata({}, 5, undefined))).toBe('5\0');
    expect(textOf(stateNodata(stated, 7, 7))).toBe('7\0');
    expect(textOf(stateNodata(stated, NaN, NaN))).toBe('nan\0');
    expect(stateNodata(stated, null, 'none')).toEqual({});
  });

  it.each([
    [-Infinity, '-inf'],
    [Infinity, 'inf'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(1e20), '100000000000000000000'],
    [-9999, '-9999'],
    [65_535, '65535'],
    [2 ** 24 - 1, '16777215'],
    [-(2 ** 128 - 2 ** 104), '-3.4028234663852886e+38'],
  ])('as %d in the words of GDAL, in no more digits than a float has', (value, text) => {
    expect(textOf(stateNodata({}, value, value))).toBe(`${text}\0`);
  });
});
