import { checkFrame, sizeOf } from './frame.js';
import type { AnyFrame, Depth } from './frame.js';
import { ownBytes } from './own-bytes.js';
import { requireRows } from './stored.js';
import type { StoredImage } from './stored.js';

/**
 * Pixels that a caller gives. Throws ArgumentError. @param name of the argument, for messages
 * @param depths bits per sample that are taken
 */
export function storePixels(input: AnyFrame, name: string, depths: readonly (Depth | 32)[]): StoredImage {
  // Taken once: what the caller puts into the object later is of no concern.
  const { data } = input;
  const header = sizeOf(input);
  const frame = { ...header, data } as AnyFrame;
  checkFrame(frame, depths);
  const { width, height, channels } = header;
  const { length } = data;
  return {
    label: 'pixels',
    header,
    format: null,
    sizeBytes: null,
    metadata: {},
    nodata: null,
    buffers: [],
    warnings: [],
    sha256: null,
    readAll: async (signal) =>
      ({ ...frame, data: await ownBytes(data, `data of ${name}`, { signal, length }) }) as AnyFrame,
    readRows: async (rows, signal) => {
      requireRows(rows, height);
      const [from, to] = [rows.top, rows.top + rows.count].map((row) => row * width * channels) as [number, number];
      const copy = await ownBytes(data.subarray(from, to), `data of ${name}`, { signal, length: to - from });
      return { ...frame, height: rows.count, data: copy } as AnyFrame;
    },
  };
}
