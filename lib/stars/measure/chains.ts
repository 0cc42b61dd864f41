import { median } from '../../math/median.js';
import type { Place } from '../sky/place.js';
import { densityOf } from './density.js';
import type { Detection } from './detect.js';
import { alongLine, besideLine, brightnessAround, lengthened, lineThrough, onAxis } from './lines.js';
import type { Line } from './lines.js';
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
/** Part of the gaps that must be lit, or of the links that must be alike. */
const LEAST_PART = 0.7;
/** So many links that are less than so many reaches apart, and alike in flux but for a factor, are a chain anyhow. */
const LEAST_EVEN = 7;
const DENSE_GAP = 2;
const EVEN = 2;
/** A star upon a line is brighter than the line's own detections by this factor. */
const STAR_UPON = 4;
/** A line is looked for at most so many of its lengths beyond its ends, before it is fitted anew. */
const GROWTH = 2;
const MOST_ROUNDS = 12;
/** Of more detections the faintest are not looked at. */
const MOST_SEEN = 500;

/** Detections in a row with light between them, in their order. */
type Chain = readonly Detection[];

/**
 * Detections without those along lines of light: trails of satellites, spikes of diffraction, columns that bleed. They
 * stand in a row, and it is light between them.
 * @param found brightest first
 */
export function withoutChains(plane: StarPlane, found: readonly Detection[], profile: StarProfile): Detection[] {
  const chained = new Set(findChains(plane, found, profile).flatMap(links));
  return found.filter((star) => !chained.has(star));
}

/** The lines of light that detections stand in. @param found brightest first */
export function findLines(plane: StarPlane, found: readonly Detection[], profile: StarProfile): Line[] {
  return findChains(plane, found, profile).map((chain) => {
    const places = links(chain);
    return lengthened(plane, onAxis(lineThrough(places), places));
  });
}

function findChains(plane: StarPlane, found: readonly Detection[], profile: StarProfile): Chain[] {
  const seen = found.slice(0, MOST_SEEN);
  const chained = new Set<Detection>();
  const chains: Chain[] = [];
  const isLink = linkTest(plane, profile);
  const longest = LONGEST_GAP * profile.reachPx;
  for (const [index, first] of seen.entries()) {
    for (const second of seen.slice(index + 1)) {
      if (chained.has(first)) break;
      if (chained.has(second) || distanceOf(first, second) > longest) continue;
      const isDense = distanceOf(first, second) < DENSE_GAP * profile.reachPx;
      if (!isDense && !isLink(first, second)) continue;
      const chain = followLine(seen, first, second, longest);
      if (!isLit(chain, isLink) && !isEvenRow(chain, DENSE_GAP * profile.reachPx)) continue;
      chains.push(chain);
      for (const star of links(chain)) chained.add(star);
    }
  }
  return chains;
}

/** Whether there is light between links. */
function isLit(chain: Chain, isLink: (a: Detection, b: Detection) => boolean): boolean {
  const lit = chain.slice(1).filter((star, at) => isLink(chain[at]!, star)).length;
  return chain.length >= LEAST_LINKS && lit >= LEAST_PART * (chain.length - 1);
}

/** Whether so many stand so close and are so alike that they are one line: wide stars would touch, and be lit too. */
function isEvenRow(chain: Chain, gapPx: number): boolean {
  if (chain.length < LEAST_EVEN || distanceOf(chain[0]!, chain.at(-1)!) > gapPx * (chain.length - 1)) return false;
  const usual = median(chain.map(({ flux }) => flux))!;
  const even = chain.filter(({ flux }) => flux < EVEN * usual && flux > usual / EVEN);
  return even.length >= LEAST_PART * chain.length;
}

/** Without stars that happen to lie upon the line. */
function links(chain: Chain): readonly Detection[] {
  const usual = median(chain.map(({ flux }) => flux))!;
  return chain.filter(({ flux }) => flux < STAR_UPON * usual);
}

/** What lies on the line through two places without a large gap, in order: the line grows, and is fitted anew. */
function followLine(seen: readonly Detection[], first: Detection, second: Detection, longestPx: number): Chain {
  let chain: Chain = [first, second];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const line = lineThrough(links(chain).length > 1 ? links(chain) : chain);
    const farPx = GROWTH * Math.max(line.to - line.from, 1);
    const next = rowOn(seen, line, farPx, longestPx);
    if (next.length < 2) break;
    const isSame = next.length === chain.length;
    chain = next;
    if (isSame && round > 0) break;
  }
  return chain;
}

/** Detections on a line, and on what it may grow by, up to the first gap. */
function rowOn(seen: readonly Detection[], line: Line, farPx: number, longestPx: number): Chain {
  const along = (star: Place): number => alongLine(line, star);
  // The direction of two near ones is not known better than this.
  const isOn = (star: Place): boolean => {
    const beyond = Math.max(0, line.from - along(star), along(star) - line.to);
    const off = Math.abs(besideLine(line, star));
    return beyond <= farPx && off < OFF_LINE_PX * (1 + beyond / farPx);
  };
  const row = seen.filter(isOn).sort((a, b) => along(a) - along(b));
  let start = row.findIndex((star) => along(star) >= (line.from + line.to) / 2 - longestPx / 2);
  if (start < 0) return [];
  let end = start;
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

const distanceOf = (a: Place, b: Place): number => Math.hypot(a.x - b.x, a.y - b.y);
