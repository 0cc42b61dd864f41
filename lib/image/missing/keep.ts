import type { Pauses } from '../../runtime/pauses.js';
import type { AnyFrame } from '../frame.js';
import { colourPlanes } from '../planes.js';

/**
 * Puts the missing pixels of a frame into what was made of it, bit for bit, and moves samples of others that have
 * become the value of missing ones to the next value.
 * @param nodata value of missing samples; null: no value stands for them
 */
export async function keepMissing(
  source: AnyFrame,
  valid: Uint8Array | null,
  nodata: number | null,
  result: AnyFrame['data'],
  pauses: Pauses,
): Promise<void> {
  if (!valid && nodata === null) return;
  const [from, to] = [bitsOf(source.data), bitsOf(result)];
  const { width, height, channels } = source;
  const bands = colourPlanes(source);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      const first = pixel * channels;
      if (valid?.[pixel] === 0) for (let at = first; at < first + channels; at += 1) to[at] = from[at]!;
      else if (nodata !== null)
        for (let at = first; at < first + bands; at += 1)
          if (result[at] === nodata) result[at] = besideNodata(nodata, source.data[at]!, result);
    }
  }
}

/** The samples as bits: a NaN keeps what it carries. */
function bitsOf(samples: AnyFrame['data']): Uint8Array | Uint16Array | Uint32Array {
  if (!(samples instanceof Float32Array)) return samples;
  return new Uint32Array(samples.buffer, samples.byteOffset, samples.length);
}

/**
 * The value next to the one of missing samples, on the side where the sample is that it stands for.
 * @param samples of the type of both
 */
export function besideNodata(nodata: number, source: number, { BYTES_PER_ELEMENT: bytes }: AnyFrame['data']): number {
  const isAbove = source >= nodata;
  if (bytes === 4) return nextFloat(nodata, isAbove);
  const most = 2 ** (8 * bytes) - 1;
  return nodata === 0 ? 1 : nodata === most ? most - 1 : nodata + (isAbove ? 1 : -1);
}

/** The float next to another. */
function nextFloat(value: number, isAbove: boolean): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  if (value === 0) return (isAbove ? 1 : -1) * SMALLEST_NORMAL;
  bits[0]! += value > 0 === isAbove ? 1 : -1;
  return float[0]!;
}

/** Smaller floats are 0 to some programs. */
const SMALLEST_NORMAL = 2 ** -126;
