import type { Samples } from '../runtime/native/binding.js';
import { defined, expected, requireArray, requireInteger, requireNumber, requireOneOf } from '../runtime/validate.js';

/** Below this a frame holds too little to restore, and reflected padding has nothing to reflect. */
export const MIN_SIDE = 16;
/** Largest side of a frame; the memory budget is the tighter bound for real ones. */
export const MAX_SIDE = 65_535;

/** Most samples per pixel. */
export const MAX_CHANNELS = 16;

/** Channels, from 0, that are red, green and blue of one picture. */
export type RgbBands = readonly [red: number, green: number, blue: number];
/** Bits per sample. */
export type Depth = 8 | 16;

/** Size and sample layout of a frame, in pixels. */
export interface FrameSize<D extends Depth | 32 = Depth> {
  readonly width: number;
  readonly height: number;
  /** Samples per pixel, 1 to 16: bands, and alpha as the last where there is one. */
  readonly channels: number;
  readonly depth: D;
  /** Whether the last channel is alpha; by default it is of 2 or 4 channels. Of a file, the file says it. */
  readonly alpha?: boolean;
  /** Channels that make pictures in colour; by default the first three where there are three besides alpha. */
  readonly rgb?: readonly RgbBands[];
  /** Value of a white sample, above 0; by default 255, 65535, or 1 for floats. */
  readonly white?: number;
}

/** An image in memory: interleaved samples, row by row, without gaps. `Uint8Array` for 8 bits, `Uint16Array` for 16. */
export interface Frame extends FrameSize {
  readonly data: Samples;
}

/** An image of floats. */
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
/** A frame of 8 or 16 bits, or of floats. */
export type AnyFrame = Frame | FloatFrame;

/** Arrays of samples, by bits. */
export const SAMPLE_ARRAYS = { 8: Uint8Array, 16: Uint16Array, 32: Float32Array } as const;

/** Bytes of all samples. */
export function frameBytes({ width, height, channels, depth }: AnyFrameSize): number {
  return width * height * channels * (depth / 8);
}

/** Samples of a depth, all 0. */
export function allocateSamples<D extends Depth | 32>(
  count: number,
  depth: D,
): D extends 32 ? Float32Array : D extends Depth ? Samples : never;
export function allocateSamples(count: number, depth: Depth | 32): AnyFrame['data'] {
  return new SAMPLE_ARRAYS[depth](count);
}

/** The size of pixels to plan for: samples have 3 channels of 8 bits unless it is said. */
export type PixelSize = Pick<AnyFrameSize, 'width' | 'height'> & Partial<AnyFrameSize>;

/** The size with what it leaves out. */
export function completeSize(size: PixelSize): AnyFrameSize {
  return sizeOf({ channels: 3, depth: 8, ...defined(size) });
}

/** A copy of its own: what `slice` makes of a Buffer shares its memory. */
export function copySamples<S extends AnyFrame['data']>(data: S): S {
  return (data instanceof Uint8Array ? new Uint8Array(data) : data.slice()) as S;
}

/** Throws ArgumentError unless the size is one that can be restored. @param depths those that the method takes */
export function checkFrameSize(size: AnyFrameSize, depths: readonly (Depth | 32)[] = [8, 16]): void {
  requireInteger('width', size.width, MIN_SIDE, MAX_SIDE);
  requireInteger('height', size.height, MIN_SIDE, MAX_SIDE);
  requireInteger('channels', size.channels, 1, MAX_CHANNELS);
  requireOneOf('depth', size.depth, depths);
  checkBands(size);
}

/** Whether the last channel is alpha. */
export function hasAlpha({
  channels,
  alpha = channels === 2 || channels === 4,
}: Pick<AnyFrameSize, 'channels' | 'alpha'>): boolean {
  return alpha;
}

function checkBands(size: AnyFrameSize): void {
  const { channels, alpha, rgb, white } = size;
  if (alpha !== undefined) requireOneOf('alpha', alpha, channels > 1 ? [true, false] : [false]);
  if (white !== undefined) requireNumber('white', white, Number.MIN_VALUE, Number.MAX_VALUE);
  if (rgb === undefined) return;
  requireArray('rgb', rgb);
  const bands = channels - (hasAlpha(size) ? 1 : 0);
  const used = rgb.flatMap((triple) => {
    if (!Array.isArray(triple) || triple.length !== 3) throw expected('three channels', 'rgb', triple);
    return triple.map((channel: unknown) => requireInteger('channel of rgb', channel, 0, bands - 1));
  });
  if (new Set(used).size < used.length) throw expected('channels that are each named once', 'rgb', used.join(', '));
}

/** The size of a frame and what its samples are, without the samples. */
export function sizeOf<D extends Depth | 32>(frame: FrameSize<D>): FrameSize<D> {
  const { width, height, channels, depth, alpha, rgb, white } = frame;
  return { width, height, channels, depth, ...defined({ alpha, rgb, white }) };
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
