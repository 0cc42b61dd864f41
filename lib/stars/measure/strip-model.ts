import { choleskySolve } from '../../math/cholesky.js';
import { median } from '../../math/median.js';

/** What a few pixels of a line are, along it and beside it. */
export interface StripPixel {
  readonly pixel: number;
  /** From the middle of the part, in parts of its half length. */
  readonly t: number;
  /** From the middle of the lane, in halves of its width. */
  readonly d: number;
  readonly value: number;
}

/** The light of a line in a part of it: a quadratic along it and beside it, and how far pixels are from that. */
export interface StripModel {
  readonly at: (t: number, d: number) => number;
  readonly deviation: number;
}

const TERMS = 5;
const PASSES = 7;
/** Passes that first take the sum of absolute deviations: stars upon the line are outliers. */
const ABSOLUTE_PASSES = 4;
/** Deviations beyond so many of their median count nothing (Tukey's biweight). */
const TUKEY = 4.685;
/** Median of |normal| to standard deviations. */
const DEVIATIONS = 1.4826;
/** Of a term that the pixels do not determine. */
const RIDGE = 1e-3;
const LEAST_PIXELS = 8;

/**
 * Fits the pixels of a part, stars upon it left out; null where they are too few. @param least deviation that counts
 */
export function fitStrip(pixels: readonly StripPixel[], least: number): StripModel | null {
  if (pixels.length < LEAST_PIXELS) return null;
  let model: Float64Array = Float64Array.of(median(pixels.map(({ value }) => value))!, 0, 0, 0, 0);
  let deviation = least;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const off = pixels.map((pixel) => Math.abs(pixel.value - lightAt(model, pixel.t, pixel.d)));
    deviation = Math.max(least, DEVIATIONS * median(off)!);
    const weights = off.map((value) => weightOf(value / deviation, pass < ABSOLUTE_PASSES));
    model = solve(pixels, weights);
  }
  return { at: (t, d) => lightAt(model, t, d), deviation };
}

const termsOf = (t: number, d: number): readonly number[] => [1, t, t * t, d, d * d];

function lightAt(model: Float64Array, t: number, d: number): number {
  return model[0]! + t * (model[1]! + t * model[2]!) + d * (model[3]! + d * model[4]!);
}

function weightOf(deviations: number, isAbsolute: boolean): number {
  if (isAbsolute) return 1 / Math.max(1, deviations);
  return deviations < TUKEY ? (1 - (deviations / TUKEY) ** 2) ** 2 : 0;
}

function solve(pixels: readonly StripPixel[], weights: readonly number[]): Float64Array {
  const [matrix, right] = [new Float64Array(TERMS * TERMS), new Float64Array(TERMS)];
  for (const [index, { t, d, value }] of pixels.entries()) {
    const terms = termsOf(t, d);
    for (let i = 0; i < TERMS; i += 1) {
      const weighted = weights[index]! * terms[i]!;
      right[i]! += weighted * value;
      for (let j = 0; j < TERMS; j += 1) matrix[i * TERMS + j]! += weighted * terms[j]!;
    }
  }
  for (let i = 1; i < TERMS; i += 1) matrix[i * TERMS + i]! += RIDGE * matrix[0]!;
  matrix[0]! *= 1 + 1e-12;
  return choleskySolve(matrix, right);
}
