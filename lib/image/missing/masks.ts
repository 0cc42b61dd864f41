import { ImageError } from '../../runtime/errors.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import { Pauses } from '../../runtime/pauses.js';
import { frameBytes } from '../frame.js';
import type { AnyFrame } from '../frame.js';
import { ownBytes } from '../own-bytes.js';
import { colourPlanes } from '../planes.js';
import type { ReadingOptions } from '../reading.js';
import type { RowWindow, StoredImage } from '../stored.js';
import { bitMaskBytes, keepAsBits } from './bit-mask.js';
import type { ReadMask } from './bit-mask.js';

/** What tells beside the samples which pixels are missing. */
export interface Masks {
  readonly isAny: boolean;
  /** Whether the file has one of its own, in it or beside it. */
  readonly hasOwn: boolean;
  /** What reading so many rows of them takes; that of the file stays as long as the frame. */
  buffers(rows: number): readonly PlannedBuffer[];
  read(rows: RowWindow, signal: AbortSignal): Promise<ReadMasks>;
}

/** Some rows of masks, one byte per pixel, 0 where it is missing. */
export interface ReadMasks {
  /** All of them. */
  readonly planes: readonly Uint8Array[];
  /** What the masks of the file itself say together; null: it has none. */
  readonly own: Uint8Array | null;
}

/** Pictures that are masks: one beside the file, and one that the options name. */
export interface MaskPictures {
  readonly own: StoredImage | null;
  readonly given: StoredImage | null;
}

/** The file's own masks, in it and beside it, the pixels that the options name, and the picture that they name. */
export function joinMasks(stored: StoredImage, { valid }: ReadingOptions, pictures: MaskPictures): Masks {
  const { width } = stored.header;
  const ofPicture = (picture: StoredImage | null): ReadMask[] => {
    if (!picture) return [];
    requireSameSize(stored, picture);
    const read: ReadMask = async (rows, signal) => toMask(await picture.readRows(rows, signal), new Pauses(signal));
    return [isDecodedFromTop(picture) ? keepAsBits(picture, read) : read];
  };
  const own = [...(stored.readMask ? [stored.readMask] : []), ...ofPicture(pictures.own)];
  const others = ofPicture(pictures.given);
  if (valid) others.push((rows, signal) => takeRows(valid, width, rows, signal));
  const [ownCount, otherCount] = [own.length, others.length];
  return {
    isAny: ownCount + otherCount > 0,
    hasOwn: ownCount > 0,
    buffers: (rows) => [
      ...[pictures.own, pictures.given].flatMap((picture) => (picture ? readingBuffers(picture, rows) : [])),
      ...(ownCount > 0 ? [{ name: KEPT_MASK, bytes: width * rows }] : []),
      ...(ownCount + otherCount > 0 ? [{ name: 'masks', bytes: (ownCount + otherCount) * width * rows }] : []),
    ],
    read: async (rows, signal) => {
      const planes: Uint8Array[] = [];
      for (const mask of [...own, ...others]) planes.push(await mask(rows, signal));
      return { planes, own: ownCount > 0 ? joinOwn(planes.slice(0, ownCount)) : null };
    },
  };
}

/** What the plan calls the file's own mask, which is kept with the frame to be written again. */
export const KEPT_MASK = 'mask of the file';

/** 0 where one of the masks is. The first may be changed. */
function joinOwn([first, ...others]: readonly Uint8Array[]): Uint8Array {
  for (const other of others)
    for (let pixel = 0; pixel < first!.length; pixel += 1) first![pixel] = Math.min(first![pixel]!, other[pixel]!);
  return first!;
}

/** Whether reading some rows takes what reading all above them takes: libvips decodes such. */
function isDecodedFromTop({ format }: StoredImage): boolean {
  return format !== null && format !== 'tiff' && format !== 'fits';
}

/** What reading rows of a mask's picture takes; its file stays, as that of the frame does. */
function readingBuffers(picture: StoredImage, rows: number): PlannedBuffer[] {
  const { buffers, header } = picture;
  const isKept = isDecodedFromTop(picture) && rows < header.height;
  const bytes = isKept ? bitMaskBytes(picture) : frameBytes({ ...header, height: rows });
  return [...buffers, { name: 'picture of the mask', bytes }];
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

/** What a mask holds where pixels are there, if it says no more than that. */
export const THERE = 255;

/** 0 where all bands are 0 or no numbers, and where alpha is 0. One band of bytes is the mask itself. */
export async function toMask(frame: AnyFrame, pauses: Pauses): Promise<Uint8Array> {
  const { width, height, channels, data } = frame;
  if (channels === 1 && data instanceof Uint8Array) return data;
  const bands = colourPlanes(frame);
  const mask = new Uint8Array(width * height);
  const isSet = (at: number): boolean => data[at] !== 0 && !Number.isNaN(data[at]);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) {
      const first = pixel * channels;
      if (bands < channels && !isSet(first + bands)) continue;
      for (let at = first; at < first + bands; at += 1) if (isSet(at)) mask[pixel] = THERE;
    }
  }
  return mask;
}
