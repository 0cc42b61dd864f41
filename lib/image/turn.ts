import type { Pauses } from '../runtime/pauses.js';
import type { Orientation } from './codec/inspection.js';
import type { AnyFrame } from './frame.js';
import type { RowWindow } from './stored.js';

/** Size of a picture as it is stored, and its samples per pixel. */
interface StoredSize {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Where in the stored picture the first pixel is, and steps to the next pixel and row, all in pixels. */
export interface Path {
  readonly start: number;
  readonly column: number;
  readonly row: number;
}

/** The size of a picture when it is upright: from 5 on, upright rows are stored columns. */
export function uprightSize<S extends { readonly width: number; readonly height: number }>(
  stored: S,
  orientation: Orientation,
): S {
  return orientation >= 5 ? { ...stored, width: stored.height, height: stored.width } : stored;
}

/** Rows of the upright picture (EXIF 2.3, tag 274), copied from all stored samples. */
export async function turnUpright<D extends AnyFrame['data']>(
  samples: D,
  stored: StoredSize,
  orientation: Orientation,
  { top, count }: RowWindow,
  pauses: Pauses,
): Promise<D> {
  const { channels } = stored;
  const { width } = uprightSize(stored, orientation);
  const { start, column, row } = pathOf(stored, orientation);
  const turned = new (samples.constructor as { new (length: number): D })(count * width * channels);
  let to = 0;
  for (let y = top; y < top + count; y += 1) {
    if (pauses.isDue) await pauses.take();
    let from = (start + y * row) * channels;
    for (let x = 0; x < width; x += 1, from += column * channels)
      for (let channel = 0; channel < channels; channel += 1, to += 1) turned[to] = samples[from + channel]!;
  }
  return turned;
}

/** The way through a stored picture along the rows of the upright one. */
export function pathOf({ width, height }: Pick<StoredSize, 'width' | 'height'>, orientation: Orientation): Path {
  const [right, bottom] = [width - 1, (height - 1) * width];
  switch (orientation) {
    case 1:
      return { start: 0, column: 1, row: width };
    case 2:
      return { start: right, column: -1, row: width };
    case 3:
      return { start: bottom + right, column: -1, row: -width };
    case 4:
      return { start: bottom, column: 1, row: -width };
    case 5:
      return { start: 0, column: width, row: 1 };
    case 6:
      return { start: bottom, column: -width, row: 1 };
    case 7:
      return { start: bottom + right, column: -width, row: -1 };
    case 8:
      return { start: right, column: width, row: -1 };
  }
}
