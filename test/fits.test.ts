import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnyFrame } from '../lib/image/frame.js';
import { openFits } from '../lib/image/fits/read-fits.js';
import type { FitsPicture } from '../lib/image/fits/read-fits.js';
import { encodeFits } from '../lib/image/fits/write-fits.js';
import { lostIn } from '../lib/image/metadata/lost.js';
import { openImage } from '../lib/image/open-image.js';
import { memorySource } from '../lib/files/byte-source.js';
import { PerifocalError, deconvolve, psf, stars } from '../lib/index.js';
import { createRandom } from '../lib/math/random.js';
import { card, cardsOf, fitsFile, onesSum, valueCard } from './support/fits-files.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const { signal } = new AbortController();
const [WIDTH, HEIGHT] = [5, 3];
const SIZE = WIDTH * HEIGHT;
/** Numbers that differ, from `first` on. */
const numbersFrom = (first: number, count = SIZE): number[] =>
  Array.from({ length: count }, (_, index) => first + index);
const plain = { axes: [WIDTH, HEIGHT], numbers: numbersFrom(7) };

/** What makes unsigned integers of 64 and of 16 bits. */
const unsigned64 = [valueCard('BZERO', '9223372036854775808')];
const unsignedCards = [valueCard('BZERO', 32_768), valueCard('BSCALE', 1)];

const open = (file: Buffer, page?: number): Promise<FitsPicture> =>
  openFits(memorySource(file), 'x.fits', { signal, page });
const samplesOf = async (picture: FitsPicture): Promise<number[]> => {
  const { height } = picture.size;
  return Array.from(await picture.readRows({ top: 0, count: height }, signal));
};

