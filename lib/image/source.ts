import { createHash } from 'node:crypto';
import { RegularFile } from '../files/read-file.js';
import { ArgumentError, BudgetError, ImageError, PerifocalError, StateError } from '../runtime/errors.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { expected, requireInteger, requireOneOf, requireSha256 } from '../runtime/validate.js';
import type { ImageFormat } from './codec/sharp.js';
import { decodeFrame, readHeader } from './decode.js';
import type { EncodedImage, RowWindow, StoredPicture } from './decode.js';
import { checkFrame, sizeOf } from './frame.js';
import type { AnyFrame, AnyFrameSize, Depth } from './frame.js';
import type { ImageMetadata } from './metadata/image-metadata.js';
import { ownBytes } from './own-bytes.js';

/** What a caller gives as an image: a path, the bytes of a whole file, or pixels. */
export type ImageInput = EncodedImage | AnyFrame;

/** The pixels of an input, and what its file says of them. */
export interface FrameSource {
  /** Pixels that nobody else holds or changes. */
  readonly frame: AnyFrame;
  /** Whether it comes from a JPEG, whose blocks leave traces. */
  readonly isJpeg: boolean;
  /** One byte per pixel, 0 where it is missing; null: none is. */
  readonly valid: Uint8Array | null;
}

/** An image whose header was read. Its pixels are decoded later, when there is room for them. */
export interface ImageSource {
  /** For messages: the path, "image of N bytes", or "pixels". */
  readonly label: string;
  /** Size and samples of the upright picture. */
  readonly header: AnyFrameSize;
  /** Null: pixels. */
  readonly format: ImageFormat | null;
  /** Bytes of the file; null for pixels. */
  readonly sizeBytes: number | null;
  readonly isJpeg: boolean;
  /** What the file says about itself; nothing for pixels. */
  readonly metadata: ImageMetadata;
  /** What is held until `read` has settled, beside the frame itself: the file's bytes and what the decoder takes. */
  readonly buffers: readonly PlannedBuffer[];
  /** Hex SHA-256 of the file's bytes as they were read; null for pixels. */
  readonly sha256: () => string | null;
  /**
   * Some rows of the picture, before `read` and as often as wanted, such as those of a frame too large for memory.
   * Rejects as `read`, and with ArgumentError for rows that the picture has not.
   */
  readRows(rows: RowWindow, signal: AbortSignal): Promise<FrameSource>;
  /** The pixels. May be called once. Rejects with ImageError, ArgumentError or the signal's reason. */
  read(signal: AbortSignal): Promise<FrameSource>;
}

/** What is asked of an input. */
export interface OpenImageOptions {
  readonly signal: AbortSignal;
  /** Of the argument, for messages; 'input'. */
  readonly name?: string;
  /** Bits per sample that are taken; all by default. */
  readonly depths?: readonly (Depth | 32)[];
  /** A file of more bytes than this is refused before it is read. */
  readonly budgetBytes?: number;
  /** Hex SHA-256 that the file must have. */
  readonly expectSha256?: string;
}

/**
 * Opens an image: reads a file, or copies its bytes, checks its header, and decodes nothing yet. Rejects with
 * ArgumentError for what is no input, ImageError for a file that cannot be read or is not acceptable, BudgetError for
 * one that is larger than the budget, or the signal's reason.
 */
export async function openImage(input: unknown, options: OpenImageOptions): Promise<ImageSource> {
  const { name = 'input', expectSha256 } = options;
  options.signal.throwIfAborted();
  if (expectSha256 !== undefined) requireSha256('expectSha256', expectSha256);
  if (typeof input === 'string' && input !== '') return openBytes(await readFileBytes(input, options), input, options);
  if (input instanceof Uint8Array)
    return openBytes(await copyFileBytes(input, options), `image of ${input.length} bytes`, options);
  if (typeof input !== 'object' || input === null) throw expected('path, file bytes or frame', name, input);
  if (expectSha256 !== undefined) throw new ArgumentError('Pixels have no file whose SHA-256 could be compared');
  return openPixels(input as AnyFrame, options);
}

/** Bytes of a file that are this package's own, and their digest. */
interface FileBytes {
  readonly bytes: Buffer;
  readonly sha256: string;
}

