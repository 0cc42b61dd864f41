import { allocateSamples, frameBytes } from '../image/frame.js';
import type { AnyFrame, AnyFrameSize } from '../image/frame.js';

/** Bytes that the gaps of so many rows take. */
export function streamGapsBytes(frame: AnyFrameSize, rows: number): number {
  return frameBytes({ ...frame, height: rows }) + frame.width * rows;
}

/**
 * A ring of the last rows of a stream, with missing pixels filled: along their row, by a straight line from one side
 * to the other; a row without any pixel is that above. So a row depends on those before it alone.
 */
export class StreamGaps {
  /** One byte per pixel, 0 where it is missing. */
  readonly valid: Uint8Array;
  readonly filled: AnyFrame['data'];
  readonly #channels: number;
  readonly #width: number;
  #above: AnyFrame['data'] | null = null;

  constructor({ width, channels, depth }: AnyFrameSize, rows: number) {
    this.#width = width;
    this.#channels = channels;
    this.valid = new Uint8Array(width * rows);
    this.filled = allocateSamples(width * rows * channels, depth);
  }

  /** Takes a row to where its first pixel lies in the ring. @param valid null: all of it is there */
  take(pixel: number, samples: AnyFrame['data'], valid: Uint8Array | null): void {
    const start = pixel * this.#channels;
    const row = this.filled.subarray(start, start + this.#width * this.#channels);
    row.set(samples);
    const known = this.valid.subarray(pixel, pixel + this.#width);
    if (valid) known.set(valid);
    else known.fill(1);
    if (valid) this.#fill(row, known);
    this.#above = row;
  }

  #fill(row: AnyFrame['data'], known: Uint8Array): void {
    let before = known.findIndex((there) => there !== 0);
    if (before < 0) {
      if (this.#above) row.set(this.#above);
      else row.fill(0);
      return;
    }
    this.#bridge(row, -1, before);
    for (let x = before + 1; x < this.#width; x += 1) {
      if (known[x] === 0) continue;
      if (x > before + 1) this.#bridge(row, before, x);
      before = x;
    }
    this.#bridge(row, before, this.#width);
  }

  /** Fills what lies between two pixels, of which one may lie beyond the row. */
  #bridge(row: AnyFrame['data'], from: number, to: number): void {
    const [first, last] = [from < 0 ? to : from, to === this.#width ? from : to];
    for (let x = from + 1; x < to; x += 1) {
      const share = first === last ? 0 : (x - from) / (to - from);
      for (let channel = 0; channel < this.#channels; channel += 1) {
        const [left, right] = [row[first * this.#channels + channel]!, row[last * this.#channels + channel]!];
        row[x * this.#channels + channel] = left + share * (right - left);
      }
    }
  }
}
