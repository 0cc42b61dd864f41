import { Pauses } from '../../runtime/pauses.js';
import type { Orientation } from '../codec/inspection.js';
import type { Frame } from '../frame.js';
import { requireRows } from '../stored.js';
import type { RowWindow, StoredImage } from '../stored.js';
import { pathOf, uprightSize } from '../turn.js';
import { bitMaskBytes, readBits } from './bit-mask.js';
import { THERE, toMask } from './masks.js';

/**
 * A mask that lies beside a picture and speaks of its rows and columns as they are stored (GDAL heeds no orientation),
 * turned as the picture is. Any of its rows may be of all stored rows: these are read once, and kept as bits.
 */
export function turnMask(mask: StoredImage, orientation: Orientation): StoredImage {
  if (orientation === 1) return mask;
  const { width, height } = mask.header;
  const stored = { width, height, channels: 1, depth: 8 } as const;
  const header = uprightSize(stored, orientation);
  const read = async (rows: RowWindow, signal: AbortSignal): Promise<Uint8Array> =>
    toMask(await mask.readRows(rows, signal), new Pauses(signal));
  let kept: Uint8Array | null = null;
  const turn = async (bits: Uint8Array, rows: RowWindow, signal: AbortSignal): Promise<Frame> => {
    requireRows(rows, header.height);
    const data = await turnBits(bits, stored, orientation, rows, new Pauses(signal));
    return { ...header, height: rows.count, data };
  };
  return {
    ...mask,
    header,
    buffers: [...mask.buffers, { name: 'bits of the mask', bytes: bitMaskBytes(mask) }],
    readRows: async (rows, signal) => {
      kept ??= await readBits(mask, read, signal);
      return turn(kept, rows, signal);
    },
    readAll: async (signal) => {
      const bits = kept ?? (await readBits(mask, read, signal));
      kept = null;
      return turn(bits, { top: 0, count: header.height }, signal);
    },
  };
}

/** Rows of the upright mask, one byte per pixel. @param bits of the stored one */
async function turnBits(
  bits: Uint8Array,
  stored: Pick<Frame, 'width' | 'height'>,
  orientation: Orientation,
  { top, count }: RowWindow,
  pauses: Pauses,
): Promise<Uint8Array> {
  const { width } = uprightSize(stored, orientation);
  const { start, column, row } = pathOf(stored, orientation);
  const rowBytes = Math.ceil(stored.width / 8);
  const mask = new Uint8Array(count * width);
  for (let y = 0, to = 0; y < count; y += 1) {
    if (pauses.isDue) await pauses.take();
    let from = start + (top + y) * row;
    for (let x = 0; x < width; x += 1, to += 1, from += column) {
      const line = Math.floor(from / stored.width);
      const at = from - line * stored.width;
      if ((bits[line * rowBytes + (at >> 3)]! >> (at & 7)) & 1) mask[to] = THERE;
    }
  }
  return mask;
}
