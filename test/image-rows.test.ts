import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openImage } from '../lib/image/source.js';
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