describe('samples of a FITS image', () => {
  it.each<[string, number, readonly Buffer[], readonly (number | bigint)[], number, readonly number[]]>([
    ['8 bits', 8, [], [0, 255, 3], 8, [0, 255, 3]],
    ['16 bits without sign', 16, unsignedCards, [-32_768, 32_767, 0], 16, [0, 65_535, 32_768]],
    ['16 bits, none below 0', 16, [], [0, 32_767, 3], 16, [0, 32_767, 3]],
    ['16 bits with a sign', 16, [], [-5, 32_767, -32_768], 32, [-5, 32_767, -32_768]],
    ['8 bits with a sign', 8, [valueCard('BZERO', -128)], [0, 255, 3], 32, [-128, 127, -125]],
    ['32 bits', 32, [], [-5, 2 ** 24, 70_000], 32, [-5, 2 ** 24, 70_000]],
    [
      '32 bits without sign',
      32,
      [valueCard('BZERO', '2147483648')],
      [-(2 ** 31), -(2 ** 31) + 9, 0],
      32,
      [0, 9, 2 ** 31],
    ],
    ['64 bits', 64, [], [-5, 70_000, 2 ** 40], 32, [-5, 70_000, 2 ** 40]],
    ['64 bits without sign', 64, unsigned64, [21_774n - 2n ** 63n, -(2n ** 63n), 0], 32, [21_774, 0, 2 ** 63]],
    [
      'scaled exactly',
      16,
      [valueCard('BSCALE', '2.5D-1'), valueCard('BZERO', '1.0E2')],
      [1, -4, 0],
      32,
      [100.25, 99, 100],
    ],
    [
      'scaled',
      16,
      [valueCard('BSCALE', '0.01'), valueCard('BZERO', 50)],
      [1, -4, 7],
      32,
      [50.01, 49.96, 50.07].map(Math.fround),
    ],
    ['floats', -32, [], [1e-30, -7.25, Infinity], 32, [Math.fround(1e-30), -7.25, Infinity]],
    ['doubles that floats hold', -64, [], [0.5, NaN, 1e6], 32, [0.5, NaN, 1e6]],
  ])('of %s are exact', async (_, bitpix, cards, numbers, depth, expected) => {
    const picture = await open(fitsFile({ bitpix, axes: [3, 1], numbers, cards }));
    expect(picture.size).toEqual({ width: 3, height: 1, channels: 1, depth, alpha: false });
    expect(await samplesOf(picture)).toEqual(expected);
  });

  it.each<[string, number, readonly Buffer[], number | bigint, RegExp]>([
    ['64-bit integers', 64, [], 2n ** 60n + 1n, /BITPIX 64, .*does not hold its value 1152921504606846977 exactly/],
    ['those without sign', 64, unsigned64, 2n ** 24n + 1n - 2n ** 63n, /does not hold its value 16777217 exactly/],
    ['32-bit integers', 32, [], 2 ** 24 + 1, /BITPIX 32, and a 32-bit float does not hold its value 16777217 exactly/],
    [
      'scaled integers',
      32,
      [valueCard('BSCALE', '0.1')],
      2 ** 24 + 1,
      /BSCALE 0\.1 and BZERO 0, .*astype\('float32'\)/,
    ],
    ['doubles', -64, [], 0.1, /BITPIX -64, .*value 0\.1 exactly/],
  ])('of %s that floats do not hold are refused', async (_, bitpix, cards, number, message) => {
    const refusal = open(fitsFile({ bitpix, axes: [3, 1], numbers: [0, number, 0], cards }));
    await expect(refusal).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' });
    await expect(refusal).rejects.toThrow(message);
  });

  it.each<[string, number, readonly Buffer[], readonly number[], number | null, readonly number[]]>([
    ['8 bits', 8, [valueCard('BLANK', 3)], [0, 3, 5], 3, [0, 3, 5]],
    ['unsigned', 16, [...unsignedCards, valueCard('BLANK', -32_768)], [-32_768, 0, 1], 0, [0, 32_768, 32_769]],
    ['a negative one', 16, [valueCard('BLANK', -32_768)], [-32_768, 0, 1], -32_768, [-32_768, 0, 1]],
    ['32 bits', 32, [valueCard('BLANK', -9999)], [-9999, 0, 1], -9999, [-9999, 0, 1]],
    ['one that floats do not tell', 32, [valueCard('BLANK', 2 ** 31 - 1)], [2 ** 31 - 1, 0, 1], null, [NaN, 0, 1]],
    ['scaled', 16, [valueCard('BSCALE', 2), valueCard('BLANK', 9)], [9, 0, 1], null, [NaN, 0, 2]],
    ['floats, of which it is none', -32, [valueCard('BLANK', 9)], [9, NaN, 1], null, [9, NaN, 1]],
  ])('are missing where they are BLANK: %s', async (_, bitpix, cards, numbers, nodata, expected) => {
    const picture = await open(fitsFile({ bitpix, axes: [3, 1], numbers, cards }));
    expect(picture.nodata).toEqual(nodata);
    expect(await samplesOf(picture)).toEqual(expected);
  });

  it('are interleaved, and read by any rows', async () => {
    const numbers = numbersFrom(0, 3 * SIZE);
    const picture = await open(fitsFile({ bitpix: 8, axes: [WIDTH, HEIGHT, 3], numbers }));
    expect(picture.size).toMatchObject({ channels: 3, alpha: false });
    const expected = numbers.map((_, index) => (index % 3) * SIZE + Math.floor(index / 3));
    expect(await samplesOf(picture)).toEqual(expected);
    const rows = await picture.readRows({ top: 1, count: 2 }, signal);
    expect(Array.from(rows)).toEqual(expected.slice(3 * WIDTH));
  });

  it('of more than a piece are all there', async () => {
    const numbers = Array.from({ length: 1100 * 500 }, (_, index) => index % 65_521);
    const picture = await open(fitsFile({ bitpix: 32, axes: [1100, 500], numbers }));
    expect(await samplesOf(picture)).toEqual(numbers);
  });
});

