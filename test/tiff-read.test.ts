import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openImage } from '../lib/image/open-image.js';
import type { ImageSource } from '../lib/image/source.js';
import { memorySource } from '../lib/files/byte-source.js';
import { openTiff } from '../lib/image/tiff/read-tiff.js';
import type { TiffPicture } from '../lib/image/tiff/read-tiff.js';
import { createRandom } from '../lib/math/random.js';
import { createFolder } from './support/models.js';
import { COMPRESSIONS, SAMPLE_TYPES, tiffFile } from './support/tiff-file.js';
import type { CompressionName, SampleName, TiffForm, TiffPage } from './support/tiff-file.js';

const { signal } = new AbortController();
const [WIDTH, HEIGHT] = [21, 19];

/** A picture of noise on waves: neighbours are alike, and no two bands are the same. */
function page(bands: number, type: SampleName, form: Partial<TiffPage> = {}): TiffPage {
  const { width = WIDTH, height = HEIGHT } = form;
  const samples = new SAMPLE_TYPES[type].make(width * height * bands);
  const random = createRandom(bands);
  const full = type.startsWith('float') ? 3 : 2 ** (8 * SAMPLE_TYPES[type].bytes - (type.startsWith('u') ? 0 : 1)) - 1;
  for (let at = 0; at < samples.length; at += 1)
    samples[at] = full * (0.5 + 0.4 * Math.sin(at / bands / 9) * (1 - (at % bands) / 20) + 0.1 * random());
  return { width, height, bands, type, samples, ...form };
}

const open = (file: Buffer, number?: number): Promise<TiffPicture> =>
  openTiff(memorySource(file), 'x.tif', { signal, page: number });

async function readAll(file: Buffer, number?: number): Promise<ArrayLike<number>> {
  const { samples } = await open(file, number);
  return samples!.readRows(0, samples!.size.height, signal);
}

function expectEqual(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let at = 0; at < expected.length; at += 1)
    if (!Object.is(found[at], expected[at])) throw new Error(`sample ${at} is ${found[at]}, not ${expected[at]}`);
}

function predictorsOf(compression: CompressionName, type: SampleName): readonly (1 | 2 | 3)[] {
  if (compression === 'none' || compression === 'packBits') return [1];
  return type === 'float32' ? [1, 2, 3] : [1, 2];
}

describe('a TIFF of any layout', () => {
  const bands = [1, 2, 3, 4, 5, 13, 16];
  const types = ['uint8', 'uint16', 'float32'] as const;
  const blocks = [{}, { tile: [16, 16] as const }, { rowsPerStrip: 1 }, { rowsPerStrip: 1000 }];
  const forms: TiffForm[] = [{}, { isLittle: false }, { isBig: true }, { isLittle: false, isBig: true }];
  const kinds = bands.flatMap((count) => types.map((type) => [count, type] as const));

  it.each(kinds)('of %d bands of %s is read as it was written', async (count, type) => {
    for (const compression of Object.keys(COMPRESSIONS) as CompressionName[])
      for (const isPlanar of [false, true])
        for (const [index, block] of blocks.entries())
          for (const predictor of predictorsOf(compression, type)) {
            const one = page(count, type, { compression, isPlanar, predictor, ...block });
            expectEqual(await readAll(tiffFile([one], forms[(index + predictor) % forms.length])), one.samples);
          }
  });
});

describe('rows of a TIFF', () => {
  const kinds: Partial<TiffPage>[] = [
    { rowsPerStrip: 5, compression: 'deflate' },
    { rowsPerStrip: 1000 },
    { tile: [16, 16], compression: 'lzw', isPlanar: true, predictor: 2 },
    { tile: [16, 16], holes: [1], isPlanar: true, tags: { 42113: '7' } },
  ];

  it.each(kinds)('are those of the whole: %o', async (form) => {
    const one = page(5, 'uint16', form);
    const { samples } = await open(tiffFile([one]));
    const whole = await samples!.readRows(0, HEIGHT, signal);
    for (const [top, count] of [
      [0, 1],
      [3, 9],
      [18, 1],
      [15, 4],
    ] as const) {
      const part = await samples!.readRows(top, count, signal);
      expectEqual(part, whole.slice(top * WIDTH * 5, (top + count) * WIDTH * 5));
    }
  });
});

