import type { ByteSource } from '../files/byte-source.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { ImageError } from '../runtime/errors.js';
import { requireInteger } from '../runtime/validate.js';
import type { Orientation } from './codec/inspection.js';
import type { ImageFormat } from './codec/sharp.js';
import { MAX_SIDE, MIN_SIDE } from './frame.js';
import type { AnyFrame, AnyFrameSize } from './frame.js';
import type { ImageMetadata } from './metadata/image-metadata.js';

/** Consecutive rows of the upright picture. */
export interface RowWindow {
  /** The first row, from 0. */
  readonly top: number;
  readonly count: number;
}

/** An image as it is stored in a file or in memory: its header is known, its samples are not yet read. */
export interface StoredImage {
  /** For messages: the path, "image of N bytes", or "pixels". */
  readonly label: string;
  /** Size and samples of the upright picture. `white` is what the file says, if it says it. */
  readonly header: AnyFrameSize;
  /** How the stored picture is turned; not at all by default. */
  readonly orientation?: Orientation;
  /** Null: pixels. */
  readonly format: ImageFormat | null;
  /** Bytes of the file; null for pixels. */
  readonly sizeBytes: number | null;
  /** What the file says about itself; nothing for pixels. */
  readonly metadata: ImageMetadata;
  /** Value of samples that stands for "not measured"; null: the file names none. */
  readonly nodata: number | null;
  /** What reading takes beside the frame: the file's bytes (named 'file', which stay to the end), and the decoder. */
  readonly buffers: readonly PlannedBuffer[];
  /** What was found in the file that cannot be heeded. */
  readonly warnings: readonly string[];
  /** Hex SHA-256 of the file's bytes; null for pixels. */
  readonly sha256: string | null;
  /** Some rows, as often as wanted. Rejects with ImageError, ArgumentError or the signal's reason. */
  readRows(rows: RowWindow, signal: AbortSignal): Promise<AnyFrame>;
  /** All rows. It may be called once, after all else: it lets go of what reading takes. */
  readAll(signal: AbortSignal): Promise<AnyFrame>;
  /** A mask that the file has beside the picture: one byte per pixel of some rows, 0 where it is missing. */
  readonly readMask?: (rows: RowWindow, signal: AbortSignal) => Promise<Uint8Array>;
}

/** A file, or a whole one in memory, of which parts are read. */
export interface StoredOrigin {
  readonly label: string;
  readonly source: ByteSource;
  /** In hex. */
  readonly sha256: string;
}

/** What reading of a file takes beside the rows that it brings. @param decoderBytes of what reads them */
export function readingBuffers({ source }: StoredOrigin, decoderBytes: number): PlannedBuffer[] {
  return [
    { name: 'file', bytes: source.isMemory ? source.sizeBytes : 0 },
    { name: 'decoder', bytes: decoderBytes },
  ];
}

/** Throws ImageError for a picture that is too small or too large to be restored. @param label of its file */
export function requireSides({ width, height }: Pick<AnyFrameSize, 'width' | 'height'>, label: string): void {
  const refuse = (bound: string, remedy: string): ImageError => {
    const sizes = `${width}x${height} pixels, each side must be ${bound}`;
    return new ImageError('IMAGE_UNSUPPORTED', `${label}: ${sizes}; ${remedy}`);
  };
  if (width < MIN_SIDE || height < MIN_SIDE)
    throw refuse(`at least ${MIN_SIDE}`, 'give a larger part of the scene, or pad it and mask what was padded');
  if (width > MAX_SIDE || height > MAX_SIDE) throw refuse(`at most ${MAX_SIDE}`, 'cut it into parts');
}

/** Throws ArgumentError for rows that a picture has not. */
export function requireRows({ top, count }: RowWindow, height: number): void {
  requireInteger('rows.top', top, 0, height - 1);
  requireInteger('rows.count', count, 1, height - top);
}
