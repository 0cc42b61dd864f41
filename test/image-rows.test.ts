import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { keepAsBits } from '../lib/image/missing/bit-mask.js';
import { openImage } from '../lib/image/open-image.js';
import type { StoredImage } from '../lib/image/stored.js';
import type { ImageInput } from '../lib/image/reading.js';
import { createFrame } from './support/frames.js';

const { signal } = new AbortController();
const [WIDTH, HEIGHT] = [70, 53];
const FORMATS = ['jpeg', 'png', 'tiff', 'webp'] as const;
const WINDOWS = [
  { top: 0, count: 1 },
  { top: 17, count: 20 },
  { top: 52, count: 1 },
  { top: 0, count: 53 },
];

async function encode(format: (typeof FORMATS)[number], orientation: number): Promise<Uint8Array> {
  const { data } = createFrame({ width: WIDTH, height: HEIGHT });
  const picture = sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  return picture.toFormat(format).withMetadata({ orientation }).toBuffer();
}

/** All windows against the same rows of the whole picture. */
async function checkWindows(input: ImageInput): Promise<void> {
  const source = await openImage(input, { signal });
  const { width, height, channels } = source.header;
  const windows = WINDOWS.filter(({ top, count }) => top + count <= height);
  const found = [];
  for (const rows of windows) found.push((await source.readRows(rows, signal)).frame);
  const { data } = (await source.read(signal)).frame;
  for (const [index, { top, count }] of windows.entries()) {
    const expected = data.slice(top * width * channels, (top + count) * width * channels);
    expect(found[index]).toMatchObject({ width, height: count, channels });
    expect(Buffer.compare(Buffer.from(found[index]!.data), Buffer.from(expected))).toBe(0);
  }
}

describe('rows of a picture', () => {
  it.each(FORMATS)('are those of the whole, in %s', async (format) => {
    await checkWindows(await encode(format, 1));
  });

  it.each([3, 6])('are those of the upright picture, with orientation %i', async (orientation) => {
    await checkWindows(await encode('jpeg', orientation));
  });

  it('are copied from pixels', async () => {
    await checkWindows(createFrame({ width: WIDTH, height: HEIGHT, depth: 16 }));
  });

  it('are refused where there are none, and once the pixels are read', async () => {
    const source = await openImage(await encode('png', 1), { signal });
    await expect(source.readRows({ top: 50, count: 4 }, signal)).rejects.toThrow(/between 1 and 3 for rows.count/);
    await expect(source.readRows({ top: -1, count: 4 }, signal)).rejects.toThrow(/for rows.top/);
    await source.read(signal);
    await expect(source.readRows({ top: 0, count: 1 }, signal)).rejects.toMatchObject({ code: 'STATE' });
  });
});

describe('a mask that is a PNG', () => {
  const frame = createFrame({ width: WIDTH, height: HEIGHT, channels: 1 });
  const data = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => (pixel % 7 < 2 || pixel % 70 > 60 ? 0 : 9));

  it('says of rows what it says of all, and is decoded once', async () => {
    const mask = await sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
      .png()
      .toBuffer();
    const source = await openImage(frame, { signal, mask });
    for (const { top, count } of WINDOWS) {
      const { valid, missingPixels } = await source.readRows({ top, count }, signal);
      const expected = data.subarray(top * WIDTH, (top + count) * WIDTH);
      expect(Array.from(valid!, (there) => there === 1)).toEqual(Array.from(expected, (value) => value !== 0));
      expect(missingPixels).toBe(expected.filter((value) => value === 0).length);
    }
    const [rows, all] = [source.rowBuffers(20), source.buffers].map((buffers) => buffers.map(({ name }) => name));
    expect(rows).toEqual(all);
  });

  it('is read in parts whatever rows are wanted first', async () => {
    const picture = { header: frame, format: 'png' } as unknown as StoredImage;
    const read: number[] = [];
    const bits = keepAsBits(picture, (rows) => {
      read.push(rows.count);
      return Promise.resolve(data.slice(rows.top * WIDTH, (rows.top + rows.count) * WIDTH));
    });
    for (const top of [52, 0, 3]) {
      const found = await bits({ top, count: 1 }, signal);
      const expected = data.subarray(top * WIDTH, (top + 1) * WIDTH);
      expect(Array.from(found)).toEqual(Array.from(expected, (value) => (value === 0 ? 0 : 1)));
    }
    expect(read).toEqual([HEIGHT]);
  });
});