describe('a TIFF file on disk', () => {
  const folder = createFolder();
  afterAll(folder.remove);
  const openPath = async (file: Buffer, options: object = {}): Promise<ImageSource> => {
    await writeFile(folder.path('x.tif'), file);
    return openImage(folder.path('x.tif'), { signal, ...options });
  };

  it('is not held in memory, and has the digest of its bytes', async () => {
    const file = tiffFile([page(5, 'uint16', { compression: 'deflate' })]);
    const source = await openPath(file);
    expect(source.buffers.find(({ name }) => name === 'file')?.bytes).toBe(0);
    expect(source.sha256).toBe(createHash('sha256').update(file).digest('hex'));
    expect(source).toMatchObject({ sizeBytes: file.length, header: { channels: 5, depth: 16, alpha: false } });
  });

  it('must not change between two readings', async () => {
    const source = await openPath(tiffFile([page(5, 'uint16')]));
    await writeFile(folder.path('x.tif'), tiffFile([page(5, 'uint16'), page(1, 'uint8')]));
    await expect(source.read(signal)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'of orientation %d is turned as libvips turns it, rows and mask too',
    async (code) => {
      const tags = { 274: [code] };
      const one = page(3, 'uint8', { tags, rowsPerStrip: 4 });
      const bits = page(1, 'uint8', { packedBits: 1, photometric: 4, tags: { 254: [4] } });
      const mask = { ...bits, samples: Uint8Array.from(bits.samples, (_, at) => at % 11) };
      const file = tiffFile([one, mask]);
      const source = await openPath(file);
      const rows = await source.readRows({ top: 3, count: 9 }, signal);
      const { frame, valid } = await source.read(signal);
      const [expected, upright] = await Promise.all(
        [file, tiffFile([{ ...mask, bands: 1, tags: tags, packedBits: 1, photometric: 1 }])].map((input) =>
          sharp(input, { page: 0 }).autoOrient().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }),
        ),
      );
      expect([frame.width, frame.height]).toEqual([expected!.info.width, expected!.info.height]);
      expectEqual(frame.data, expected!.data);
      const step = upright!.info.channels;
      expectEqual(
        valid!,
        Array.from(valid!, (_, at) => (upright!.data[at * step] ? 1 : 0)),
      );
      expectEqual(rows.frame.data, frame.data.slice(3 * frame.width * 3, 12 * frame.width * 3));
      expectEqual(rows.valid!, valid!.slice(3 * frame.width, 12 * frame.width));
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of orientation %d stays as it is stored where GDAL speaks of it', async (code) => {
    for (const tags of [{ 33550: [10, 10, 0] }, { 42113: '300' }]) {
      const one = page(2, 'uint16', { tags: { 274: [code], ...tags } });
      const source = await openPath(tiffFile([one]));
      expect(source.header).toMatchObject({ width: one.width, height: one.height });
      expectEqual((await source.read(signal)).frame.data, one.samples as Uint16Array);
      const kept = source.metadata.tiffFields!.find(({ tag }) => tag === 274);
      expect(kept?.data[0]).toBe(code === 1 ? undefined : code);
    }
  });

  it.each([2, 6, 7])('of orientation %d takes the mask beside it with it', async (code) => {
    const one = page(1, 'uint8', { tags: { 274: [code] } });
    const source = await openPath(tiffFile([one]));
    const mask = { ...page(1, 'uint8'), samples: Uint8Array.from(one.samples, (sample) => Number(sample > 100)) };
    await writeFile(folder.path('x.tif.msk'), tiffFile([mask]));
    const masked = await openImage(folder.path('x.tif'), { signal });
    const { valid, mask: kept } = await masked.read(signal);
    await rm(folder.path('x.tif.msk'));
    const { frame } = await source.read(signal);
    expectEqual(
      valid!,
      Array.from(frame.data, (sample) => Number(sample > 100)),
    );
    expectEqual(
      Array.from(kept!, (sample) => Number(sample > 0)),
      valid!,
    );
  });

  it('that libvips decodes has pages, masks and nodata as others', async () => {
    const bits = (fill: number): TiffPage => {
      const one = page(1, 'uint8', { packedBits: 1 });
      return { ...one, samples: Uint8Array.from(one.samples, (_, at) => Number(at % fill === 0)) };
    };
    const mask = page(1, 'uint8', { packedBits: 1, photometric: 4, tags: { 254: [4] } });
    (mask.samples as Uint8Array)[7] = 0;
    const file = tiffFile([bits(2), { ...bits(3), tags: { 42113: '1' } }, mask]);
    await expect(openPath(file)).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' });
    const source = await openPath(file, { page: 2 });
    const { frame, valid } = await source.read(signal);
    expect(source.nodata).toBe(255);
    expect(source.metadata.tiffFields?.find(({ tag }) => tag === 42_113)?.data.toString()).toBe('255\0');
    expectEqual(
      frame.data,
      Array.from(frame.data, (_, at) => (at % 3 === 0 ? 255 : 0)),
    );
    expectEqual(
      valid!,
      Array.from(valid!, (_, at) => Number(at % 3 !== 0 && at !== 7)),
    );
  });
});

