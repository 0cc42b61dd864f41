import type { Pauses } from '../../runtime/pauses.js';
import type { AnyFrame } from '../frame.js';
import { hasAlpha } from '../frame.js';
import { colourPlanes } from '../planes.js';

/**
 * Floats beyond this are no light, whatever their unit: squares of sums of them would overflow. Programs write the
 * largest float where nothing was measured.
 */
export const MOST_LIGHT = 1e30;
/** Floats beyond this many times white are no light either. */
export const MOST_WHITES = 1e6;

/** Pixels that are there, and how many are not. */
export interface ValidPixels {
  /** One byte per pixel, 0 where it is missing; null: none is. */
  readonly valid: Uint8Array | null;
  readonly missingPixels: number;
}

/** What tells that a pixel is missing, besides samples that are no numbers and alpha 0. */
export interface MissingSigns {
  /** Value of samples that are not there; null: no value. NaN needs not be told. */
  readonly nodata: number | null;
  /** Floats beyond this, or below the same with a minus, are no light. */
  readonly mostLight: number;
  /** One byte per pixel each, 0 where it is missing. */
  readonly planes: readonly Uint8Array[];
}

/** Whether pixels of such a frame may be missing. */
export function mayMiss(
  frame: Pick<AnyFrame, 'channels' | 'depth' | 'alpha'>,
  { nodata, planes }: Pick<MissingSigns, 'nodata' | 'planes'>,
): boolean {
  return frame.depth === 32 || hasAlpha(frame) || nodata !== null || planes.length > 0;
}

/** Finds the pixels that are there. @param valid memory for what is found; none where no pixel may be missing */
export async function findValid(
  frame: AnyFrame,
  signs: MissingSigns,
  pauses: Pauses,
  valid: Uint8Array,
): Promise<ValidPixels> {
  if (valid.length === 0) return { valid: null, missingPixels: 0 };
  const { width, height } = frame;
  const tests = testsOf(frame, signs);
  let missingPixels = 0;
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    valid.fill(1, row * width, (row + 1) * width);
    for (const test of tests) test(valid, row * width, (row + 1) * width);
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) missingPixels += 1 - valid[pixel]!;
  }
  return { valid: missingPixels > 0 ? valid : null, missingPixels };
}

/** Clears pixels from the first to before the last that are missing. */
type RowTest = (valid: Uint8Array, first: number, end: number) => void;

function testsOf(frame: AnyFrame, { nodata, mostLight, planes }: MissingSigns): RowTest[] {
  const tests: RowTest[] = planes.map((plane) => (valid, first, end) => {
    for (let pixel = first; pixel < end; pixel += 1) if (plane[pixel] === 0) valid[pixel] = 0;
  });
  const { data, channels, depth } = frame;
  const clearWhere = (isMissing: (sample: number) => boolean, from: number, to: number): RowTest => {
    return (valid, first, end) => {
      for (let pixel = first; pixel < end; pixel += 1) {
        for (let channel = from; channel < to; channel += 1)
          if (isMissing(data[pixel * channels + channel]!)) valid[pixel] = 0;
      }
    };
  };
  const bands = colourPlanes(frame);
  if (nodata !== null) tests.push(clearWhere((sample) => sample === nodata, 0, bands));
  if (depth === 32) tests.push(clearWhere((sample) => !(Math.abs(sample) <= mostLight), 0, channels));
  if (hasAlpha(frame)) tests.push(clearWhere((sample) => sample === 0, bands, channels));
  return tests;
}
