import type { AnyFrame } from '../../image/frame.js';
import type { SourceFrame } from '../../image/source.js';
import type { Pauses } from '../../runtime/pauses.js';
import { fadeWeight } from './windows.js';

/** Some rows of a frame, in the same memory. */
export function rowsOf<S extends AnyFrame['data']>(data: S, rowSamples: number, top: number, count: number): S {
  return data.subarray(top * rowSamples, (top + count) * rowSamples) as S;
}

/** Some rows of what was read, in the same memory. */
export function cutSource(source: SourceFrame, top: number, count: number): SourceFrame {
  const { frame, valid, mask } = source;
  const data = rowsOf(frame.data, frame.width * frame.channels, top, count);
  const part = valid && rowsOf(valid, frame.width, top, count);
  let missingPixels = 0;
  if (part) for (const pixel of part) missingPixels += pixel === 0 ? 1 : 0;
  const ownMask = mask && rowsOf(mask, frame.width, top, count);
  return { ...source, frame: { ...frame, height: count, data } as AnyFrame, valid: part, missingPixels, mask: ownMask };
}

/**
 * Lets the first rows of a window pass from those of the window before into its own.
 * @param before the same rows, as the window before has restored them
 */
export async function fadeRows(
  before: AnyFrame['data'],
  rows: AnyFrame['data'],
  rowSamples: number,
  pauses: Pauses,
): Promise<void> {
  const fade = before.length / rowSamples;
  const isWhole = !(rows instanceof Float32Array);
  for (let row = 0; row < fade; row += 1) {
    if (pauses.isDue) await pauses.take();
    const weight = fadeWeight(row, fade);
    for (let at = row * rowSamples; at < (row + 1) * rowSamples; at += 1) {
      const mixed = before[at]! + weight * (rows[at]! - before[at]!);
      rows[at] = isWhole ? Math.round(mixed) : mixed;
    }
  }
}
