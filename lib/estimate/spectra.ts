import type { FrameSource } from '../image/source.js';
import type { Periodogram } from '../runtime/native/binding.js';
import { LEAST_SIDE, isLargeEnough, joinSpectra, layOutBlocks, measureCells } from './block-grid.js';
import type { BlockGrid } from './block-grid.js';
import { findJpegNoise } from './jpeg/jpeg-noise.js';
import { luminanceOf } from '../image/luminance.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { RadiusFinder } from './radius.js';
import { drawCurves } from './rings.js';
import type { Curves } from './rings.js';

/** A frame's luminance as power spectra, which every blur from one frame is told by. */
export interface FrameSpectra {
  readonly grid: BlockGrid;
  readonly cells: readonly Periodogram[];
  /** The mean over all cells. */
  readonly whole: Periodogram;
  /** The curves drawn from `whole`. */
  readonly curves: Curves;
  readonly isJpeg: boolean;
  readonly finder: RadiusFinder;
}

/** Measures them, or says in words why they could not be used. */
export async function measureSpectra(
  scope: Scope,
  { frame, isJpeg: isFromJpeg, valid }: FrameSource,
): Promise<FrameSpectra | string> {
  if (!isLargeEnough(frame))
    return `${frame.width}x${frame.height} pixels are too few: each side must be at least ${LEAST_SIDE}`;
  const grid = layOutBlocks(frame, valid);
  const cells = await measureCells(scope, await luminanceOf(frame, new Pauses(scope.signal)), 0, grid);
  const whole = joinSpectra(cells);
  const { side } = grid;
  // What was compressed has the traces of it in whatever file it is now.
  const isJpeg = isFromJpeg || findJpegNoise(frame) !== null;
  return (
    unfit(whole, side, valid !== null) ?? {
      grid,
      cells,
      whole,
      curves: drawCurves(whole.power, side, isJpeg),
      isJpeg,
      finder: new RadiusFinder(scope, side),
    }
  );
}

/** Why no spectrum can be fitted, or null. */
function unfit({ power, blocks }: Periodogram, side: number, isMasked: boolean): string | null {
  if (blocks === 0) {
    const missing = isMasked ? 'has missing pixels, or ' : '';
    return `every block of ${side}x${side} pixels ${missing}is saturated or black in places`;
  }
  return power.reduce((largest, value) => Math.max(largest, value), 0) < 1e-9
    ? 'it is flat: there is nothing in it that could be blurred'
    : null;
}
