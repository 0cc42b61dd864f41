import type { NoiseMap } from '../../runtime/native/binding.js';
import type { Place } from '../sky/place.js';
import type { StarPlane } from './plane.js';

/** The same noise everywhere. */
export const EVEN_NOISE: NoiseMap = { columns: 1, rows: 1, parts: Float32Array.of(1) };

/** Standard deviation of the sky at a place. */
export function sigmaAt({ noise, sigma, width, height }: StarPlane, { x, y }: Place): number {
  const { columns, rows, parts } = noise;
  return sigma * parts[blockOf(y, rows, height) * columns + blockOf(x, columns, width)]!;
}

/** The sky around a place, as that of a part of the plane. */
export function noiseAround(plane: StarPlane, place: Place): NoiseMap {
  return { columns: 1, rows: 1, parts: Float32Array.of(sigmaAt(plane, place) / plane.sigma) };
}

const blockOf = (place: number, count: number, size: number): number =>
  Math.min(count - 1, Math.max(0, Math.floor((place * count) / size)));