describe('images of a FITS file', () => {
  const empty = { bitpix: 8, axes: [], numbers: [] };
  const image = (first: number) => ({ bitpix: 8, axes: [WIDTH, HEIGHT], numbers: numbersFrom(first) });
  const extension = (first: number) => ({ ...image(first), extension: 'IMAGE' });
  const table = { bitpix: 8, axes: [4, 2], numbers: numbersFrom(0, 8), extension: 'BINTABLE' };

  it('are the primary one where it has data', async () => {
    const picture = await open(fitsFile(image(1), extension(50)));
    expect(await samplesOf(picture)).toEqual(numbersFrom(1));
    expect(picture.warnings).toEqual(['has 1 more data unit, which is not read and not kept']);
  });

  it('are the only extension else, with the cards of the primary header before its own', async () => {
    const primary = { ...empty, cards: [card("TELESCOP= 'A'"), card("OBJECT  = 'none'"), card('HISTORY primary')] };
    const own = { ...extension(9), cards: [card("OBJECT  = 'star'"), card('HISTORY extension')] };
    const picture = await open(fitsFile(primary, table, own));
    expect(await samplesOf(picture)).toEqual(numbersFrom(9));
    const texts = picture.metadata.fitsCards!.map((one) => one.toString('latin1').trimEnd());
    expect(texts.filter((text) => /^(TEL|OBJ|HIS)/.test(text))).toEqual([
      "TELESCOP= 'A'",
      'HISTORY primary',
      "OBJECT  = 'star'",
      'HISTORY extension',
    ]);
  });

  it('are chosen by page where there are several', async () => {
    const file = fitsFile(empty, extension(1), table, extension(50));
    await expect(open(file)).rejects.toThrow(/x\.fits cannot be read: it has 2 images; choose one: --page 1 to 2/);
    expect(await samplesOf(await open(file, 2))).toEqual(numbersFrom(50));
    await expect(open(file, 3)).rejects.toThrow(/has 2 pages: there is no page 3/);
  });

  it('are planes of a cube that are too many to be bands', async () => {
    const file = fitsFile({ bitpix: 16, axes: [WIDTH, HEIGHT, 17], numbers: numbersFrom(0, 17 * SIZE) });
    await expect(open(file)).rejects.toThrow(/it has 17 images/);
    expect(await samplesOf(await open(file, 17))).toEqual(numbersFrom(16 * SIZE));
  });

  it('may have further axes of length 1', async () => {
    const picture = await open(fitsFile({ ...image(1), axes: [WIDTH, HEIGHT, 1, 1] }));
    expect(picture.size.channels).toBe(1);
  });

  const cut = fitsFile({ bitpix: 8, ...plain });
  const change = (from: string, to: string): Buffer =>
    Buffer.from(cut.toString('latin1').replace(from.padStart(20), to.padStart(20)), 'latin1');
  it.each<[string, Buffer, RegExp]>([
    ['tables alone', fitsFile(empty, table), /holds no image of two axes/],
    [
      'an image compressed in tiles',
      fitsFile(empty, { ...table, cards: [valueCard('ZIMAGE', 'T')] }),
      /compressed in tiles \(ZIMAGE\); unpack it with funpack/,
    ],
    ['one axis', fitsFile({ bitpix: 8, axes: [9], numbers: numbersFrom(0, 9) }), /no image of two axes/],
    [
      'four axes',
      fitsFile({ bitpix: 8, axes: [2, 2, 1, 2], numbers: numbersFrom(0, 8) }),
      /4 axes of lengths 2, 2, 1, 2/,
    ],
    ['a header without end', cut.subarray(0, 2000), /primary header does not end; the file may have been cut/],
    ['data that were cut', cut.subarray(0, 2890), /data of its primary header end at byte 2895, the file at 2890/],
    ['an absurd axis', change('5', '9000000000000000'), /ends? at byte|bytes of data/],
    ['axes beyond all numbers', change('5', '9e99'), /NAXIS1 9e\+99/],
    ['a negative axis', change('5', '-5'), /NAXIS1 -5/],
    ['no BITPIX that is known', change('8', '12'), /BITPIX 12, which is none of/],
    ['no axes', Buffer.from(cut.toString('latin1').replace('NAXIS   ', 'NAXES   '), 'latin1'), /has no NAXIS/],
    ['a scale of 0', fitsFile({ bitpix: 8, ...plain, cards: [valueCard('BSCALE', 0)] }), /BSCALE 0 and BZERO 0/],
  ])('%s: refused by name', async (_, file, message) => {
    await expect(open(file)).rejects.toThrow(message);
  });
});

