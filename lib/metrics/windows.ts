import type { Pauses } from '../runtime/pauses.js';

/** Places in rows, 1 where all pixels that a place stands for are there, else 0. */
export interface Places {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Those of `side` x `side` pixels each, by their first pixels: as many as lie in the plane. */
export async function wholeSquares(plane: Places, side: number, pauses: Pauses): Promise<Places> {
  const { width, height } = plane;
  const columns = width - side + 1;
  const along = { width: columns, height, data: new Uint8Array(columns * height) };
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    let missing = -1;
    for (let x = 0; x < width; x += 1) {
      if (plane.data[row * width + x] === 0) missing = x;
      const first = x - side + 1;
      if (first > missing) along.data[row * columns + first] = 1;
    }
  }
  return holdRows(along, side, pauses);
}

/** The places under each other that are all 1, `side` of them, in place. */
async function holdRows({ width, height, data }: Places, side: number, pauses: Pauses): Promise<Places> {
  const rows = height - side + 1;
  const missing = new Int32Array(width).fill(-1);
  for (let y = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    const first = y - side + 1;
    for (let x = 0; x < width; x += 1) {
      if (data[y * width + x] === 0) missing[x] = y;
      // Rows that are written were read.
      if (first >= 0) data[first * width + x] = first > missing[x]! ? 1 : 0;
    }
  }
  return { width, height: rows, data: data.subarray(0, width * rows) };
}

/** Squares of `pool` x `pool` pixels; what fills none at the right and bottom is left out. */
export function poolPlaces(plane: Places, pool: number, pauses: Pauses): Promise<Places> {
  return reducePlaces(plane, pool, Math.floor, pauses);
}

/** Squares of 2x2 places, those of the last column and row of an odd number too. */
export function halvePlaces(plane: Places, pauses: Pauses): Promise<Places> {
  return reducePlaces(plane, 2, Math.ceil, pauses);
}

async function reducePlaces(
  { width, height, data }: Places,
  side: number,
  round: (value: number) => number,
  pauses: Pauses,
): Promise<Places> {
  if (side === 1) return { width, height, data };
  const [columns, rows] = [round(width / side), round(height / side)];
  const reduced = new Uint8Array(columns * rows).fill(1);
  for (let y = 0; y < Math.min(height, rows * side); y += 1) {
    if (pauses.isDue) await pauses.take();
    const row = Math.floor(y / side) * columns;
    for (let x = 0; x < Math.min(width, columns * side); x += 1) {
      if (data[y * width + x] === 0) reduced[row + Math.floor(x / side)] = 0;
    }
  }
  return { width: columns, height: rows, data: reduced };
}