async function readFileBytes(path: string, { signal, budgetBytes = Infinity }: OpenImageOptions): Promise<FileBytes> {
  const hash = createHash('sha256');
  try {
    await using file = await RegularFile.open(path);
    if (file.sizeBytes > budgetBytes)
      throw new BudgetError(
        `${path} has ${file.sizeBytes} bytes, more than the budget of ${budgetBytes} bytes for the whole process`,
        file.sizeBytes,
      );
    const bytes = await file.readAll({ signal, onChunk: (chunk) => hash.update(chunk) });
    return { bytes, sha256: hash.digest('hex') };
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (cause instanceof PerifocalError) throw cause;
    throw new ImageError('IMAGE_UNREADABLE', `Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function copyFileBytes(input: Uint8Array, { signal, name = 'input' }: OpenImageOptions): Promise<FileBytes> {
  const hash = createHash('sha256');
  const bytes = await ownBytes(input, name, { signal, onSlice: (slice) => hash.update(slice) });
  return { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), sha256: hash.digest('hex') };
}

async function openBytes(
  { bytes, sha256 }: FileBytes,
  label: string,
  { signal, expectSha256, depths = [8, 16, 32] }: OpenImageOptions,
): Promise<ImageSource> {
  if (expectSha256 !== undefined && expectSha256.toLowerCase() !== sha256)
    throw new ImageError('IMAGE_INVALID', `${label} has SHA-256 ${sha256}, expected was ${expectSha256.toLowerCase()}`);
  const { size, format, metadata, decoderBytes, ...header } = await readHeader(bytes, label);
  signal.throwIfAborted();
  requireOneOf('depth', size.depth, depths);
  const isJpeg = format === 'jpeg';
  // Let go when it is decoded: the file's memory is free then, also while the source is still in use.
  let stored: StoredPicture | null = header.stored;
  const readFrame = async (active: AbortSignal): Promise<FrameSource> => {
    const picture = requireStored(stored);
    stored = null;
    const frame = await decodeFrame(picture, size, label);
    // libvips cannot be stopped. What it decodes has been waited for: nothing runs on in memory that others may have.
    active.throwIfAborted();
    return { frame, isJpeg, valid: null };
  };
  const readRows = async (rows: RowWindow, active: AbortSignal): Promise<FrameSource> => {
    requireRows(rows, size.height);
    active.throwIfAborted();
    const frame = await decodeFrame(requireStored(stored), size, label, rows);
    active.throwIfAborted();
    return { frame, isJpeg, valid: null };
  };
  return {
    label,
    header: size,
    format,
    sizeBytes: bytes.length,
    isJpeg,
    metadata,
    buffers: [
      { name: 'file', bytes: bytes.length },
      { name: 'decoder', bytes: decoderBytes },
    ],
    sha256: () => sha256,
    readRows,
    read: once(readFrame),
  };
}

function openPixels(input: AnyFrame, { name = 'input', depths = [8, 16, 32] }: OpenImageOptions): ImageSource {
  // Taken once: what the caller puts into the object later is of no concern.
  const { data } = input;
  const header = sizeOf(input as AnyFrameSize);
  const frame = { ...header, data } as AnyFrame;
  checkFrame(frame, depths);
  const { width, height, channels } = header;
  const { length } = data;
  const readFrame = async (signal: AbortSignal): Promise<FrameSource> => {
    const copy = await ownBytes(data, `data of ${name}`, { signal, length });
    return { frame: { ...frame, data: copy } as AnyFrame, isJpeg: false, valid: null };
  };
  const readRows = async (rows: RowWindow, signal: AbortSignal): Promise<FrameSource> => {
    requireRows(rows, height);
    const [from, to] = [rows.top, rows.top + rows.count].map((row) => row * width * channels) as [number, number];
    const copy = await ownBytes(data.subarray(from, to), `data of ${name}`, { signal, length: to - from });
    return { frame: { ...frame, height: rows.count, data: copy } as AnyFrame, isJpeg: false, valid: null };
  };
  return {
    label: 'pixels',
    header,
    format: null,
    sizeBytes: null,
    isJpeg: false,
    metadata: {},
    buffers: [],
    sha256: () => null,
    readRows,
    read: once(readFrame),
  };
}

function requireRows({ top, count }: RowWindow, height: number): void {
  requireInteger('rows.top', top, 0, height - 1);
  requireInteger('rows.count', count, 1, height - top);
}

function requireStored(stored: StoredPicture | null): StoredPicture {
  if (!stored) throw new StateError('The rows of an image source can be read until its pixels are read');
  return stored;
}

/** What was read belongs to one operation, which may change it: nobody gets it a second time. */
function once(read: ImageSource['read']): ImageSource['read'] {
  let isRead = false;
  return async (signal) => {
    if (isRead) throw new StateError('The pixels of an image source can be read once');
    isRead = true;
    signal.throwIfAborted();
    return read(signal);
  };
}