describe('a FITS file that is written', () => {
  const cards = [
    card('HIERARCH ESO DET CHIP = 1'),
    valueCard('BZERO', 32_768),
    card("OBJECT  = 'O''Neill'  / a name"),
    valueCard('BSCALE', 1),
    card("LONGTEXT= 'begins&'"),
    card("CONTINUE  'and ends'"),
    valueCard('CRVAL1', '1.234567890123456D+02'),
    card('COMMENT one'),
    card(''),
    card('HISTORY two'),
    card('COMMENT three'),
  ];
  const write = async (frame: AnyFrame, old: readonly Buffer[], nodata: number | null = null): Promise<Buffer> =>
    encodeFits(frame, old, nodata);
  const data = Uint16Array.from(numbersFrom(60_000));
  const frame = { width: WIDTH, height: HEIGHT, channels: 1, depth: 16, data } as const;

  it('is the file that was read, byte for byte, where nothing changes', async () => {
    for (const parts of [
      { bitpix: 16, axes: [WIDTH, HEIGHT], numbers: numbersFrom(-9), cards: [...cards, valueCard('BLANK', -5)] },
      { bitpix: 8, axes: [WIDTH, HEIGHT, 3], numbers: numbersFrom(1, 3 * SIZE), cards: cards.slice(4) },
      { bitpix: -32, axes: [WIDTH, HEIGHT], numbers: [NaN, ...numbersFrom(1.5, SIZE - 1)], cards: cards.slice(4) },
    ]) {
      const file = fitsFile(parts);
      const picture = await open(file);
      const data = await picture.readRows({ top: 0, count: HEIGHT }, signal);
      const written = await write({ ...picture.size, data } as AnyFrame, picture.metadata.fitsCards!, picture.nodata);
      expect(written.equals(file)).toBe(true);
    }
  });

  it('says anew how samples are stored, in the place of the old cards, and keeps all others', async () => {
    const old = await open(fitsFile({ bitpix: 16, axes: [WIDTH, HEIGHT], numbers: numbersFrom(-9), cards }));
    const floats = { ...frame, depth: 32, data: Float32Array.from(numbersFrom(0.5)) } as const;
    const texts = cardsOf(await write(floats, old.metadata.fitsCards!)).map((text) => text.trimEnd());
    expect(texts.slice(0, 5).map((text) => text.slice(0, 30))).toEqual(
      [valueCard('SIMPLE', 'T'), valueCard('BITPIX', -32), valueCard('NAXIS', 2), valueCard('NAXIS1', WIDTH)]
        .concat(valueCard('NAXIS2', HEIGHT))
        .map((one) => one.toString('latin1', 0, 30)),
    );
    const others = cards.map((one) => one.toString('latin1').trimEnd()).filter((text) => !/^B(ZERO|SCALE)/.test(text));
    expect(texts.slice(5)).toEqual(others);
  });

  it('has the axes that its header counted, and none that only a stray card names', async () => {
    const axes = async (...old: Buffer[]): Promise<string[]> =>
      cardsOf(await write(frame, old))
        .filter((text) => text.startsWith('NAXIS'))
        .map((text) => text.slice(0, 30));
    const own = [valueCard('NAXIS1', WIDTH), valueCard('NAXIS2', HEIGHT)];
    const texts = (...all: Buffer[]): string[] => all.map((one) => one.toString('latin1', 0, 30));
    const third = valueCard('NAXIS3', 1);
    expect(await axes(valueCard('NAXIS', 2), ...own, third)).toEqual(texts(valueCard('NAXIS', 2), ...own));
    expect(await axes(valueCard('NAXIS', 3), ...own, third)).toEqual(texts(valueCard('NAXIS', 3), ...own, third));
  });

  it('has samples of 16 bits with BZERO, and a nodata value as BLANK', async () => {
    const file = await write(frame, [], 60_002);
    expect(file.length % 2880).toBe(0);
    const picture = await open(file);
    expect(picture).toMatchObject({ size: { depth: 16 }, nodata: 60_002 });
    expect(await samplesOf(picture)).toEqual(Array.from(frame.data));
    expect(cardsOf(file).find((text) => text.startsWith('BLANK'))).toMatch(/= +27234 /);
  });

  it('has checksums where there were some, and no extremes of other samples', async () => {
    const old = [card("CHECKSUM= 'abcdefghijklmnop'"), card("DATASUM = '1'"), valueCard('DATAMAX', 3)];
    for (const first of [0, 1000, 65_000]) {
      const file = await write({ ...frame, data: Uint16Array.from(numbersFrom(first)) }, old);
      expect(onesSum(file)).toBe(0xffffffffn);
      const dataSum = cardsOf(file).find((text) => text.startsWith('DATASUM'));
      expect(dataSum).toContain(`'${onesSum(file.subarray(2880))} `);
      expect(cardsOf(file).some((text) => text.startsWith('DATAMAX'))).toBe(false);
    }
  });
});

