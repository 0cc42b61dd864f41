import { ledger } from '../../runtime/ledger.js';
import type { Kept } from '../../runtime/ledger.js';

/** The arrays of a plane of brightness. */
export interface PlaneMemory {
  readonly data: Float32Array;
  readonly invalid: Uint8Array;
}

/** What a plane takes for each pixel: a float and a byte. */
export const PLANE_PIXEL_BYTES = 5;

interface Spare extends Kept {
  readonly memory: PlaneMemory;
}

/**
 * That of the frame before. The first touch of new memory takes nearly half the time of measuring the sky. So it is
 * kept for the next frame of the same size, or until other work needs it.
 */
let spare: Spare | null = null;

/** Memory for a plane, with any contents: what was kept, if it is of this size. */
export function takePlaneMemory(pixels: number): PlaneMemory {
  const kept = spareOf(pixels);
  if (kept === null) return { data: new Float32Array(pixels), invalid: new Uint8Array(pixels) };
  ledger.drop(kept);
  spare = null;
  return kept.memory;
}

/** Lets the next frame have the memory of a plane, which must not be used any more. */
export function keepPlaneMemory({ data, invalid }: PlaneMemory): void {
  if (spare !== null) ledger.drop(spare);
  const kept: Spare = {
    memory: { data, invalid },
    bytes: PLANE_PIXEL_BYTES * data.length,
    free: () => {
      if (spare === kept) spare = null;
    },
  };
  spare = kept;
  ledger.keep(kept);
}

/** What is kept for a plane of this size; null: nothing. */
export function spareOf(pixels: number): Spare | null {
  return spare?.memory.data.length === pixels ? spare : null;
}

/** Counts what is kept: a frame that was to use it has perhaps failed before it did. */
export function recountSpare(): void {
  if (spare !== null) ledger.keep(spare);
}
