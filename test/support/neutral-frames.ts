import type { Frame } from '../../lib/index.js';

/** A frame of one colour, `levels` being in 8-bit codes. */
export function createUniform(levels: readonly number[], depth: 8 | 16, width: number, height: number): Frame {
  const channels = levels.length;
  const data = new (depth === 8 ? Uint8Array : Uint16Array)(width * height * channels);
  const unit = depth === 8 ? 1 : 257;
  data.forEach((_, index) => {
    data[index] = levels[index % channels]! * unit;
  });
  return { width, height, channels, depth, data };
}

/** Grey from `low` to `high` in three channels, along rows or down columns, 8 bits. */
export function createRamp(low: number, high: number, length: number, isVertical: boolean): Frame {
  const breadth = 40;
  const [width, height] = isVertical ? [breadth, length] : [length, breadth];
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    const position = isVertical ? Math.floor(pixel / width) : pixel % width;
    return Math.round(low + ((high - low) * position) / (length - 1));
  });
  return { width, height, channels: 3, depth: 8, data };
}

export const meanOf = (data: ArrayLike<number>): number => {
  let sum = 0;
  for (let index = 0; index < data.length; index += 1) sum += data[index]!;
  return sum / data.length;
};

/** Some channels in the places of others. */
export function arrange(frame: Frame, channels: readonly number[]): Frame {
  const data = new (frame.data.constructor as new (length: number) => Frame['data'])(
    frame.width * frame.height * channels.length,
  );
  data.forEach((_, index) => {
    const pixel = Math.floor(index / channels.length);
    data[index] = frame.data[pixel * frame.channels + channels[index % channels.length]!]!;
  });
  return { ...frame, channels: channels.length, data };
}