describe('a FITS file that is damaged anywhere', () => {
  it('is read or refused, never more', async () => {
    const good = fitsFile(
      { bitpix: 16, axes: [WIDTH, HEIGHT, 2], numbers: numbersFrom(-5, 2 * SIZE), cards: [valueCard('BZERO', 32_768)] },
      { bitpix: -32, axes: [4, 4], numbers: numbersFrom(0.5, 16), extension: 'IMAGE', cards: [valueCard('BLANK', 1)] },
    );
    const next = createRandom(22);
    const signs = "0123456789 -+.eED'/=TF&\0\xffNAXIS";
    for (let round = 0; round < 2000; round += 1) {
      const file = Buffer.from(good.subarray(0, next() < 0.2 ? Math.floor(next() * good.length) : good.length));
      for (let change = 0; change <= next() * 6 && file.length > 0; change += 1) {
        const header = next() < 0.9 ? Math.min(file.length, 640) : file.length;
        file[Math.floor(next() * header)] = signs.charCodeAt(Math.floor(next() * signs.length));
      }
      try {
        const picture = await open(file, next() < 0.5 ? undefined : 1 + Math.floor(next() * 3));
        const { width, height, channels } = picture.size;
        expect(width * height * channels).toBeLessThan(file.length);
        expect(await samplesOf(picture)).toHaveLength(width * height * channels);
      } catch (error) {
        expect(error).toBeInstanceOf(PerifocalError);
        expect(['IMAGE_INVALID', 'IMAGE_UNSUPPORTED', 'ARGUMENT_INVALID']).toContain((error as PerifocalError).code);
      }
    }
  });
});

/** The numbers of the first array as they are stored, read card by card. */
function rawNumbers(file: Buffer, bitpix: number): number[] {
  const start = Math.ceil((80 * (cardsOf(file).length + 1)) / 2880) * 2880;
  const numberOf = (keyword: string): number =>
    Number(
      cardsOf(file)
        .find((text) => text.startsWith(keyword.padEnd(8)))!
        .slice(10, 30),
    );
  const bytes = bitpix / 8;
  return Array.from({ length: numberOf('NAXIS1') * numberOf('NAXIS2') }, (_, index) =>
    bitpix === 8 ? file[start + index]! : file.readIntBE(start + index * bytes, bytes),
  );
}

