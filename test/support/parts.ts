import type { AnyFrame, Region } from '../../lib/index.js';

/** A part of a frame. */
export function crop<F extends AnyFrame>(source: F, { left, top, width, height }: Region): F {
  const { channels } = source;
  const data = source.data.slice(0, width * height * channels);
  for (let y = 0; y < height; y += 1) {
    const first = ((top + y) * source.width + left) * channels;
    data.set(source.data.subarray(first, first + width * channels), y * width * channels);
  }
  return { ...source, width, height, data };
}

/** A frame with another value beyond a part. */
export function without<F extends AnyFrame>(source: F, { left, top, width, height }: Region, value: number): F {
  const { channels } = source;
  const data = source.data.slice();
  for (let pixel = 0; pixel < source.width * source.height; pixel += 1) {
    const [x, y] = [pixel % source.width, Math.floor(pixel / source.width)];
    const isInside = x >= left && x < left + width && y >= top && y < top + height;
    if (!isInside) data.fill(value, pixel * channels, (pixel + 1) * channels);
  }
  return { ...source, data };
}

/** A frame of which nothing is missing. */
export const whole = (frame: AnyFrame): { readonly frame: AnyFrame; readonly valid: null } => ({ frame, valid: null });
