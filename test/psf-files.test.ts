import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { deconvolve, psf } from '../lib/index.js';
import { halfToNumber } from '../lib/math/half.js';
import { NUMBERS, npyFile, numberBytes, tiffFile } from './support/kernel-files.js';
import { createFolder } from './support/models.js';
import { tiffFile as pictureFile } from './support/tiff-file.js';

const folder = createFolder();
afterAll(() => folder.remove());

/** A kernel that tells rows from columns and each direction from the other. */
const [WIDTH, HEIGHT] = [5, 3];
const WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 80, 9, 10, 11, 12, 13, 14, 15];
const EXPECTED = psf.fromArray({ width: WIDTH, height: HEIGHT, data: WEIGHTS });

let files = 0;
/** Writes a kernel and reads it. */
async function readBytes(bytes: Uint8Array, extension: string, centre = ''): Promise<psf.Psf> {
  files += 1;
  const path = folder.path(`kernel-${files}${extension}`);
  writeFileSync(path, bytes);
  return psf.parse(`${path}${centre}`);
}

const byColumns = (values: readonly number[], width: number, height: number): number[] =>
  values.map((_, index) => values[(index % height) * width + Math.floor(index / height)]!);

describe('a NumPy kernel', () => {
  const types = Object.keys(NUMBERS).flatMap((type) => (['<', '>'] as const).map((order) => [order, type] as const));

  it.each(types)('of type %s%s is the matrix, by rows and by columns, in all versions', async (order, type) => {
    for (const version of [1, 2, 3] as const) {
      const descr = `'${type.endsWith('1') ? '|' : order}${type}'`;
      const shape = [HEIGHT, WIDTH];
      const rows = numberBytes(type, WEIGHTS, order === '<');
      expect(await readBytes(npyFile({ descr, shape, version }, rows), '.npy')).toEqual(EXPECTED);
      const columns = numberBytes(type, byColumns(WEIGHTS, WIDTH, HEIGHT), order === '<');
      expect(await readBytes(npyFile({ descr, shape, version, order: 'F' }, columns), '.npy')).toEqual(EXPECTED);
    }
  });

  it('of booleans is a mask', async () => {
    const kernel = await readBytes(npyFile({ descr: "'|b1'", shape: [1, 3] }, Uint8Array.of(1, 1, 1)), '.npy');
    expect(kernel.data).toEqual(Float64Array.of(1 / 3, 1 / 3, 1 / 3));
  });

  it('of half precision has all of its numbers', () => {
    // IEEE 754-2019, table 3.5: least subnormal, least normal, one, largest.
    expect([1, 0x400, 0x3c00, 0x7bff, 0xbc00].map(halfToNumber)).toEqual([2 ** -24, 2 ** -14, 1, 65_504, -1]);
    expect([0x7c00, 0xfc00, 0x7e00, 0x8000].map(halfToNumber)).toEqual([Infinity, -Infinity, NaN, -0]);
  });

  it.each([[[1, HEIGHT, WIDTH]], [[HEIGHT, WIDTH, 1]]])('of shape %j is the matrix', async (shape) => {
    const bytes = npyFile({ descr: "'<i4'", shape }, numberBytes('i4', WEIGHTS, true));
    expect(await readBytes(bytes, '.npy')).toEqual(EXPECTED);
  });

  it('of four axes is a field, in either order', async () => {
    const node = (first: number): number[] => [first, 2, 3, 4, 50, 6, 7, 8, 9];
    const rows = [node(1), node(2)].flat();
    const path = folder.path('field.npy');
    // Axes 1, 2, 3, 3: the first runs fastest.
    const columns = rows.map((_, index) => {
      const [n, r, c] = [index % 2, Math.floor(index / 2) % 3, Math.floor(index / 6)];
      return rows[n * 9 + r * 3 + c]!;
    });
    const frame = { width: 64, height: 64, channels: 1, depth: 8, data: new Uint8Array(4096).fill(90) } as const;
    for (const [order, values] of [
      ['C', rows],
      ['F', columns],
    ] as const) {
      writeFileSync(path, npyFile({ descr: "'<f8'", shape: [1, 2, 3, 3], order }, numberBytes('f8', values, true)));
      const { report } = await deconvolve(frame, { psf: path, method: 'wiener', sigma: 0.01, threads: 1 });
      expect(report.kernels.map(({ sum }) => sum)).toEqual([90, 91]);
    }
  });

  const none = new Uint8Array(0);
  it.each<[string, Uint8Array, RegExp]>([
    ['complex', npyFile({ descr: "'<c16'", shape: [1, 1] }, new Uint8Array(16)), /<c16 .*complex .*kernel\.real/],
    ['long doubles', npyFile({ descr: "'<f16'", shape: [1, 1] }, new Uint8Array(16)), /<f16 .*astype\('float64'\)/],
    ['objects', npyFile({ descr: "'|O'", shape: [1, 1] }, none), /\|O is not read: it holds pickled/],
    ['structures', npyFile({ descr: "[('a', '<f4')]", shape: [1, 1] }, none), /structures; save one of their fields/],
    ['dates', npyFile({ descr: "'<M8[ns]'", shape: [1, 1] }, none), /dates/],
    [
      'version 9',
      npyFile({ descr: "'|u1'", shape: [1, 1] }, Uint8Array.of(1)).fill(9, 6, 7),
      /version 9 is none of 1 to 3/,
    ],
    ['one axis', npyFile({ descr: "'<f8'", shape: [3] }, numberBytes('f8', [1, 1, 1], true)), /\(3,\), .*reshape/],
    ['no axes', npyFile({ descr: "'<f8'", shape: [] }, numberBytes('f8', [1], true)), /shape is \(\), .*no matrix/],
    ['bands', npyFile({ descr: "'|u1'", shape: [1, 2, 1] }, Uint8Array.of(1, 1)), /\(1, 2, 1\), .*in two ways/],
    ['a stack', npyFile({ descr: "'|u1'", shape: [2, 1, 2] }, new Uint8Array(4)), /holds several matrices/],
    ['an archive', Buffer.from('PK\x03\x04 and more'), /archive, as numpy.savez .*numpy\.save$/],
    ['large integers', npyFile({ descr: "'<u8'", shape: [1, 1] }, Buffer.alloc(8, 255)), /18446744073709551615.*2\^53/],
    ['NaN', npyFile({ descr: "'<f4'", shape: [1, 1] }, numberBytes('f4', [NaN], true)), /holds NaN at .*put 0/],
    ['zeros', npyFile({ descr: "'<f4'", shape: [1, 1] }, Buffer.alloc(4)), /positive sum, these have 0/],
    ['a huge side', npyFile({ descr: "'|u1'", shape: [1, 512] }, Buffer.alloc(512, 1)), /each side must be 1 to 511/],
  ])('with %s is refused', async (_, bytes, message) => {
    await expect(readBytes(bytes, '.npy')).rejects.toThrow(message);
  });
});

