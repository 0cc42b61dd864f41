import { describe, expect, it } from 'vitest';
import type { Orientation } from '../lib/image/codec/inspection.js';
import type { Frame } from '../lib/image/frame.js';
import { turnMask } from '../lib/image/missing/turned-mask.js';
import type { StoredImage } from '../lib/image/stored.js';

const [width, height] = [37, 22];
const { signal } = new AbortController();
const data = Uint8Array.from({ length: width * height }, (_, at) => ((at * 2_654_435_761) >>> 7) & 1 && 255);

/** A stored mask that counts the rows that are read of it. */
function maskOf(): { mask: StoredImage; rowsRead: () => number } {
  let rowsRead = 0;
  const header = { width, height, channels: 1, depth: 8 } as const;
  const readRows = async ({ top, count }: { top: number; count: number }): Promise<Frame> => {
    rowsRead += count;
    return { ...header, height: count, data: data.slice(top * width, (top + count) * width) };
  };
  const mask = { header, format: 'tiff', buffers: [], readRows } as unknown as StoredImage;
  return { mask, rowsRead: () => rowsRead };
}

/** Where the upright pixel is stored, as EXIF 2.3 says where row and column 0 are (tag 274). */
const STORED: Readonly<Record<number, (x: number, y: number) => readonly [number, number]>> = {
  2: (x, y) => [width - 1 - x, y],
  3: (x, y) => [width - 1 - x, height - 1 - y],
  4: (x, y) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [y, height - 1 - x],
  7: (x, y) => [width - 1 - y, height - 1 - x],
  8: (x, y) => [width - 1 - y, x],
};

describe.each([2, 3, 4, 5, 6, 7, 8] as const)('a mask that is turned as orientation %i says', (orientation) => {
  it('is read once, however many pieces are asked for', async () => {
    const { mask, rowsRead } = maskOf();
    const turned = turnMask(mask, orientation satisfies Orientation);
    const size = turned.header;
    expect([size.width, size.height]).toEqual(orientation >= 5 ? [height, width] : [width, height]);
    const expected = Array.from({ length: width * height }, (_, at) => {
      const [x, y] = STORED[orientation]!(at % size.width, Math.floor(at / size.width));
      return data[y * width + x]!;
    });
    const pieces: number[] = [];
    for (let top = 0; top < size.height; top += 5) {
      const rows = { top, count: Math.min(5, size.height - top) };
      pieces.push(...(await turned.readRows(rows, signal)).data);
    }
    expect(pieces).toEqual(expected);
    expect(Array.from((await turned.readAll(signal)).data)).toEqual(expected);
    expect(rowsRead()).toBe(height);
  });
});
