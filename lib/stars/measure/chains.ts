import type { Place } from '../sky/place.js';
import { densityOf } from './density.js';
import type { Detection } from './detect.js';
import { sigmaAt } from './noise-map.js';
import type { StarPlane } from './plane.js';
import type { StarProfile } from './profile.js';

/** Detections in a row that make a chain, and how far they may be off its line in pixels. */
const LEAST_LINKS = 4;
const OFF_LINE_PX = 1.5;
/** Links are not further apart than so many of the profile's reaches. */
const LONGEST_GAP = 4;
/** Between links there is more light than stars would have there by this factor, and by so many deviations of noise. */
const BRIGHTER = 2;
const CLEARLY = 2;
/** Part of the gaps that must be lit. */
const LEAST_LIT = 0.7;
/** A star upon a line is brighter than the line's own detections by this factor. */
const STAR_UPON = 4;
/** Of more detections the faintest are not looked at. */
const MOST_SEEN = 500;

/**
 * Detections without those along lines of light: trails of satellites, spikes of diffraction, columns that bleed. They
 * stand in a row, and it is light between them.
 * @param found brightest first
 */
export function withoutChains(plane: StarPlane, found: readonly Detection[], profile: StarProfile): Detection[] {
  const seen = found.slice(0, MOST_SEEN);
  const chained = new Set<Detection>();
  const isLink = linkTest(plane, profile);
  const longest = LONGEST_GAP * profile.reachPx;
  for (const [index, first] of seen.entries()) {
    if (chained.has(first)) continue;
    for (const second of seen.slice(index + 1)) {
      if (distanceOf(first, second) > longest || !isLink(first, second)) continue;
      const chain = followLine(seen, first, second, longest);
      if (chain.length < LEAST_LINKS) continue;
      const lit = chain.slice(1).filter((star, at) => isLink(chain[at]!, star)).length;
      if (lit >= LEAST_LIT * (chain.length - 1)) for (const star of links(chain)) chained.add(star);
    }
  }
  return found.filter((star) => !chained.has(star));
}

/** Without stars that happen to lie upon the line. */
function links(chain: readonly Detection[]): Detection[] {
  const fluxes = chain.map(({ flux }) => flux).sort((a, b) => a - b);
  const usual = fluxes[fluxes.length >> 1]!;
  return chain.filter(({ flux }) => flux < STAR_UPON * usual);
}

/** What lies on the line through two places without a large gap, in order. */
function followLine(
  seen: readonly Detection[],
  first: Detection,
  second: Detection,
  longestPx: number,
): readonly Detection[] {
  const length = distanceOf(first, second);
  const [ux, uy] = [(second.x - first.x) / length, (second.y - first.y) / length];
  const along = (star: Place): number => (star.x - first.x) * ux + (star.y - first.y) * uy;
  // The direction of two near ones is not known better than this.
  const isOn = (star: Place): boolean => {
    const off = Math.abs((star.y - first.y) * ux - (star.x - first.x) * uy);
    return off < OFF_LINE_PX * (1 + Math.abs(along(star)) / (4 * length));
  };
  const row = seen.filter(isOn).sort((a, b) => along(a) - along(b));
  const at = row.indexOf(first);
  let [start, end] = [at, at];
  while (start > 0 && along(row[start]!) - along(row[start - 1]!) < longestPx) start -= 1;
  while (end + 1 < row.length && along(row[end + 1]!) - along(row[end]!) < longestPx) end += 1;
  return row.slice(start, end + 1);
}

/** Whether it is lighter half-way between two detections than both would make it as stars. */
function linkTest(plane: StarPlane, profile: StarProfile): (a: Detection, b: Detection) => boolean {
  const density = densityOf(profile);
  return (a, b) => {
    const middle = { x: Math.round((a.x + b.x) / 2), y: Math.round((a.y + b.y) / 2) };
    const expected = [a, b].reduce((sum, star) => sum + star.flux * density(middle.x - star.x, middle.y - star.y), 0);
    const seen = brightnessAround(plane, middle);
    return seen > BRIGHTER * Math.max(0, expected) + CLEARLY * (sigmaAt(plane, middle) / 3);
  };
}

/** Mean of 3x3 pixels. */
function brightnessAround({ data, width, height }: StarPlane, { x, y }: Place): number {
  let [sum, count] = [0, 0];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row += 1) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column += 1) {
      sum += data[row * width + column]!;
      count += 1;
    }
  }
  return sum / Math.max(1, count);
}

const distanceOf = (a: Place, b: Place): number => Math.hypot(a.x - b.x, a.y - b.y);