describe('FITS as an image', () => {
  const [width, height] = [40, 32];
  const scene = Array.from({ length: width * height }, (_, index) => 20_000 + ((index * 7919) % 3000));
  const cards = [card("CTYPE1  = 'RA---TAN'"), valueCard('CRVAL1', '12.5'), card('HISTORY made by a test')];
  const unsigned = fitsFile({
    bitpix: 16,
    axes: [width, height],
    numbers: scene.map((value, index) => (index === 77 ? -32_768 : value - 32_768)),
    cards: [...cards, ...unsignedCards, valueCard('BLANK', -32_768)],
  });
  const settings = { psf: 'disk:1', method: 'wiener', sigma: 0.01, threads: 1 } as const;

  it('is restored as the same pixels are, and written with its header', async () => {
    const samples = Uint16Array.from(scene, (value, index) => (index === 77 ? 0 : value));
    const frame = { width, height, channels: 1, depth: 16, data: samples } as const;
    const valid = Uint8Array.from(scene, (_, index) => (index === 77 ? 0 : 1));
    const expected = await deconvolve(frame, { ...settings, valid });
    const restored = await deconvolve(unsigned, settings);
    expect(restored.report).toMatchObject({ missingPixels: 1, warnings: [] });
    expect(restored.data).toEqual(expected.data);
    const path = folder.path('restored.fits');
    await restored.toFile(path);
    const file = readFileSync(path);
    expect(cardsOf(file)).toEqual(cardsOf(unsigned));
    const picture = await open(file);
    expect(picture.nodata).toBe(0);
    expect(await samplesOf(picture)).toEqual(Array.from(restored.data));
  });

  const signs = [
    ['signed integers of 8 bits', 8, [valueCard('BZERO', -128)], (value: number) => (value % 200) + 10, 3],
    ['signed integers of 16 bits', 16, [], (value: number) => value - 21_000, -32_768],
    ['integers of 16 bits, none below 0', 16, [], (value: number) => value, 0],
    ['signed integers of 32 bits', 32, [], (value: number) => 40 * value - 900_000, -(2 ** 31)],
    ['integers of 32 bits', 32, [valueCard('BZERO', 2 ** 31)], (value: number) => 40 * value - 2 ** 31, 2 ** 31 - 256],
  ] as const;

  it.each(signs)('of %s stays what it is, and BLANK comes back', async (_, bitpix, storage, numberOf, blank) => {
    const numbers = scene.map((value, index) => (index % 97 === 5 ? blank : numberOf(value)));
    const all = [...cards, ...storage, valueCard('BLANK', blank)];
    const file = fitsFile({ bitpix, axes: [width, height], numbers, cards: all });
    const restored = await deconvolve(file, { ...settings, integrity: 'full' });
    expect(restored.report.missingPixels).toBe(numbers.filter((_, index) => index % 97 === 5).length);
    expect(restored.report.warnings.join()).not.toMatch(/samples are .*integers/);
    const path = folder.path('typed.fits');
    await restored.toFile(path);
    const written = readFileSync(path);
    const [before, after] = [file, written].map((one) => ({ cards: cardsOf(one), numbers: rawNumbers(one, bitpix) }));
    for (const keyword of ['BITPIX', 'BZERO', 'BLANK'])
      expect(after!.cards.filter((text) => text.startsWith(keyword)).map((text) => text.slice(0, 30))).toEqual(
        before!.cards.filter((text) => text.startsWith(keyword)).map((text) => text.slice(0, 30)),
      );
    const isBlank = (number: number): boolean => number === blank;
    expect(after!.numbers.map(isBlank)).toEqual(before!.numbers.map(isBlank));
    const zero = storage.length > 0 ? Number(storage[0]!.toString('latin1', 10, 30)) : 0;
    const [least, most] = bitpix === 8 ? [0, 255] : [-Infinity, Infinity];
    const rounded = Array.from(restored.data, (sample) => Math.min(most, Math.max(least, Math.round(sample) - zero)));
    after!.numbers.forEach((number, index) => {
      if (Math.abs(number - rounded[index]!) > 1) throw new Error(`sample ${index}: ${number}, not ${rounded[index]}`);
    });
  });

  it('of integers of 16 bits keeps a BLANK that no sample has', async () => {
    const file = fitsFile({ bitpix: 16, axes: [width, height], numbers: scene, cards: [valueCard('BLANK', -999)] });
    await (await deconvolve(file, settings)).toFile(folder.path('blank.fits'));
    expect(cardsOf(readFileSync(folder.path('blank.fits')))).toEqual(cardsOf(file));
  });

  it('goes to TIFF as signed integers with nodata, and says where it becomes floats', async () => {
    const numbers = scene.map((value, index) => (index === 77 ? -32_768 : value - 21_000));
    const plane = { bitpix: 16, axes: [width, height], numbers, cards: [valueCard('BLANK', -32_768)] };
    writeFileSync(folder.path('signed.fits'), fitsFile(plane));
    const { Deconvolver } = await import('../lib/index.js');
    await using deconvolver = await Deconvolver.open(settings);
    await deconvolver.restoreFile(folder.path('signed.fits'), folder.path('signed.tif'));
    const tiff = await openImage(folder.path('signed.tif'), { signal });
    expect(tiff.metadata.storedType).toBe('int16');
    expect(tiff.nodata).toBe(-32_768);
    await expect(deconvolver.restoreFile(folder.path('signed.fits'), folder.path('x.png'))).rejects.toThrow(
      /png holds unsigned integers of 8 or 16 bits, the frame has signed integers of 16 bits; write TIFF/,
    );
    writeFileSync(folder.path('scaled.fits'), fitsFile({ ...plane, cards: [valueCard('BSCALE', '0.5')] }));
    const { report } = await deconvolver.restoreFile(folder.path('scaled.fits'), folder.path('scaled-out.fits'));
    expect(report.warnings).toContain(
      'its samples are scaled integers (BSCALE, BZERO); its output (fits) has 32-bit floats',
    );
  });

  it('keeps axes of length 1, of which coordinates speak', async () => {
    const radio = [card("CTYPE3  = 'FREQ'"), card("CTYPE4  = 'STOKES'")];
    const file = fitsFile({ bitpix: 16, axes: [width, height, 1, 1], numbers: scene, cards: radio });
    await (await deconvolve(file, settings)).toFile(folder.path('radio.fits'));
    expect(cardsOf(readFileSync(folder.path('radio.fits')))).toEqual(cardsOf(file));
  });

  it('has planes that are bands, and colours where the header says so', async () => {
    const cube = (axis: readonly Buffer[]) =>
      fitsFile({ bitpix: 8, axes: [WIDTH, HEIGHT, 3], numbers: numbersFrom(0, 3 * SIZE), cards: axis });
    expect((await open(cube([]))).size).toMatchObject({ channels: 3, rgb: [] });
    expect((await open(cube([card("CTYPE3  = 'WAVE'")]))).size).toMatchObject({ rgb: [] });
    expect((await open(cube([card("CTYPE3  = 'RGB'")]))).size).toMatchObject({ rgb: [[0, 1, 2]] });
    const frame = { width: WIDTH, height: HEIGHT, channels: 3, depth: 8, data: new Uint8Array(3 * SIZE) } as const;
    expect((await open(await encodeFits(frame, [], null))).size).toMatchObject({ rgb: [[0, 1, 2]] });
    for (const rgb of [[], [[2, 1, 0]]] as const) {
      expect((await open(await encodeFits({ ...frame, rgb }, [], null))).size).toMatchObject({ rgb: [] });
      expect(lostIn('fits', {}, { ...frame, rgb })).toEqual(
        rgb.length > 0 ? ['which bands are red, green and blue'] : [],
      );
    }
  });

  it('of floats stays floats, and NaN stays NaN', async () => {
    const numbers = scene.map((value, index) => (index === 77 ? NaN : value / 65_536));
    const restored = await deconvolve(fitsFile({ bitpix: -32, axes: [width, height], numbers, cards }), settings);
    await restored.toFile(folder.path('floats.FTS'));
    await expect(restored.toFile(folder.path('floats.png'))).rejects.toThrow(
      /png holds integers, the frame has floats/,
    );
    const values = await samplesOf(await open(readFileSync(folder.path('floats.FTS'))));
    expect(values.map(Number.isNaN).indexOf(true)).toBe(77);
    expect(values).toEqual(Array.from(restored.data));
  });

  it('on disk is read in parts to the same samples, and says as BLANK what stands for missing ones', async () => {
    const path = folder.path('scene.fits');
    writeFileSync(path, unsigned);
    const options = { ...settings, nodata: 20_000 };
    const [fromDisk, fromMemory] = [await deconvolve(path, options), await deconvolve(unsigned, options)];
    expect(fromDisk.data).toEqual(fromMemory.data);
    expect(fromDisk.report.inputSha256).toBe(fromMemory.report.inputSha256);
    expect(fromDisk.report.missingPixels).toBeGreaterThan(0);
    const source = await openImage(path, { signal });
    expect(source.buffers.find(({ name }) => name === 'file')?.bytes).toBe(0);
    await fromDisk.toFile(folder.path('blank.fits'));
    expect((await open(readFileSync(folder.path('blank.fits')))).nodata).toBe(20_000);
  });

  it('takes what other formats hold, but no alpha', async () => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 31) % 256);
    const colour = await deconvolve({ width, height, channels: 3, depth: 8, data }, settings);
    await colour.toFile(folder.path('colour.fit'));
    const picture = await open(readFileSync(folder.path('colour.fit')));
    expect(picture.size).toMatchObject({ channels: 3, depth: 8 });
    expect(await samplesOf(picture)).toEqual(Array.from(colour.data));
    const alpha = await deconvolve(
      { width, height, channels: 2, depth: 8, data: data.subarray(0, 2 * width * height) },
      settings,
    );
    await expect(alpha.toFile(folder.path('alpha.fits'))).rejects.toThrow(
      /fits holds no alpha channel; write PNG or TIFF/,
    );
  });

  it('has pages, and sides that are not too small', async () => {
    const plane = { bitpix: 8, axes: [width, height], numbers: scene.map((value) => value % 256) };
    const two = fitsFile(
      { bitpix: 8, axes: [], numbers: [] },
      { ...plane, extension: 'IMAGE' },
      { ...plane, extension: 'IMAGE' },
    );
    await expect(deconvolve(two, settings)).rejects.toThrow(/it has 2 images; choose one: --page 1 to 2/);
    expect((await openImage(two, { signal, page: 2 })).header).toMatchObject({ width, height });
    const small = fitsFile({ bitpix: 8, axes: [8, 8], numbers: numbersFrom(0, 64) });
    await expect(deconvolve(small, settings)).rejects.toThrow(/8x8 pixels, each side must be at least 16/);
  });

  it('of stars is measured in any type of numbers, floats in counts too', async () => {
    const size = { width: 192, height: 160 };
    const motion = { lengthPx: 6, angleDegrees: 20 };
    const { frame } = stars.simulate({
      ...size,
      stars: 5,
      separationPx: 40,
      flux: [5000, 9000],
      motion,
      seed: 3,
    });
    const numbers = Array.from(frame.data);
    const axes = [size.width, size.height];
    const unsigned16 = { bitpix: 16, axes, cards: unsignedCards, numbers: numbers.map((value) => value - 32_768) };
    const found: (readonly { readonly x: number; readonly y: number }[])[] = [];
    for (const file of [fitsFile(unsigned16), fitsFile({ bitpix: -32, axes, numbers })])
      found.push((await stars.restoreStars(file, { motion, threads: 1 })).stars);
    expect(found[0]!.length).toBeGreaterThan(3);
    expect(found[1]).toHaveLength(found[0]!.length);
    found[1]!.forEach(({ x, y }, index) => {
      expect(Math.hypot(x - found[0]![index]!.x, y - found[0]![index]!.y)).toBeLessThan(0.02);
    });
  });

  it('may be a kernel, of any type of numbers', async () => {
    const expected = psf.fromArray({ width: WIDTH, height: HEIGHT, data: numbersFrom(7) });
    for (const bitpix of [8, 16, 32, 64, -32, -64]) {
      writeFileSync(folder.path('kernel.fits'), fitsFile({ bitpix, ...plain }));
      expect(await psf.parse(folder.path('kernel.fits'))).toEqual(expected);
    }
    const [numbers, cards] = [numbersFrom(7).map((weight) => BigInt(weight) - 2n ** 63n), unsigned64];
    writeFileSync(folder.path('unsigned.fits'), fitsFile({ ...plain, bitpix: 64, numbers, cards }));
    expect(await psf.parse(folder.path('unsigned.fits'))).toEqual(expected);
    const blank = fitsFile({ bitpix: 16, ...plain, cards: [valueCard('BLANK', 9)] });
    writeFileSync(folder.path('blank.fits'), blank);
    await expect(psf.parse(folder.path('blank.fits'))).rejects.toThrow(
      /blank\.fits: The PSF holds NaN at column 2 of row 0/,
    );
  });

  it('of several planes is no kernel', async () => {
    const cube = fitsFile({ bitpix: 16, axes: [WIDTH, HEIGHT, 2], numbers: numbersFrom(7, 2 * SIZE) });
    writeFileSync(folder.path('cube.fits'), cube);
    await expect(psf.parse(folder.path('cube.fits'))).rejects.toThrow(
      /it has 2 planes, which may all be kernels; write/,
    );
  });
});
