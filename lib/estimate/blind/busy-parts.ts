import { isWhole } from '../../image/missing/whole.js';
import type { Plane } from '../../image/planes.js';
import type { Pauses } from '../../runtime/pauses.js';

/** Sides of the parts, larger first: more edges tell more. */
const SIDES: readonly number[] = [384, 256, 192];
export const LEAST_TILE = SIDES.at(-1)!;
/** Parts with a larger share of samples at 0 or full scale have lost what the kernel did to them. */
const MOST_CLIPPED = 0.02;
/** The range of brightness that counts: without this share of the darkest and of the brightest pixels. */
const OUTLIERS = 0.01;
/** A range below this, 1 being full scale, is flat. */
const LEAST_RANGE = 0.01;

/** A square part of a frame; its data in parts of its range of brightness. */
export interface Tile {
  readonly side: number;
  readonly data: Float32Array;
}

/**
 * The two parts that lie apart and have the most edges, or fewer where others are clipped, flat or missing; null where
 * two do not fit in.
 * @param valid one byte per pixel, 0 where it is missing; null: none is
 */
export async function pickTiles(plane: Plane, valid: Uint8Array | null, pauses: Pauses): Promise<Tile[] | null> {
  const sides = SIDES.filter((side) => Math.floor(plane.width / side) * Math.floor(plane.height / side) >= 2);
  let tiles: Tile[] | null = null;
  for (const side of sides) {
    tiles = await pickOfSide(plane, valid, side, pauses);
    // Smaller ones find more room among missing pixels.
    if (tiles.length === 2 || !valid) break;
  }
  return tiles;
}

async function pickOfSide(plane: Plane, valid: Uint8Array | null, side: number, pauses: Pauses): Promise<Tile[]> {
  const [columns, rows] = [Math.floor(plane.width / side), Math.floor(plane.height / side)];
  const ranked: { readonly left: number; readonly top: number; readonly energy: number }[] = [];
  for (let cell = 0; cell < columns * rows; cell += 1) {
    if (pauses.isDue) await pauses.take();
    const [left, top] = [
      placeOf(cell % columns, columns, side, plane.width),
      placeOf(Math.floor(cell / columns), rows, side, plane.height),
    ];
    const isThere = isWhole(valid, plane.width, { left, top, width: side, height: side });
    if (isThere) ranked.push({ left, top, energy: edgeEnergy(plane, left, top, side) });
  }
  const tiles: Tile[] = [];
  for (const { left, top } of ranked.filter(({ energy }) => energy > 0).sort((a, b) => b.energy - a.energy)) {
    if (pauses.isDue) await pauses.take();
    const tile = cut(plane, left, top, side);
    if (tile !== null) tiles.push(tile);
    if (tiles.length === 2) break;
  }
  return tiles;
}

/** Spread evenly from one end to the other. */
function placeOf(index: number, count: number, side: number, length: number): number {
  return count === 1 ? Math.floor((length - side) / 2) : Math.floor((index * (length - side)) / (count - 1));
}

/** The sum of squared differences between neighbours; 0 where too much is clipped or anything is no number. */
function edgeEnergy({ width, data }: Plane, left: number, top: number, side: number): number {
  let [energy, clipped] = [0, 0];
  for (let y = top; y < top + side - 1; y += 1) {
    for (let pixel = y * width + left; pixel < y * width + left + side - 1; pixel += 1) {
      const value = data[pixel]!;
      clipped += value <= 0 || value >= 1 ? 1 : 0;
      energy += (data[pixel + 1]! - value) ** 2 + (data[pixel + width]! - value) ** 2;
    }
  }
  return clipped <= MOST_CLIPPED * side * side && Number.isFinite(energy) ? energy : 0;
}

function cut({ width, data }: Plane, left: number, top: number, side: number): Tile | null {
  const values = Float32Array.from(
    { length: side * side },
    (_, pixel) => data[(top + Math.floor(pixel / side)) * width + left + (pixel % side)]!,
  );
  const sorted = values.slice().sort();
  const range = sorted[Math.floor((1 - OUTLIERS) * sorted.length)]! - sorted[Math.floor(OUTLIERS * sorted.length)]!;
  return range >= LEAST_RANGE ? { side, data: values.map((value) => value / range) } : null;
}
