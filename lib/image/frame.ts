import type { Samples } from '../native/binding.js';
import { expected, requireInteger, requireOneOf } from '../validate.js';

/** Below this a frame holds too little to restore, and reflected padding has nothing to reflect. */
export const MIN_SIDE = 16;
/** Largest side of a frame; the memory budget is the tighter bound for real ones. */
export const MAX_SIDE = 65_535;

/** Samples per pixel: grey, grey + alpha, RGB, RGB + alpha. */
export type Channels = 1 | 2 | 3 | 4;
/** Bits per sample. */
export type Depth = 8 | 16;

/** Size and sample layout of a frame, in pixels. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly depth: Depth;
}

/** An image in memory: interleaved samples, row by row, without gaps. `Uint8Array` for 8 bits, `Uint16Array` for 16. */
export interface Frame extends FrameSize {
  readonly data: Samples;
}

/** Bytes of all samples. */
export function frameBytes({ width, height, channels, depth }: FrameSize): number {
  return width * height * channels * (depth / 8);
}

export function allocateSamples(count: number, depth: Depth): Samples {
  return depth === 8 ? new Uint8Array(count) : new Uint16Array(count);
}

/** Throws ArgumentError unless the size is one that can be restored. */
export function checkFrameSize(size: FrameSize): void {
  requireInteger('width', size.width, MIN_SIDE, MAX_SIDE);
  requireInteger('height', size.height, MIN_SIDE, MAX_SIDE);
  requireOneOf('channels', size.channels, [1, 2, 3, 4]);
  requireOneOf('depth', size.depth, [8, 16]);
}

/** Throws ArgumentError unless `data` is an array of the samples' type. */
export function checkSamples(data: unknown, depth: Depth): asserts data is Samples {
  const matches = depth === 8 ? data instanceof Uint8Array : data instanceof Uint16Array;
  if (!matches) throw expected(depth === 8 ? 'Uint8Array' : 'Uint16Array', `data of depth ${depth}`, data);
}

/** Throws ArgumentError unless `frame` is complete and consistent. */
export function checkFrame(frame: Frame): void {
  checkFrameSize(frame);
  checkSamples(frame.data, frame.depth);
  const count = frame.width * frame.height * frame.channels;
  if (frame.data.length !== count) throw expected(`${count} samples`, 'data', frame.data.length);
}
