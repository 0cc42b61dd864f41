import { fft } from '../../fft/fft.js';
import type { Region } from '../../image/frame.js';

const STEP = 16;
const SMALLEST = 32;

/** Side of the window around a star: 2 L + 2 ceil(4 s) or more, cheap to transform (star-sensor B.3). @param length of its trail, or diameter */
export function windowSide(length: number, sigma: number): number {
  return fft.goodSize(Math.ceil(Math.max(SMALLEST, 2 * length + 2 * Math.ceil(4 * sigma)) / STEP) * STEP);
}

/** Windows of one side around places, inside the frame; those that overlap become one. */
export function windowsAround(
  places: readonly { readonly x: number; readonly y: number }[],
  side: number,
  frame: { readonly width: number; readonly height: number },
): Region[] {
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