describe('a TIFF kernel', () => {
  const layout = { width: WIDTH, height: HEIGHT };
  const types = ['u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f2', 'f4', 'f8'];

  it.each(types)('of type %s is the matrix, in both byte orders', async (type) => {
    for (const isLittle of [true, false])
      expect(await readBytes(tiffFile({ ...layout, type, isLittle }, WEIGHTS), '.tif')).toEqual(EXPECTED);
  });

  it('of floats may have any scale', async () => {
    for (const factor of [1e-30, 1 / 200, 1e30]) {
      const scaled = WEIGHTS.map((weight) => weight * factor);
      const kernel = await readBytes(tiffFile({ ...layout, type: 'f8' }, scaled), '.tif');
      kernel.data.forEach((weight, index) => {
        expect(weight).toBeCloseTo(EXPECTED.data[index]!, 14);
      });
    }
  });

  it.each(['deflate', 'lzw', 'packbits'] as const)('may be compressed by %s', async (compression) => {
    const raw = { width: WIDTH, height: HEIGHT, channels: 1 } as const;
    const bytes = await sharp(Uint8Array.from(WEIGHTS), { raw }).toColourspace('b-w').tiff({ compression }).toBuffer();
    expect(await readBytes(bytes, '.tif')).toEqual(EXPECTED);
  });

  it.each([true, false])('may have a predictor; tiled: %s', async (tile) => {
    const data = Uint16Array.from(WEIGHTS, (weight) => 500 * weight);
    const image = sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('grey16');
    const options = { compression: 'deflate', predictor: 'horizontal', tile, tileWidth: 16, tileHeight: 16 } as const;
    expect(await readBytes(await image.tiff(options).toBuffer(), '.tif')).toEqual(
      psf.fromArray({ width: WIDTH, height: HEIGHT, data: Array.from(data) }),
    );
  });

  it('of doubles may have their predictor, in both byte orders', async () => {
    const one = { ...layout, bands: 1, type: 'float64', samples: WEIGHTS, compression: 'deflate' } as const;
    for (const isLittle of [true, false]) {
      const bytes = pictureFile([{ ...one, predictor: 3 }], { isLittle });
      expect(await readBytes(bytes, '.tif')).toEqual(EXPECTED);
    }
  });

  it('of integers of 64 bits may have a predictor, in both byte orders', async () => {
    const differences = WEIGHTS.map((weight, index) => weight - (index % WIDTH === 0 ? 0 : WEIGHTS[index - 1]!));
    for (const isLittle of [true, false]) {
      const packed = deflateSync(numberBytes('i8', differences, isLittle));
      const tags = [
        [259, 8],
        [279, packed.length],
        [317, 2],
      ] as const;
      const bytes = tiffFile({ ...layout, type: 'i8', isLittle, tags, data: packed }, WEIGHTS);
      expect(await readBytes(bytes, '.tif')).toEqual(EXPECTED);
    }
  });

  it('of several bands is read where these are one kernel; alpha is none of them', async () => {
    const tags = [[338, 2]] as const;
    const samples = WEIGHTS.flatMap((weight, index) => [weight, 100 + index]);
    expect(await readBytes(tiffFile({ ...layout, type: 'f4', bands: 2, tags }, samples), '.tif')).toEqual(EXPECTED);
    const twice = WEIGHTS.flatMap((weight) => [weight / 2, (3 * weight) / 2]);
    const bands = { ...layout, type: 'f4', bands: 2, tags: [[338, 0]] } as const;
    expect(await readBytes(tiffFile(bands, twice), '.tif')).toEqual(EXPECTED);
  });

  it('with white as 0 is turned round', async () => {
    const inverse = WEIGHTS.map((weight) => 255 - weight);
    expect(await readBytes(tiffFile({ ...layout, type: 'u1', tags: [[262, 0]] }, inverse), '.tif')).toEqual(EXPECTED);
  });

  it.each([1, 3, 4, 12])('of %i bits without gaps is the matrix', async (packedBits) => {
    const weights = WEIGHTS.map((weight) => weight % 2 ** packedBits);
    const expected = psf.fromArray({ width: WIDTH, height: HEIGHT, data: weights });
    const type = packedBits > 8 ? 'uint16' : 'uint8';
    const page = { width: WIDTH, height: HEIGHT, bands: 1, type, samples: weights, packedBits } as const;
    expect(await readBytes(pictureFile([page]), '.tif')).toEqual(expected);
    expect(await readBytes(pictureFile([{ ...page, tile: [16, 16], compression: 'lzw' }]), '.tif')).toEqual(expected);
  });

  const good = tiffFile({ ...layout, type: 'f4' }, WEIGHTS);
  const turned = tiffFile(
    { ...layout, type: 'f4', bands: 2 },
    WEIGHTS.flatMap((weight, i) => [weight, WEIGHTS[14 - i]!]),
  );
  it.each<[string, Uint8Array, RegExp]>([
    ['several pages', tiffFile({ ...layout, type: 'f4', pages: 3 }, WEIGHTS), /3 pages, .*write the one page/],
    ['complex samples', tiffFile({ ...layout, type: 'f4', tags: [[339, 6]] }, WEIGHTS), /complex float of 32 bits/],
    ['a kernel in each band', turned, /different kernels.*write one of them as grey/],
    ['a palette', tiffFile({ ...layout, type: 'u1', tags: [[262, 3]] }, WEIGHTS), /numbers of colours/],
    ['an unknown compression', tiffFile({ ...layout, type: 'u1', tags: [[259, 5000]] }, WEIGHTS), /compression/i],
    ['a huge side', tiffFile({ ...layout, type: 'u1', tags: [[256, 1e6]] }, WEIGHTS), /1000000x3 pixels/],
    ['a strip beyond its end', tiffFile({ ...layout, type: 'u1', tags: [[273, 1e6]] }, WEIGHTS), /./],
    ['no directory', good.subarray(0, 40), /./],
  ])('with %s is refused', async (_, bytes, message) => {
    const refusal = readBytes(bytes, '.tif');
    await expect(refusal).rejects.toMatchObject({ code: expect.stringMatching(/^IMAGE_(INVALID|UNSUPPORTED)$/) });
    await expect(refusal).rejects.toThrow(message);
  });
});

