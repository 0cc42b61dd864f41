import { ImageError } from '../../runtime/errors.js';
import { bytesOf } from '../../runtime/memory-plan.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import { frameBytes } from '../frame.js';
import type { AnyFrame } from '../frame.js';
import { ownBytes } from '../own-bytes.js';
import { colourPlanes } from '../planes.js';
import type { ReadingOptions } from '../reading.js';
import type { RowWindow, StoredImage } from '../stored.js';

/** What tells beside the samples which pixels are missing. */
export interface Masks {
  readonly isAny: boolean;
  /** What reading so many rows of them takes. */
  buffers(rows: number): readonly PlannedBuffer[];
  /** One byte per pixel of some rows for each, 0 where it is missing. */
  read(rows: RowWindow, signal: AbortSignal): Promise<Uint8Array[]>;
}

/** A mask by rows. */
type ReadMask = (rows: RowWindow, signal: AbortSignal) => Promise<Uint8Array>;

/** The file's own mask, the pixels that the options name, and the picture that they name, where it is opened. */
export function joinMasks(stored: StoredImage, { valid }: ReadingOptions, picture: StoredImage | null): Masks {
  const { width } = stored.header;
  const masks: ReadMask[] = [];
  if (stored.readMask) masks.push(stored.readMask);
  if (valid) masks.push((rows, signal) => takeRows(valid, width, rows, signal));
  if (picture) {
    requireSameSize(stored, picture);
    masks.push(async (rows, signal) => toMask(await picture.readRows(rows, signal)));
  }
  const planes = masks.length + 1;
  const reading = (rows: number): number =>
    picture ? bytesOf(picture.buffers) + frameBytes({ ...picture.header, height: rows }) : 0;
  return {
    isAny: masks.length > 0,
    buffers: (rows) => (masks.length > 0 ? [{ name: 'mask', bytes: reading(rows) + planes * width * rows }] : []),
    read: async (rows, signal) => {
      const read: Uint8Array[] = [];
      for (const mask of masks) read.push(await mask(rows, signal));
      return read;
    },
  };
}

function requireSameSize(stored: StoredImage, picture: StoredImage): void {
  const sizeOf = ({ header }: StoredImage): string => `${header.width}x${header.height}`;
  if (sizeOf(stored) === sizeOf(picture)) return;
  throw new ImageError(
    'IMAGE_INVALID',
    `The mask ${picture.label} has ${sizeOf(picture)} pixels, ${stored.label} ${sizeOf(stored)}; give one of that size`,
  );
}

function takeRows(
  valid: Uint8Array,
  width: number,
  { top, count }: RowWindow,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const part = valid.subarray(top * width, (top + count) * width);
  return ownBytes(part, 'valid', { signal, length: count * width });
}

/** 0 where all bands are 0. */
function toMask(frame: AnyFrame): Uint8Array {
  const { width, height, channels, data } = frame;
  const bands = colourPlanes(frame);
  const mask = new Uint8Array(width * height);
  for (let pixel = 0; pixel < mask.length; pixel += 1) {
    for (let at = pixel * channels; at < pixel * channels + bands; at += 1) if (data[at] !== 0) mask[pixel] = 1;
  }
  return mask;
}
