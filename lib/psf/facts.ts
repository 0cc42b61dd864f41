import { resolveCentre } from './psf.js';
import type { PsfWeights } from './psf.js';

/** What a kernel implies, as it was given: before it is centred and its sum divided out. */
export interface KernelFacts {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Of all weights. It is divided out: a kernel of any sum keeps the light of the frame. */
  readonly sum: number;
  /** The pixel that was taken as the centre, from 0 at the top left. */
  readonly centreX: number;
  readonly centreY: number;
  /** The centre of mass, in pixels as the centre. */
  readonly centroidX: number;
  readonly centroidY: number;
  /** How far the blur moves what it blurs, to the right and down; the restoration moves it back. Centroid - centre. */
  readonly shiftX: number;
  readonly shiftY: number;
}

/** Finds out what a kernel implies, which must be a valid one. */
export function describeKernel(weights: PsfWeights): KernelFacts {
  const { width, height, data } = weights;
  const [centreX, centreY] = resolveCentre(weights);
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let index = 0; index < data.length; index += 1) {
    const weight = data[index]!;
    sum += weight;
    // Counted from the centre: what is symmetric around it has a sum of exactly 0.
    sumX += weight * ((index % width) - centreX);
    sumY += weight * (Math.floor(index / width) - centreY);
  }
  const [shiftX, shiftY] = [tidy(sumX / sum), tidy(sumY / sum)];
  const [centroidX, centroidY] = [centreX + shiftX, centreY + shiftY];
  return { widthPx: width, heightPx: height, sum, centreX, centreY, centroidX, centroidY, shiftX, shiftY };
}

/** Without what rounding leaves of none. */
const tidy = (shift: number): number => (Math.abs(shift) < 1e-9 ? 0 : shift);