describe('what a TIFF says of its bands', () => {
  const sizeOf = async (file: Buffer): Promise<object> => (await open(file)).samples!.size;

  it.each([
    [4, 2, [0], { alpha: false, rgb: [[0, 1, 2]] }],
    [4, 2, [1], { alpha: true, rgb: [[0, 1, 2]] }],
    [4, 2, [2], { alpha: true, rgb: [[0, 1, 2]] }],
    [4, 2, undefined, { alpha: false, rgb: [[0, 1, 2]] }],
    [3, 1, [0, 0], { alpha: false, rgb: [] }],
    [2, 1, [0], { alpha: false, rgb: [] }],
    [2, 1, [2], { alpha: true, rgb: [] }],
    [5, 2, [0, 2], { alpha: true, rgb: [[0, 1, 2]] }],
  ] as const)('is kept: %d bands, photometric %d, extra samples %o', async (bands, photometric, extras, expected) => {
    const extraSamples = extras ? { extraSamples: extras } : {};
    expect(await sizeOf(tiffFile([page(bands, 'uint8', { photometric, ...extraSamples })]))).toMatchObject(expected);
  });

  it('takes MaxSampleValue for white where it is neither 0 nor the largest value', async () => {
    const withWhite = (value: number): Promise<object> =>
      sizeOf(tiffFile([page(1, 'uint16', { tags: { 281: [value] } })]));
    expect(await withWhite(4095)).toMatchObject({ white: 4095 });
    for (const value of [0, 65_535]) expect(await withWhite(value)).not.toHaveProperty('white');
    const bytes = tiffFile([page(1, 'uint8', { tags: { 281: [200] } })]);
    expect(await sizeOf(bytes)).not.toHaveProperty('white');
  });

  it('turns samples round whose white is 0, and the nodata value with them', async () => {
    const one = page(2, 'uint8', { photometric: 0, extraSamples: [2], tags: { 42113: '0' } });
    const found = await open(tiffFile([one]));
    expect(found.nodata).toBe(255);
    const expected = Array.from(one.samples, (value, at) => (at % 2 === 0 ? 255 - value : value));
    expectEqual(await found.samples!.readRows(0, HEIGHT, signal), expected);
    expect(found.metadata.tiffFields?.find(({ tag }) => tag === 42_113)?.data.toString()).toBe('255\0');
  });
});

