import { Pauses } from '../../runtime/pauses.js';
import type { Orientation } from '../codec/inspection.js';
import { frameBytes } from '../frame.js';
import type { AnyFrame } from '../frame.js';
import { requireRows } from '../stored.js';
import type { RowWindow, StoredImage } from '../stored.js';
import { turnUpright, uprightSize } from '../turn.js';

/**
 * A mask that lies beside a picture and speaks of its rows and columns as they are stored (GDAL heeds no orientation),
 * turned as the picture is. It is read whole for any rows.
 */
export function turnMask(mask: StoredImage, orientation: Orientation): StoredImage {
  if (orientation === 1) return mask;
  const stored = mask.header;
  const header = uprightSize(stored, orientation);
  const readRows = async (rows: RowWindow, signal: AbortSignal): Promise<AnyFrame> => {
    requireRows(rows, header.height);
    const { data } = await mask.readRows({ top: 0, count: stored.height }, signal);
    const turned = await turnUpright(data, stored, orientation, rows, new Pauses(signal));
    return { ...header, height: rows.count, data: turned } as AnyFrame;
  };
  return {
    ...mask,
    header,
    buffers: [...mask.buffers, { name: 'mask as stored', bytes: frameBytes(stored) }],
    readRows,
    readAll: (signal) => readRows({ top: 0, count: header.height }, signal),
  };
}
