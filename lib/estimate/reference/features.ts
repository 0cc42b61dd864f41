import type { Pauses } from '../../runtime/pauses.js';
import { buildPyramid, smooth } from './levels.js';
import type { Level } from './levels.js';
import type { Plane } from '../../image/planes.js';

/**
 * Standard deviations, in pixels of a level: of what gradients are taken from, of the mean of their products, and of
 * what is described.
 */
const [GRADIENT_SIGMA, WINDOW_SIGMA, PATCH_SIGMA] = [1, 1.5, 2.5];
/** One corner at most is taken from a square of so many pixels, and so many from a level, the strongest. */
const CELL = 8;
const MOST_CORNERS = 400;
/** A patch is described by so many samples a side, so many pixels apart. */
const [SIDE, SPACING] = [8, 5];
/** Pixels between a corner and the edge of a level: its patch is inside, however it is turned. */
const MARGIN = Math.ceil((SIDE / 2) * SPACING * Math.SQRT2) + 1;
/** Half the distance over which the direction of a corner is measured, in pixels. */
const REACH = 2;

/** Numbers of a descriptor. */
export const DESCRIPTOR = SIDE ** 2;

/** Corners of a picture, in its pixels, with what is about them, turned to their direction. */
export interface Features {
  readonly count: number;
  /** x and y of every corner. */
  readonly places: Float32Array;
  /** Size of a pixel of the level where it was found. */
  readonly scales: Float32Array;
  /** {@link DESCRIPTOR} numbers of mean 0 and length 1 for each. */
  readonly descriptors: Float32Array;
}

/**
 * Multi-scale oriented patches (Brown, Szeliski and Winder 2005): coarse levels see through a blur that fine ones show.
 */
export async function findFeatures(picture: Plane, pauses: Pauses): Promise<Features> {
  const found: { readonly x: number; readonly y: number; readonly scale: number; readonly descriptor: Float32Array }[] =
    [];
  for (const level of await buildPyramid(picture, 2 * MARGIN + CELL, pauses)) {
    const patches = await smooth(level.plane, PATCH_SIGMA, pauses);
    for (const [x, y] of await findCorners(level, pauses)) {
      const descriptor = describe(patches, x, y);
      if (descriptor)
        found.push({
          x: (x + 0.5) * level.scale - 0.5,
          y: (y + 0.5) * level.scale - 0.5,
          scale: level.scale,
          descriptor,
        });
    }
  }
  const descriptors = new Float32Array(found.length * DESCRIPTOR);
  found.forEach(({ descriptor }, index) => {
    descriptors.set(descriptor, index * DESCRIPTOR);
  });
  return {
    count: found.length,
    places: Float32Array.from(found.flatMap(({ x, y }) => [x, y])),
    scales: Float32Array.from(found, ({ scale }) => scale),
    descriptors,
  };
}

/** The strongest maxima of the cornerness, spread over the level. */
async function findCorners({ plane }: Level, pauses: Pauses): Promise<(readonly [number, number])[]> {
  const { width, height, data } = await measureCorners(plane, pauses);
  const best: { readonly at: number; readonly value: number }[] = [];
  for (let top = MARGIN; top < height - MARGIN; top += CELL) {
    for (let left = MARGIN; left < width - MARGIN; left += CELL) {
      let at = -1;
      for (let y = top; y < Math.min(top + CELL, height - MARGIN); y += 1) {
        for (let x = left; x < Math.min(left + CELL, width - MARGIN); x += 1)
          if (at < 0 || data[y * width + x]! > data[at]!) at = y * width + x;
      }
      const value = data[at]!;
      const isPeak = [-1, 1, -width, width, -width - 1, 1 - width, width - 1, width + 1].every(
        (step) => data[at + step]! <= value,
      );
      if (value > 0 && isPeak) best.push({ at, value });
    }
  }
  return best
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST_CORNERS)
    .map(({ at }) => [at % width, Math.floor(at / width)] as const);
}

/** Harmonic mean of the eigenvalues of the mean product of gradients: large where they point in all directions. */
async function measureCorners(plane: Plane, pauses: Pauses): Promise<Plane> {
  const { width, height, data } = await smooth(plane, GRADIENT_SIGMA, pauses);
  const [xx, xy, yy] = [0, 1, 2].map(() => new Float32Array(data.length)) as [Float32Array, Float32Array, Float32Array];
  for (let y = 1; y < height - 1; y += 1) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at += 1) {
      const [gx, gy] = [data[at + 1]! - data[at - 1]!, data[at + width]! - data[at - width]!];
      [xx[at], xy[at], yy[at]] = [gx * gx, gx * gy, gy * gy];
    }
  }
  const smoothed: Float32Array[] = [];
  for (const product of [xx, xy, yy])
    smoothed.push((await smooth({ width, height, data: product }, WINDOW_SIGMA, pauses)).data);
  const [a, b, c] = smoothed as [Float32Array, Float32Array, Float32Array];
  return { width, height, data: a.map((value, at) => (value * c[at]! - b[at]! ** 2) / (value + c[at]! + 1e-12)) };
}

/** Samples about a corner along its direction, of mean 0 and length 1. Null where nothing varies. */
function describe({ width, data }: Plane, x: number, y: number): Float32Array | null {
  const at = y * width + x;
  const [gx, gy] = [data[at + REACH]! - data[at - REACH]!, data[at + REACH * width]! - data[at - REACH * width]!];
  const slope = Math.hypot(gx, gy);
  if (!(slope > 0)) return null;
  const [cos, sin] = [gx / slope, gy / slope];
  const samples = new Float32Array(DESCRIPTOR);
  for (let sample = 0; sample < DESCRIPTOR; sample += 1) {
    const [u, v] = [
      ((sample % SIDE) - (SIDE - 1) / 2) * SPACING,
      (Math.floor(sample / SIDE) - (SIDE - 1) / 2) * SPACING,
    ];
    samples[sample] = sampleAt(data, width, x + cos * u - sin * v, y + sin * u + cos * v);
  }
  const mean = samples.reduce((sum, value) => sum + value, 0) / DESCRIPTOR;
  const length = Math.sqrt(samples.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return length > 0 ? samples.map((value) => (value - mean) / length) : null;
}

/** Between four pixels. */
function sampleAt(data: Float32Array, width: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [s, t] = [x - left, y - top];
  const at = top * width + left;
  return (
    (1 - t) * ((1 - s) * data[at]! + s * data[at + 1]!) + t * ((1 - s) * data[at + width]! + s * data[at + width + 1]!)
  );
}
