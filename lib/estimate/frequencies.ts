import type { Frequencies } from '../runtime/native/binding.js';
import { CELL } from './motion/spectrum-plane.js';
import type { SpectrumPlane } from './motion/spectrum-plane.js';

/** Variance of Hann's window along each axis, in bins squared. */
const WINDOW_SPREAD = 1 / 3;
/** Variance of a ring that is one bin wide, and of a cell along an axis, in bins squared. */
const RING_SPREAD = 1 / 12;
const CELL_SPREAD = (CELL ** 2 - 1) / 12;

/**
 * Where the outer ones of Gauss and Hermite's three points are, in cycles per pixel.
 * @param spread of a bin's neighbourhood, in bins squared
 */
const reachOf = (side: number, spread: number): number => Math.sqrt(3 * (WINDOW_SPREAD + spread)) / side;

/** @param side of the blocks, in pixels */
export function ringFrequencies(rho: Float64Array, side: number): Frequencies {
  return { rho, x: new Float64Array(0), y: new Float64Array(0), reach: reachOf(side, RING_SPREAD) };
}

export function cellFrequencies({ rho, x, y, side }: SpectrumPlane): Frequencies {
  return { rho, x, y, reach: reachOf(side, CELL_SPREAD) };
}
