import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deconvolve } from '../lib/index.js';
import type { AnyFrame, EncodedImage, Frame, ImageOptions } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { tiffFile } from './support/tiff-file.js';
import type { TiffPage } from './support/tiff-file.js';

const [width, height] = [40, 32];
const pixels = width * height;
const GDAL_NODATA = 42_113;

/** A picture of one band whose samples are given by their index. */
const page = (sample: (index: number) => number, more: Partial<TiffPage> = {}): TiffPage => ({
  width,
  height,
  bands: 1,
  type: 'uint16',
  samples: Array.from({ length: pixels }, (_, index) => sample(index)),
  ...more,
});

const restored = (input: EncodedImage | Frame, options: ImageOptions = {}) =>
  deconvolve(input, { psf: 'disk:1', sigma: 0.01, ...options });

describe('a palette', () => {
  const colourMap = Array.from({ length: 768 }, (_, index) => 257 * ((7 * index) % 256));
  const palette: Partial<TiffPage> = { type: 'uint8', photometric: 3, tags: { 320: colourMap, [GDAL_NODATA]: '3' } };

  it('has missing pixels where the number of the colour is the nodata value', async () => {
    const { metadata, report } = await restored(tiffFile([page((index) => (index < 80 ? 3 : 10), palette)]));
    expect(report.missingPixels).toBe(80);
    // Among colours the value would mean another thing.
    expect(metadata.tiffFields?.map(({ tag }) => tag) ?? []).not.toContain(GDAL_NODATA);
  });
});

describe('MaxSampleValue', () => {
  const MAX_SAMPLE_VALUE = 281;
  const bright = (index: number): number => 20_000 + 31 * index;

  it('is white where the samples keep to it', async () => {
    const file = tiffFile([page(bright, { tags: { [MAX_SAMPLE_VALUE]: [60_000] } })]);
    expect((await restored(file)).report).toMatchObject({ white: 60_000, whiteFrom: 'file' });
  });

  it('is not heeded where they are brighter', async () => {
    const stated = await restored(tiffFile([page(bright, { tags: { [MAX_SAMPLE_VALUE]: [100] } })]));
    expect(stated.report).toMatchObject({ white: 65_535, whiteFrom: 'type' });
    expect(stated.data).toEqual((await restored(tiffFile([page(bright)]))).data);
  });
});

describe('a mask', () => {
  const frame = createFrame({ width, height });
  const whole = new Uint8Array(2 * pixels).fill(255);

  it('is also what its alpha says', async () => {
    const data = whole.map((value, index) => (index % 2 === 1 && index < 100 ? 0 : value));
    const { report } = await restored(frame, { mask: { width, height, channels: 2, depth: 8, data } });
    expect(report.missingPixels).toBe(50);
  });

  it('tells missing pixels by NaN, too', async () => {
    const data = new Float32Array(pixels).fill(1).fill(NaN, 0, 30);
    const { report } = await restored(frame, { mask: { width, height, channels: 1, depth: 32, data } as AnyFrame });
    expect(report.missingPixels).toBe(30);
  });
});

describe('a file of another format', () => {
  it.each<[string, Buffer, RegExp]>([
    ['gzip', gzipSync(tiffFile([page((index) => index)])), /packed with gzip; unpack it first/],
    ['netCDF', Buffer.from('CDF\x01'.padEnd(64, '\0')), /format netcdf is none of .*convert it to PNG or TIFF/],
    ['NITF', Buffer.from('NITF02.10'.padEnd(64, ' ')), /format nitf is none of/],
  ])('such as %s is not called damaged', async (_, file, message) => {
    await expect(restored(file)).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' });
    await expect(restored(file)).rejects.toThrow(message);
  });
});
