import type { RestorationTask } from '../../restoration/restoration.js';
import { expected, requireInteger, requireKnownKeys } from '../../runtime/validate.js';

/** A picture of pixels that are defective: one byte per pixel, row by row, not 0 where one is. */
export interface DefectPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Defects that are known. Bytes alone do not tell how wide their frame is: null. */
export interface KnownDefects {
  readonly data: Uint8Array;
  readonly width: number | null;
}

/** A copy of what a caller gives, as the caller's may change. Throws ArgumentError. */
export function ownKnownDefects(known: unknown): KnownDefects | null {
  if (known === undefined) return null;
  if (known instanceof Uint8Array) return { data: Uint8Array.from(known), width: null };
  if (typeof known !== 'object' || known === null)
    throw expected('one byte per pixel as a Uint8Array, or { width, height, data }', 'knownDefects', known);
  requireKnownKeys('knownDefects', known, ['width', 'height', 'data']);
  const { width, height, data } = known as Partial<DefectPicture>;
  const pixels = requireInteger('width', width, 1, 2 ** 24) * requireInteger('height', height, 1, 2 ** 24);
  if (!(data instanceof Uint8Array) || data.length !== pixels)
    throw expected(`Uint8Array of ${width} x ${height} bytes`, 'data of knownDefects', data?.length ?? data);
  return { data: Uint8Array.from(data), width: width! };
}

/** Whether known defects can be of a frame, or of the scene that it is a window of. Throws ArgumentError. */
export function checkKnownDefects(known: KnownDefects | null, size: { width: number; height: number }): void {
  if (!known) return;
  const isOther = known.width !== null && known.width !== size.width;
  const { length } = known.data;
  if (isOther || length < size.width * size.height || length % size.width !== 0) throw sizeDiffers(known, size);
}

/** What of known defects lies in a frame, or in a window of a scene. Throws ArgumentError. */
export function knownRows(known: KnownDefects, { frame, part }: RestorationTask): Uint8Array {
  const { width, height } = frame;
  const all = part?.height ?? height;
  if (known.data.length !== width * all) throw sizeDiffers(known, { width, height: all });
  const first = (part?.top ?? 0) * width;
  return known.data.subarray(first, first + width * height);
}

function sizeDiffers({ data, width }: KnownDefects, size: { width: number; height: number }): Error {
  const wanted = `${size.width}x${size.height}`;
  return width === null
    ? expected(`${size.width * size.height} bytes, one per pixel of the ${wanted} frame,`, 'knownDefects', data.length)
    : expected(`picture of ${wanted} pixels, as the frame,`, 'knownDefects', `${width}x${data.length / width}`);
}
