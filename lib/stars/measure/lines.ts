import { median } from '../../math/median.js';
import type { Place } from '../sky/place.js';
import type { StarPlane } from './plane.js';

/** A straight line of light: a point on it, its direction, and where it begins and ends along that, in pixels. */
export interface Line extends Place {
  readonly ux: number;
  readonly uy: number;
  readonly from: number;
  readonly to: number;
}

/** Lines this close to a row or a column over all their length are that row or column: there charge bleeds. */
const ON_AXIS_PX = 1;
/** A line ends where it is no brighter than so many deviations over some pixels. */
const DARK = 2;
const GAP_PX = 6;

/** How far along a line a place is. */
export const alongLine = ({ x, y, ux, uy }: Line, place: Place): number => (place.x - x) * ux + (place.y - y) * uy;

/** How far beside it, to the left of its direction. */
export const besideLine = ({ x, y, ux, uy }: Line, place: Place): number => (place.y - y) * ux - (place.x - x) * uy;

/** The line through places by least squares of their distances; through two at least. */
export function lineThrough(places: readonly Place[]): Line {
  const x = meanOf(places.map((place) => place.x));
  const y = meanOf(places.map((place) => place.y));
  const [xx, yy, xy] = places.reduce<[number, number, number]>(
    ([a, b, c], place) => [a + (place.x - x) ** 2, b + (place.y - y) ** 2, c + (place.x - x) * (place.y - y)],
    [0, 0, 0],
  );
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return spanning({ x, y, ux: Math.cos(angle), uy: Math.sin(angle), from: 0, to: 0 }, places);
}

/** The row or column that a line through places is, if it is one. */
export function onAxis(line: Line, places: readonly Place[]): Line {
  for (const axis of ['x', 'y'] as const) {
    const middle = median(places.map((place) => place[axis]))!;
    if (places.some((place) => Math.abs(place[axis] - middle) > ON_AXIS_PX)) continue;
    const [ux, uy] = axis === 'x' ? [0, 1] : [1, 0];
    return spanning({ ...line, [axis]: Math.round(middle), ux, uy }, places);
  }
  return line;
}

function spanning(line: Line, places: readonly Place[]): Line {
  const along = places.map((place) => alongLine(line, place));
  return { ...line, from: Math.min(...along), to: Math.max(...along) };
}

/** The line as far as it is lit. */
export function lengthened(plane: StarPlane, line: Line): Line {
  return { ...line, from: -endOf(plane, line, -1, -line.from), to: endOf(plane, line, 1, line.to) };
}

function endOf(plane: StarPlane, { x, y, ux, uy }: Line, side: 1 | -1, start: number): number {
  let end = start;
  for (let at = start; at - end < GAP_PX; at += 1) {
    const place = { x: Math.round(x + side * at * ux), y: Math.round(y + side * at * uy) };
    if (place.x < 0 || place.y < 0 || place.x >= plane.width || place.y >= plane.height) break;
    if (brightnessAround(plane, place) > (DARK * plane.sigma) / 3) end = at;
  }
  return end;
}

/** Mean of 3x3 pixels. */
export function brightnessAround({ data, width, height }: StarPlane, { x, y }: Place): number {
  let [sum, count] = [0, 0];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row += 1) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column += 1) {
      sum += data[row * width + column]!;
      count += 1;
    }
  }
  return sum / Math.max(1, count);
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
