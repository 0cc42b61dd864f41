import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeFrame } from '../lib/image/encode.js';
import { deconvolve, metrics } from '../lib/index.js';
import type { AnyFrame, EncodedImage, Frame, ImageOptions } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { createFolder } from './support/models.js';
import { tiffFile } from './support/tiff-file.js';
import type { TiffPage } from './support/tiff-file.js';

const folder = createFolder();
afterAll(() => folder.remove());

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

const restored = (input: EncodedImage | AnyFrame, options: ImageOptions = {}) =>
  deconvolve(input as Frame, { psf: 'disk:1', sigma: 0.01, ...options });

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

describe('a palette of greys', () => {
  it('is restored and written as one band', async () => {
    const colourMap = Array.from({ length: 768 }, (_, index) => 257 * (index % 256));
    const greys: Partial<TiffPage> = { type: 'uint8', photometric: 3, tags: { 320: colourMap } };
    const result = await restored(tiffFile([page((index) => (7 * index) % 256, greys)]));
    expect([result.channels, result.rgb]).toEqual([1, []]);
    await result.toFile(folder.path('greys.tif'));
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

describe('samples of 12 bits', () => {
  const dark = (index: number): number => 100 + (index % 900);
  const whiteOf = async (more: Partial<TiffPage>): Promise<unknown> => {
    const { metadata, report } = await restored(tiffFile([page(dark, more)]));
    const field = metadata.tiffFields?.find(({ tag }) => tag === 281);
    return [report.white, report.whiteFrom, field?.data.readUInt16LE()];
  };

  it('go out with their white, which whole samples do not tell', async () => {
    expect(await whiteOf({ packedBits: 12 })).toEqual([4095, 'file', 4095]);
    expect(await whiteOf({ tags: { 281: [4095] } })).toEqual([4095, 'file', 4095]);
  });

  it('have the white that GDAL names as NBITS', async () => {
    const item = '<GDALMetadata><Item name="NBITS" sample="0" domain="IMAGE_STRUCTURE">12</Item></GDALMetadata>';
    expect(await whiteOf({ tags: { 42112: item } })).toEqual([4095, 'file', 4095]);
    expect(await whiteOf({ tags: { 42112: item.replace('12', '99') } })).toEqual([998, 'data', undefined]);
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

describe('floats below 0', () => {
  const floats = (offset: number): AnyFrame => {
    const data = Float32Array.from(createFrame({ width, height }).data, (sample) => sample / 255 + offset);
    return { width, height, channels: 3, depth: 32, data } as AnyFrame;
  };

  it('are said to be so, where they are more than noise', async () => {
    expect((await restored(floats(0))).report.warnings).toEqual([]);
    expect((await restored(floats(-0.02))).report.warnings).toEqual([]);
    const { warnings } = (await restored(floats(-20))).report;
    expect(warnings).toEqual([expect.stringMatching(/^100\.00 % of its samples are far below 0, .*: add a number/)]);
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

describe('a stack of ImageJ', () => {
  const tags = { 270: 'ImageJ=1.11a\nimages=2\nslices=2\n' };
  const one = page((index) => index, { tags });

  it('leaves its description where one page of it is restored', async () => {
    const { metadata, report } = await restored(tiffFile([one, page((index) => index)]), { page: 1 });
    expect(report.warnings).toEqual(['its ImageDescription tells of all its pages, and is left out']);
    expect(metadata.exif?.toString('latin1') ?? '').not.toContain('ImageJ');
  });

  it('of which one page alone is described is refused', async () => {
    await expect(restored(tiffFile([one]))).rejects.toThrow(/a stack of 2 images, .*--page 1/);
    expect((await restored(tiffFile([one]), { page: 1 })).report.warnings).toHaveLength(1);
    const single = page((index) => index, { tags: { 270: 'ImageJ=1.11a\nimages=1\n' } });
    const { metadata } = await restored(tiffFile([single]));
    expect(metadata.exif!.toString('latin1')).toContain('ImageJ=1.11a');
  });
});

describe('beside a file', () => {
  const picture = tiffFile([page((index) => index)]);

  it('GDAL finds its mask, and so does every operation', async () => {
    const path = folder.path('masked.tif');
    await writeFile(path, picture);
    const mask = page((index) => (index < 70 ? 0 : 255), { type: 'uint8', compression: 'deflate' });
    await writeFile(`${path}.msk`, tiffFile([mask]));
    const { report, data } = await restored(path);
    expect(report.missingPixels).toBe(70);
    expect([...data.subarray(0, 70)]).toEqual(Array.from({ length: 70 }, (_, index) => index));
    await writeFile(`${path}.msk`, tiffFile([{ ...mask, height: height - 1 }]));
    await expect(restored(path)).rejects.toThrow(/mask .*masked\.tif\.msk has 40x31 pixels/);
  });

  it('what is not read is said', async () => {
    const path = folder.path('placed.tif');
    await writeFile(path, picture);
    await writeFile(folder.path('placed.tfw'), '10 0 0 -10 400000 5000000');
    await writeFile(`${path}.aux.xml`, '<PAMDataset><GeoTransform>1,2,3</GeoTransform></PAMDataset>');
    const { warnings } = (await restored(path)).report;
    expect(warnings).toEqual([
      expect.stringMatching(/^placed\.tfw, .* is not read/),
      expect.stringMatching(/^placed\.tif\.aux\.xml, .* is not read/),
    ]);
    await writeFile(`${path}.aux.xml`, '<PAMDataset><PAMRasterBand/></PAMDataset>');
    expect((await restored(path)).report.warnings).toHaveLength(1);
  });
});

describe('files of other kinds', () => {
  it.each<[string, string]>([
    ['qoi', 'qoif\0\0'],
    ['dds', 'DDS |'],
    ['postscript', '%!PS-Adobe-3.0'],
    ['netpbm', 'Pf\n3 3\n'],
    ['matlab', 'MATLAB 5.0 MAT-file'],
  ])('are refused by name: %s', async (name, beginning) => {
    const file = Buffer.from(beginning.padEnd(100), 'latin1');
    await expect(restored(file)).rejects.toThrow(new RegExp(`format ${name} is none of jpeg, .*convert it`));
  });

  it('that nobody knows are not called damaged', async () => {
    const refusal = restored(Buffer.from('no picture at all'));
    await expect(refusal).rejects.toThrow(/cannot be read: it begins like no jpeg, png, .* file; convert it/);
  });
});

describe('warnings', () => {
  const jpeg = (seed: number): Promise<Buffer> => encodeFrame(createFrame({ width, height, seed }), 'jpeg');

  it('say that a JPEG has more pictures than the first', async () => {
    const [one, other] = [await jpeg(1), await jpeg(2)];
    const alone = await restored(Buffer.from(one));
    const { report, data } = await restored(Buffer.concat([one, other]));
    expect(alone.report.warnings).toEqual([]);
    expect(report.warnings).toEqual([expect.stringMatching(/^has more pictures behind its first \(MPF\)/)]);
    expect(data).toEqual(alone.data);
  });

  it('say how much is brighter than a white that was given', async () => {
    const file = tiffFile([page((index) => (index < 320 ? 2000 : 500))]);
    const warning =
      '25.00 % of its samples are brighter than 1000, which was given as white: they count as overexposed';
    expect((await restored(file, { white: 1000 })).report.warnings).toContain(warning);
    expect((await restored(file, { white: 2000 })).report.warnings).toEqual([]);
  });

  it('say that no pixel is there', async () => {
    const { report } = await restored(tiffFile([page(() => 0, { tags: { [GDAL_NODATA]: '0' } })]));
    expect(report.missingPixels).toBe(pixels);
    expect(report.warnings).toEqual(['all of its pixels are missing: nothing was measured in it']);
  });
});

describe('a page', () => {
  it('is taken of a mask and of a reference, too, where they have several', async () => {
    const [dark, bright] = [page((index) => 500 + index), page((index) => 20_000 + 7 * index)];
    const file = tiffFile([dark, bright]);
    const { values } = await metrics.measure(file, { page: 2, reference: file, metrics: ['psnr'] });
    expect(values.psnr).toBe(Infinity);
    const alone = await metrics.measure(file, { page: 2, reference: tiffFile([bright]), metrics: ['psnr'] });
    expect(alone.values.psnr).toBe(Infinity);
    const masks = [page(() => 255), page((index) => (index < 60 ? 0 : 255))].map((one) => ({
      ...one,
      type: 'uint8' as const,
    }));
    expect((await restored(file, { page: 2, mask: tiffFile(masks) })).report.missingPixels).toBe(60);
    expect((await restored(file, { page: 2, mask: tiffFile(masks.slice(1)) })).report.missingPixels).toBe(60);
  });
});