describe('the nodata value of a TIFF', () => {
  it.each([
    ['uint8', '0', 0],
    ['uint8', ' 255 ', 255],
    ['uint16', '6.5535e4', 65_535],
    ['uint16', '-0', 0],
    ['float32', 'nan', NaN],
    ['float32', '-nan', NaN],
    ['float32', '-inf', -Infinity],
    ['float32', '0.1', Math.fround(0.1)],
    ['float32', '-3.40282e+38', -(2 ** 128 - 2 ** 104)],
    ['int16', '-9999', -9999],
  ] as const)('of %s, written %o, is %d', async (type, text, value) => {
    const { nodata, warnings } = await open(tiffFile([page(1, type, { tags: { 42113: text } })]));
    expect(nodata).toBe(value);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['-9999', -10_000],
    ['-9997', -10_000],
    ['-9995', -9_992],
    ['-9988', -9_984],
    ['0.1', 1638 * 2 ** -14],
    ['-3.4e38', -Infinity],
    ['1e-7', 2 ** -23],
  ])('of 16-bit floats, written %o, is the nearest of these, %d, and stated so', async (text, value) => {
    const half = page(1, 'uint16', { tags: { 339: [3], 42113: text } });
    const { metadata, nodata, warnings } = await open(tiffFile([half]));
    expect(nodata).toBe(value);
    expect(warnings).toEqual([]);
    const stated = metadata.tiffFields
      ?.find(({ tag }) => tag === 42_113)
      ?.data.toString()
      .replace('\0', '');
    expect(Math.fround(Number(stated!.replace('inf', 'Infinity')))).toBe(value);
  });

  it.each([
    ['uint8', '-9999'],
    ['uint8', '256'],
    ['uint16', '0.5'],
    ['uint16', 'nan'],
    ['float32', '1e300'],
    ['float32', 'none'],
  ] as const)('of %s, written %o, marks nothing and is said to', async (type, text) => {
    const { nodata, warnings } = await open(tiffFile([page(1, type, { tags: { 42113: text } })]));
    expect(nodata).toBeNull();
    expect(warnings).toEqual([expect.stringContaining(text)]);
  });

  it('is none of a palette, whose colours have other numbers', async () => {
    const colours = { photometric: 3, tags: { 42113: '0', 320: new Array<number>(768).fill(0) } };
    const { mask, metadata, nodata, samples, warnings } = await open(tiffFile([page(1, 'uint8', colours)]));
    expect(samples).toBeNull();
    expect(mask).not.toBeNull();
    expect(nodata).toBeNull();
    expect(metadata.tiffFields ?? []).not.toContainEqual(expect.objectContaining({ tag: 42_113 }));
    expect(warnings).toEqual([]);
  });
});

