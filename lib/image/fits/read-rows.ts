import type { ReadBytes } from '../../files/byte-source.js';
import { allocateSamples } from '../frame.js';
import type { AnyFrame, AnyFrameSize } from '../frame.js';
import type { RowWindow } from '../stored.js';
import { readChunks } from './chunks.js';
import type { FitsChunk } from './chunks.js';
import type { FitsPage } from './pages.js';
import { toValue } from './values.js';
import type { FitsValues } from './values.js';

/** What the numbers of a page mean. */
export interface StoredNumbers {
  readonly values: FitsValues;
  /** The sample that stands for a missing one; null: none. */
  readonly nodata: number | null;
}

/** Reads some rows of a page, interleaved. Rejects with the signal's reason. @param size of the whole page */
export async function readRows(
  read: ReadBytes,
  page: FitsPage,
  stored: StoredNumbers,
  size: AnyFrameSize,
  rows: RowWindow,
  signal: AbortSignal,
): Promise<AnyFrame['data']> {
  const { width, channels, depth } = size;
  const count = width * rows.count * channels;
  const samples = allocateSamples(count, depth);
  for await (const chunk of readChunks(read, page, stored.values.bitpix, rows, signal))
    placeSamples(chunk, stored, samples, channels);
  return samples;
}

/** Puts the values of a chunk where they belong. What was missing in integers is NaN where no sample stands for it. */
function placeSamples(
  { band, first, numbers }: FitsChunk,
  { values, nodata }: StoredNumbers,
  samples: AnyFrame['data'],
  channels: number,
): void {
  const missing = samples instanceof Float32Array && nodata === null ? values.blank : null;
  for (let index = 0, at = first * channels + band; index < numbers.length; index += 1, at += channels) {
    const number = numbers[index]!;
    samples[at] = Number(number) === missing ? NaN : toValue(number, values);
  }
}
