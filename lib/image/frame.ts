import type { Samples } from '../runtime/native/binding.js';
import { expected, requireInteger, requireOneOf } from '../runtime/validate.js';

/** Below this a frame holds too little to restore, and reflected padding has nothing to reflect. */
export const MIN_SIDE = 16;
/** Largest side of a frame; the memory budget is the tighter bound for real ones. */
export const MAX_SIDE = 65_535;

/** Samples per pixel: grey, grey + alpha, RGB, RGB + alpha. */
export type Channels = 1 | 2 | 3 | 4;
/** Bits per sample. */
export type Depth = 8 | 16;

/** Size and sample layout of a frame, in pixels. */
export interface FrameSize<D extends Depth | 32 = Depth> {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly depth: D;
}

/** An image in memory: interleaved samples, row by row, without gaps. `Uint8Array` for 8 bits, `Uint16Array` for 16. */
export interface Frame extends FrameSize {
  readonly data: Samples;
}

/** An image of floats, 1 being full scale; taken and given by deconvolution only. */
export interface FloatFrame extends FrameSize<32> {
  readonly data: Float32Array;
}

/** A part of a frame, in pixels. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Size and sample layout of a frame of integers, or of floats (`depth: 32`). */
export type AnyFrameSize = FrameSize<Depth | 32>;
/** A frame of 8 or 16 bits, or of floats, of which 1 is full scale. */
export type AnyFrame = Frame | FloatFrame;

const SAMPLE_ARRAYS = { 8: Uint8Array, 16: Uint16Array, 32: Float32Array } as const;

/** Bytes of all samples. */
export function frameBytes({ width, height, channels, depth }: AnyFrameSize): number {
  return width * height * channels * (depth / 8);
}

/** Samples of a depth, all 0. */
export function allocateSamples(count: number, depth: Depth): Samples {
  return new SAMPLE_ARRAYS[depth](count);
}

/** A copy of its own: what `slice` makes of a Buffer shares its memory. */
export function copySamples<S extends AnyFrame['data']>(data: S): S {
  return (data instanceof Uint8Array ? new Uint8Array(data) : data.slice()) as S;
}

/** Throws ArgumentError unless the size is one that can be restored. @param depths those that the method takes */
export function checkFrameSize(size: AnyFrameSize, depths: readonly (Depth | 32)[] = [8, 16]): void {
  requireInteger('width', size.width, MIN_SIDE, MAX_SIDE);
  requireInteger('height', size.height, MIN_SIDE, MAX_SIDE);
  requireOneOf('channels', size.channels, [1, 2, 3, 4]);
  requireOneOf('depth', size.depth, depths);
}

/** Throws ArgumentError unless `data` is an array of the samples' type. */
export function checkSamples(data: unknown, depth: Depth | 32): asserts data is Samples | Float32Array {
  const type = SAMPLE_ARRAYS[depth];
  if (!(data instanceof type)) throw expected(type.name, `data of depth ${depth}`, data);
}

/** Throws ArgumentError unless `frame` is complete and consistent. @param depths those that the method takes */
export function checkFrame(frame: AnyFrame, depths: readonly (Depth | 32)[] = [8, 16]): void {
  checkFrameSize(frame, depths);
  checkSamples(frame.data, frame.depth);
  const count = frame.width * frame.height * frame.channels;
  if (frame.data.length !== count) throw expected(`${count} samples`, 'data', frame.data.length);
}