describe('samples of a TIFF', () => {
  it.each(['int8', 'int16'] as const)('of %s are read as the floats that they are', async (type) => {
    const one = page(2, type, { extraSamples: [0], compression: 'deflate', predictor: 2 });
    const { samples } = await open(tiffFile([one], { isLittle: false }));
    expect(samples!.size.depth).toBe(32);
    expectEqual(await samples!.readRows(0, HEIGHT, signal), Float32Array.from(one.samples));
  });

  it.each([10, 12, 14])('of %d bits are read from between their neighbours, and say what is white', async (bits) => {
    const one = page(3, 'uint16', { packedBits: bits, compression: 'lzw' });
    const samples = Uint16Array.from(one.samples, (value) => value % 2 ** bits);
    const found = await open(tiffFile([{ ...one, samples }], { isLittle: bits !== 12 }));
    expect(found.samples!.size).toMatchObject({ depth: 16, white: 2 ** bits - 1 });
    expectEqual(await found.samples!.readRows(0, HEIGHT, signal), samples);
  });

  it.each([1, 2, 4])('of %d bits are bytes of which 255 is white, in any layout, both ways round', async (bits) => {
    const [most, layouts] = [2 ** bits - 1, [{}, { isPlanar: true }, { tile: [16, 16] as const, isPlanar: true }]];
    for (const bands of [1, 3])
      for (const layout of layouts)
        for (const photometric of [0, 1]) {
          const one = page(bands, 'uint8', { packedBits: bits, compression: 'zstd', photometric, ...layout });
          const stored = Uint8Array.from(one.samples, (value) => value % (most + 1));
          const { samples } = await open(
            tiffFile([{ ...one, samples: stored, extraSamples: [0, 0].slice(0, bands - 1) }]),
          );
          expect(samples!.size).toMatchObject({ depth: 8, channels: bands });
          const expected = stored.map((value) => ((photometric === 0 ? most - value : value) * 255) / most);
          expectEqual(await samples!.readRows(0, HEIGHT, signal), expected);
        }
  });

  it('of few bits have their own nodata value, and no other', async () => {
    const one = page(1, 'uint8', { packedBits: 4, photometric: 0 });
    const samples = Uint8Array.from(one.samples, (value) => value % 16);
    const file = (text: string): Buffer => tiffFile([{ ...one, samples, tags: { 42113: text } }]);
    expect(await open(file('3'))).toMatchObject({ nodata: 255 - 3 * 17, warnings: [] });
    const beyond = [expect.stringMatching(/'16' is none of samples of 4 bits/) as string];
    expect(await open(file('16'))).toMatchObject({ nodata: null, warnings: beyond });
  });

  it.each([
    [259, 34_887, /its compression is LERC \(number 34887\); write it with LZW/],
    [262, 5, /its colours are CMYK \(PhotometricInterpretation, number 5\); write grey or RGB/],
  ])('of kinds that have a name are refused by it: %d is %d', async (tag, value, message) => {
    const file = tiffFile([page(1, 'uint8', { tags: { [tag]: [value] } })]);
    await expect(open(file)).rejects.toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ['uint32', /unsigned integers of 32 bits; write/],
    ['int32', /signed integers of 32 bits; write 32-bit floats/],
    ['float64', /floats of 64 bits; write 32-bit floats/],
  ] as const)('of %s are refused by name', async (type, message) => {
    await expect(open(tiffFile([page(1, type)]))).rejects.toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('pages of a TIFF', () => {
  const [one, two] = [page(1, 'uint8'), page(3, 'uint16')];
  const overview = page(1, 'uint8', { width: 10, height: 9, tags: { 254: [1] } });
  const mask = page(1, 'uint8', { packedBits: 1, photometric: 4, tags: { 254: [4] }, compression: 'deflate' });

  it('are refused where there are several and none is chosen', async () => {
    await expect(open(tiffFile([one, two, one]))).rejects.toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      message: expect.stringMatching(/it has 3 pages; choose one .*--page 1/) as string,
    });
  });

  it('are read by their number', async () => {
    const file = tiffFile([one, overview, two]);
    expectEqual(await readAll(file, 1), one.samples);
    expectEqual(await readAll(file, 2), two.samples);
    expect(await open(file, 2)).toMatchObject({ pageCount: 2, samples: { size: { channels: 3, depth: 16 } } });
  });

  it.each([0, 3, 1.5])('of number %d, which are none, are an error of the caller', async (number) => {
    await expect(open(tiffFile([one, two]), number)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
      message: expect.stringMatching(/from 1 to 2/) as string,
    });
  });

  it('are no thumbnails of raw files, whose pictures lie elsewhere', async () => {
    const thumbnail = page(3, 'uint8', { tags: { 254: [1] } });
    expectEqual(await readAll(tiffFile([thumbnail])), thumbnail.samples);
    const raw = tiffFile([{ ...thumbnail, tags: { 254: [1], 330: [8] } }]);
    await expect(open(raw)).rejects.toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      message: expect.stringMatching(/its pages are thumbnails, .*DNG; develop it/) as string,
    });
  });

  it('are neither overviews, nor masks, which are theirs', async () => {
    const maskOfOverview = page(1, 'uint8', { width: 10, height: 9, packedBits: 1, tags: { 254: [5] } });
    const found = await open(tiffFile([one, overview, mask, maskOfOverview]));
    expect(found.pageCount).toBe(1);
    expectEqual(await readAll(tiffFile([one, overview, mask])), one.samples);
    const bits = Array.from(mask.samples, (value) => (value ? 1 : 0));
    expectEqual(await found.mask!.readRows(0, HEIGHT, signal), bits);
    expectEqual(await found.mask!.readRows(7, 9, signal), bits.slice(7 * WIDTH, 16 * WIDTH));
  });
});

describe('holes of a TIFF', () => {
  it.each([
    ['uint16', {}, 0],
    ['uint16', { 42113: '65535' }, 65_535],
    ['float32', { 42113: 'nan' }, NaN],
  ] as const)('of %s with tags %o have the value of missing samples', async (type, tags, value) => {
    for (const isPlanar of [false, true]) {
      const one = page(3, type, { tile: [16, 16], holes: [1], isPlanar, compression: 'deflate', tags });
      const found = await readAll(tiffFile([one]));
      expect(found[(WIDTH - 1) * 3]).toBe(value);
      expect(found[0]).toBe(one.samples[0]);
      expect(found[(WIDTH - 1) * 3 + 1]).toBe(isPlanar ? one.samples[(WIDTH - 1) * 3 + 1] : value);
    }
  });
});
