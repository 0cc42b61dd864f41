import { ImageError } from '../../runtime/errors.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import { Pauses } from '../../runtime/pauses.js';
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

/** The file's own mask, the pixels that the options name, and pictures: one beside the file, and a given one. */
export function joinMasks(stored: StoredImage, { valid }: ReadingOptions, pictures: readonly StoredImage[]): Masks {
  const { width } = stored.header;
  const masks: ReadMask[] = [];
  if (stored.readMask) masks.push(stored.readMask);
  if (valid) masks.push((rows, signal) => takeRows(valid, width, rows, signal));
  for (const picture of pictures) {
    requireSameSize(stored, picture);
    masks.push(async (rows, signal) => toMask(await picture.readRows(rows, signal), new Pauses(signal)));
  }
  return {
    isAny: masks.length > 0,
    buffers: (rows) => [
      ...pictures.flatMap((picture) => readingBuffers(picture, rows)),
      ...(masks.length > 0 ? [{ name: 'masks', bytes: masks.length * width * rows }] : []),
    ],
    read: async (rows, signal) => {
      const read: Uint8Array[] = [];
      for (const mask of masks) read.push(await mask(rows, signal));
      return read;
    },
  };
}

/** What reading rows of a mask's picture takes; its file stays, as that of the frame does. */
function readingBuffers({ buffers, header }: StoredImage, rows: number): PlannedBuffer[] {
  return [...buffers, { name: 'picture of the mask', bytes: frameBytes({ ...header, height: rows }) }];
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

/** 0 where all bands are 0 or no numbers, and where alpha is 0. */
export async function toMask(frame: AnyFrame, pauses: Pauses): Promise<Uint8Array> {
  const { width, height, channels, data } = frame;
  const bands = colourPlanes(frame);
  const mask = new Uint8Array(width * height);
  const isSet = (at: number): boolean => data[at] !== 0 && !Number.isNaN(data[at]);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      const first = pixel * channels;
      if (bands < channels && !isSet(first + bands)) continue;
      for (let at = first; at < first + bands; at += 1) if (isSet(at)) mask[pixel] = 1;
    }
  }
  return mask;
}
