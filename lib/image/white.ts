import type { Pauses } from '../runtime/pauses.js';
import type { AnyFrame } from './frame.js';
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

/**
 * The value of white, from the samples of pixels that are there: the one that all but the brightest reach, or what
 * the samples can hold where they reach half of it; so the unit of the samples does not matter. 8 bits are always
 * taken as they are, and so is a frame without light.
 */
export async function findWhite(
  frame: AnyFrame,
  valid: Uint8Array | null,
  pauses: Pauses,
): Promise<{ readonly white: number; readonly whiteFrom: WhiteSource }> {
  const most = typeScale(frame);
  const byType = { white: most, whiteFrom: 'type' } as const;
  if (frame.depth === 8) return byType;
  const samples = await drawSamples(frame, valid, pauses);
  samples.sort();
  const level = samples[Math.floor((samples.length - 1) * (1 - BRIGHTER_PART))] ?? 0;
  if (!(level > 0)) return byType;
  const fills = level >= FILLED_PART * most && level <= most;
  return fills ? byType : { white: level, whiteFrom: 'data' };
}

/**
 * The largest sample of a frame of floats, or 1 where none is larger: floats in counts reach beyond the white of their
 * type, and nobody knows where their sensor saturates.
 */
export async function findLargest(
  { width, height, channels, data }: AnyFrame,
  valid: Uint8Array | null,
  pauses: Pauses,
): Promise<{ readonly white: number; readonly whiteFrom: WhiteSource }> {
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

/** Samples of valid pixels, evenly spread over the frame. */
async function drawSamples(frame: AnyFrame, valid: Uint8Array | null, pauses: Pauses): Promise<Float32Array> {
  const { width, height, channels, data } = frame;
  const bands = colourPlanes(frame);
  const step = Math.max(1, Math.ceil((width * height * bands) / MOST_SAMPLES));
  const drawn = new Float32Array(Math.ceil((width * height) / step) * bands);
  let count = 0;
  for (let pixel = 0; pixel < width * height; pixel += step) {
    if (pauses.isDue) await pauses.take();
    if (valid?.[pixel] === 0) continue;
    for (let band = 0; band < bands; band += 1) drawn[count++] = data[pixel * channels + band]!;
  }
  return drawn.subarray(0, count);
}