describe('a PNG kernel', () => {
  it.each([8, 16] as const)('of %i bits is the matrix, without gamma', async (depth) => {
    const factor = depth === 16 ? 700 : 3;
    const scaled = WEIGHTS.map((weight) => weight * factor);
    const samples = depth === 16 ? Uint16Array.from(scaled) : Uint8Array.from(scaled);
    const raw = { width: WIDTH, height: HEIGHT, channels: 1 } as const;
    const space = depth === 16 ? 'grey16' : 'b-w';
    const kernel = await readBytes(await sharp(samples, { raw }).toColourspace(space).png().toBuffer(), '.png');
    kernel.data.forEach((weight, index) => {
      expect(weight).toBeCloseTo(EXPECTED.data[index]!, 14);
    });
  });

  it('in one colour is the matrix', async () => {
    const green = Uint8Array.from(WEIGHTS.flatMap((weight) => [0, weight, 0]));
    const picture = sharp(green, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
    expect(await readBytes(await picture.png().toBuffer(), '.png')).toEqual(EXPECTED);
  });

  it('in false colours is refused', async () => {
    const colours = Uint8Array.from(WEIGHTS.flatMap((weight) => [weight, 90 - weight, 128]));
    const picture = sharp(colours, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
    await expect(readBytes(await picture.png().toBuffer(), '.png')).rejects.toThrow(/false colours; write one of them/);
  });

  it.each(['jpeg', 'webp'] as const)('in colour is read where it is grey: %s', async (format) => {
    const grey = Float64Array.from({ length: 256 }, (_, i) => 255 * Math.exp(-(((i % 16) - 8) ** 2) / 9));
    const colours = Uint8Array.from({ length: 768 }, (_, i) => grey[Math.floor(i / 3)]!);
    const picture = sharp(colours, { raw: { width: 16, height: 16, channels: 3 } });
    const kernel = await readBytes(await picture.toFormat(format, { quality: 80 }).toBuffer(), `.${format}`);
    expect(kernel.data.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  });
});

describe('what a kernel implies', () => {
  const frame = { width: 64, height: 64, channels: 1, depth: 8, data: new Uint8Array(4096).fill(90) } as const;
  const factsOf = async (source: string | psf.PsfWeights): Promise<psf.KernelFacts> => {
    const { report } = await deconvolve(frame, { psf: source, method: 'wiener', sigma: 0.01, threads: 1 });
    return report.kernels[0]!;
  };

  it('is reported: size, sum, centre, centroid and shift', async () => {
    const path = join(folder.path('facts.npy'));
    writeFileSync(path, npyFile({ descr: "'|u1'", shape: [8, 8] }, new Uint8Array(64).fill(2)));
    const box = { widthPx: 8, heightPx: 8, sum: 128, centroidX: 3.5, centroidY: 3.5 };
    expect(await factsOf(path)).toEqual({ ...box, centreX: 4, centreY: 4, shiftX: -0.5, shiftY: -0.5 });
    expect(await factsOf(`${path}@3,4`)).toEqual({ ...box, centreX: 3, centreY: 4, shiftX: 0.5, shiftY: -0.5 });
    expect(await factsOf('disk:2')).toMatchObject({ widthPx: 5, shiftX: 0, shiftY: 0 });
    const weights = { width: 3, height: 1, data: [0, 0, 5] };
    expect(await factsOf(weights)).toMatchObject({ sum: 5, centreX: 1, centroidX: 2, shiftX: 1, shiftY: 0 });
  });
});
