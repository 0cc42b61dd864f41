import type { Psf } from '../psf/psf.js';
import { transferMagnitude } from '../psf/transfer.js';
import { isWhole } from '../image/missing/whole.js';
import { rgbBands } from '../image/planes.js';
import { windowOf } from '../image/samples.js';
import { gridCorners, spreadStarts } from '../image/blocks.js';
import type { AnyFrame } from '../image/frame.js';
import type { Scope } from '../runtime/scope.js';
import type { Point } from './chart.js';

/** Side of the blocks; smaller frames have smaller ones. */
const LARGEST_BLOCK = 128;
/** Along each axis; more would make the curves no smoother. */
const MOST_BLOCKS = 12;

/**
 * Mean power of the middle colour over rings of equal frequency, in cycles per pixel, 1 being full scale squared: means
 * of blocks under a Hann window. Empty where samples are clipped or missing everywhere.
 */
export async function measureRadialSpectrum(scope: Scope, frame: AnyFrame, valid: Uint8Array | null): Promise<Point[]> {
  const side = largestBlock(frame);
  const request = {
    window: windowOf(frame, frame.data, rgbBands(frame)[0]?.[1] ?? 0, 0, 0),
    side,
    corners: spreadBlocks(frame, side, valid),
    mostClipped: 0.05,
  };
  const { power, blocks } = await scope.call(
    (binding, ticket) => binding.measurePeriodogram(request, scope.isa, ticket),
    1,
  );
  return blocks === 0 ? [] : meanOverRings(power, side, side / 2 + 1, 0);
}

/** Mean |H| over rings of equal frequency, from 1 at frequency 0. */
export function radialTransfer(psf: Psf): Point[] {
  return [
    [0, 1],
    ...meanOverRings(transferMagnitude(psf, LARGEST_BLOCK), LARGEST_BLOCK, LARGEST_BLOCK, LARGEST_BLOCK / 2),
  ];
}

/** A power of two, at most the frame's smaller side. */
function largestBlock({ width, height }: AnyFrame): number {
  return Math.min(LARGEST_BLOCK, 2 ** Math.floor(Math.log2(Math.min(width, height))));
}

function spreadBlocks({ width, height }: AnyFrame, side: number, valid: Uint8Array | null): Uint32Array {
  const along = (length: number): number[] => {
    return spreadStarts(length, side, Math.min(MOST_BLOCKS, Math.floor((2 * length) / side) - 1));
  };
  const corners = gridCorners(along(width), along(height));
  return Uint32Array.from(
    corners.filter(([left, top]) => isWhole(valid, width, { left, top, width: side, height: side })).flat(),
  );
}

/**
 * @param values `side` rows of `columns`, rows in the order of a transform or, with `centre`, from the lowest frequency
 * up
 * @param centre row and column of frequency 0
 */
function meanOverRings(values: Float64Array, side: number, columns: number, centre: number): Point[] {
  const rings = side / 2;
  const [sums, counts] = [new Float64Array(rings + 1), new Float64Array(rings + 1)];
  values.forEach((value, index) => {
    const row = Math.floor(index / columns) - centre;
    const ring = Math.round(Math.hypot(row > rings ? row - side : row, (index % columns) - centre));
    if (ring > rings) return;
    sums[ring]! += value;
    counts[ring]! += 1;
  });
  return Array.from(
    { length: rings },
    (_, index) => [(index + 1) / side, sums[index + 1]! / counts[index + 1]!] as const,
  );
}
