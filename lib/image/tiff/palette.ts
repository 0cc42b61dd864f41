import type { Directory } from './directory.js';
import { parseNodata, readNodataText } from './nodata.js';
import { openMask } from './open-samples.js';
import type { OpenSamples } from './open-samples.js';
import type { TiffRows } from './rows.js';
import { TAG } from './tags.js';

/** The number of the colour that stands for missing pixels, and what reads the numbers of all. */
export interface MissingColour {
  readonly numbers: OpenSamples;
  readonly missing: number;
}

/** The colour that the nodata value of a palette means; null: none, or numbers of less than a byte. */
export async function openMissingColour(directory: Directory): Promise<MissingColour | null> {
  const { value } = parseNodata(await readNodataText(directory), 'uint8');
  if (value === null || (await directory.value(TAG.bits, 1)) !== 8) return null;
  return { numbers: await openMask(directory), missing: value };
}

/** A mask that is 0 where the number of the colour is the one that stands for missing pixels. */
export function maskOfNumber(numbers: TiffRows<Uint8Array>, missing: number): TiffRows<Uint8Array> {
  const readRows: typeof numbers.readRows = async (top, count, signal) => {
    const rows = await numbers.readRows(top, count, signal);
    for (let at = 0; at < rows.length; at += 1) rows[at] = rows[at] === missing ? 0 : 255;
    return rows;
  };
  return { ...numbers, readRows };
}
