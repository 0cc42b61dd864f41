import type { Pauses } from '../runtime/pauses.js';
import type { AnyFrame, AnyFrameSize } from './frame.js';
import { colourPlanes } from './planes.js';
import { typeScale } from './samples.js';

/** How the value of white is known: it was given, the file says it, the samples reach it, or they can hold it. */
export type WhiteSource = 'given' | 'file' | 'data' | 'type';

/** Most samples that are looked at. */
const MOST_SAMPLES = 2 ** 20;
/** Part of the samples that may be brighter than white: hot pixels and glints. */
const BRIGHTER_PART = 1e-4;
/** Samples that reach this part of what they can hold fill it. */
const FILLED_PART = 0.5;

/** The value of white, and how it is known. */
export interface KnownWhite {
  readonly white: number;
  readonly whiteFrom: WhiteSource;
}

/**
 * The largest sample of a frame of floats, or 1 where none is larger: floats in counts reach beyond the white of their
 * type, and nobody knows where their sensor saturates.
 */
export async function findLargest(
  { width, height, channels, data }: AnyFrame,
  valid: Uint8Array | null,
  pauses: Pauses,
): Promise<KnownWhite> {
  let largest = 1;
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      if (valid?.[pixel] === 0) continue;
      for (let at = pixel * channels; at < (pixel + 1) * channels; at += 1)
        if (data[at]! > largest && data[at]! < Infinity) largest = data[at]!;
    }
  }
  return { white: largest, whiteFrom: largest > 1 ? 'data' : 'type' };
}

/** What is white as far as the header of an image tells: what its file says, else what its samples can hold. */
export function whiteOfHeader(header: AnyFrameSize): KnownWhite {
  const { white } = header;
  return white === undefined ? { white: typeScale(header), whiteFrom: 'type' } : { white, whiteFrom: 'file' };
}

/** The value of white, from the samples of pixels that are there: see {@link WhiteMeter}. */
export async function findWhite(frame: AnyFrame, valid: Uint8Array | null, pauses: Pauses): Promise<KnownWhite> {
  const meter = new WhiteMeter(frame);
  await meter.add(frame, valid, 0, pauses);
  return meter.find();
}

/**
 * Finds the value of white in the samples of a frame, of which rows are shown in turn: what its file says, unless they
 * are brighter, so that it does not know them. Then, or where it says nothing, the one that all but the brightest
 * reach, or what the samples can hold where they reach half of it; so the unit of the samples does not matter. 8 bits
 * are always taken as they are, and so is a frame without light. It does not matter how many rows are shown at a time.
 */
export class WhiteMeter {
  readonly #most: number;
  /** What the file says is white. */
  readonly #stated: number | undefined;
  readonly #isNeeded: boolean;
  /** Every so many pixels one is drawn. */
  readonly #step: number;
  readonly #drawn: Float32Array;
  #count = 0;
  /** Of the samples that were drawn, once it is asked for. */
  #level: number | null = null;

  /** @param size with what its file says is white */
  constructor(size: AnyFrameSize) {
    const { width, height, depth, white } = size;
    const bands = colourPlanes(size);
    this.#most = typeScale(size);
    this.#stated = white;
    this.#isNeeded = depth !== 8;
    this.#step = stepAcross(width, Math.ceil((width * height * bands) / MOST_SAMPLES));
    this.#drawn = new Float32Array(this.#isNeeded ? Math.ceil((width * height) / this.#step) * bands : 0);
  }

  /** Draws samples of valid pixels of some rows, the first of which is `top` of the frame. */
  async add(frame: AnyFrame, valid: Uint8Array | null, top: number, pauses: Pauses): Promise<void> {
    if (!this.#isNeeded) return;
    this.#level = null;
    const { width, height, channels, data } = frame;
    const planes = colourPlanes(frame);
    const start = top * width;
    for (let pixel = Math.ceil(start / this.#step) * this.#step - start; pixel < width * height; pixel += this.#step) {
      if (pauses.isDue) await pauses.take();
      if (valid?.[pixel] === 0) continue;
      for (let band = 0; band < planes; band += 1) this.#drawn[this.#count++] = data[pixel * channels + band]!;
    }
  }

  /** What all but the brightest of the samples that were drawn reach; 0 where there are none. */
  get #reached(): number {
    if (this.#level !== null) return this.#level;
    const samples = this.#drawn.subarray(0, this.#count).sort();
    this.#level = samples[Math.floor((samples.length - 1) * (1 - BRIGHTER_PART))] ?? 0;
    return this.#level;
  }

  find(): KnownWhite {
    const level = this.#reached;
    if (this.#stated !== undefined && level <= this.#stated) return { white: this.#stated, whiteFrom: 'file' };
    const byType = { white: this.#most, whiteFrom: 'type' } as const;
    if (!(level > 0)) return byType;
    const fills = level >= FILLED_PART * this.#most && level <= this.#most;
    return fills ? byType : { white: level, whiteFrom: 'data' };
  }
}

/** The smallest step from `least` on that comes through all columns: it shares no factor with the width. */
function stepAcross(width: number, least: number): number {
  let step = Math.max(1, least);
  while (greatestDivisor(step, width) > 1) step += 1;
  return step;
}

/** Of both numbers. */
function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
