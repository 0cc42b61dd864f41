import type { Region } from '../../image/frame.js';
import type { Place } from '../sky/place.js';

interface FrameSides {
  readonly width: number;
  readonly height: number;
}

const STEP_PX = 16;
const SMALLEST_PX = 32;

/**
 * Side of the window around a star: 2 L + 2 ceil(4 s) or more, cheap to transform (star-sensor B.3).
 * @param extentPx length of its trail, or diameter of its disk @param goodSize the cheapest side that is not smaller
 */
export function windowSide(extentPx: number, sigmaPx: number, goodSize: (side: number) => number): number {
  const least = Math.max(SMALLEST_PX, 2 * extentPx + 2 * Math.ceil(4 * sigmaPx));
  return goodSize(Math.ceil(least / STEP_PX) * STEP_PX);
}

/** Windows of one side around places, inside the frame; those that overlap become one. */
export function windowsAround(places: readonly Place[], side: number, frame: FrameSides): Region[] {
  const start = (centre: number, length: number): number =>
    Math.max(0, Math.min(length - side, Math.round(centre) - (side >> 1)));
  let windows: Region[] = places.map(({ x, y }) => ({
    left: start(x, frame.width),
    top: start(y, frame.height),
    width: side,
    height: side,
  }));
  for (let before = -1; before !== windows.length; ) {
    before = windows.length;
    windows = windows.reduce<Region[]>((kept, window) => {
      const touching = kept.filter((other) => overlap(other, window));
      return [...kept.filter((other) => !touching.includes(other)), [...touching, window].reduce(union)];
    }, []);
  }
  return windows;
}

/**
 * Beyond the frame there may be light, which is unknown; beyond a window there is the sky, its stars being farther in.
 */
export function isAtEdge({ left, top, width, height }: Region, frame: FrameSides): boolean {
  return left === 0 || top === 0 || left + width === frame.width || top + height === frame.height;
}

/** The places that are in a window. */
export function placesIn<P extends Place>({ left, top, width, height }: Region, places: readonly P[]): P[] {
  return places.filter(({ x, y }) => x >= left && y >= top && x < left + width && y < top + height);
}

function overlap(a: Region, b: Region): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}

function union(a: Region, b: Region): Region {
  const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)];
  return {
    left,
    top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  };
}

/** Tukey's taper: 1 in the middle, down to 0 over `rim` pixels at both ends; 1 where the window ends with the frame. */
export function taper(start: number, length: number, frameLength: number, rim: number): Float32Array {
  const weights = new Float32Array(length);
  for (let index = 0; index < length; index += 1) {
    const before = start === 0 ? Infinity : index + 0.5;
    const after = start + length === frameLength ? Infinity : length - index - 0.5;
    const distance = Math.min(before, after);
    weights[index] = distance >= rim ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * distance) / rim);
  }
  return weights;
}
