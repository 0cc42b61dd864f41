import { ImageError, PerifocalError } from '../../runtime/errors.js';
import type { FrameSize } from '../frame.js';
import type { ImageMetadata } from '../metadata/image-metadata.js';

/** How the stored picture is to be turned (EXIF 2.3, tag 274); 1: not at all, 5 to 8: sides change places. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** What the structure of a whole file tells, before anything is decoded. */
export interface Inspection {
  /**
   * The picture alone: what the decoder needs, in a canonical form. It has no text, profile or unknown field that could
   * take the decoder's memory, or that it would warn of. It lies in the memory of the file, which is overwritten.
   */
  readonly picture: Buffer;
  readonly metadata: ImageMetadata;
  readonly orientation: Orientation;
  /** What is in the file beside the picture and not kept, for people; each goes on after the file's name. */
  readonly warnings?: readonly string[];
  /** What the file says of its channels; nothing where a second or fourth one is always alpha. */
  readonly bands?: Required<Pick<FrameSize, 'alpha' | 'rgb'>>;
  /** Bytes that the decoder holds beside the frame that it brings. @param stored size as stored, not turned */
  readonly decoderBytes: (stored: FrameSize) => number;
}

/** Why a file is not accepted; the message goes on after the file's name. */
export class ImageProblem extends Error {
  readonly code: 'IMAGE_INVALID' | 'IMAGE_UNSUPPORTED';

  constructor(code: ImageProblem['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** The file breaks the rules of its format, or ends too early. */
export function damaged(reason: string): ImageProblem {
  return new ImageProblem('IMAGE_INVALID', `is damaged: ${reason}`);
}

/** The file is valid, but of a kind that is not read. @param remedy what to do, as an imperative */
export function unsupported(what: string, remedy: string): ImageProblem {
  return new ImageProblem('IMAGE_UNSUPPORTED', `cannot be read: ${what}; ${remedy}`);
}

/**
 * What leaves this package as the failure to read a file: the signal's reason where it was aborted, errors of this
 * package and of memory as they are, problems with the file's name, and what the system says of reading.
 * @param label of the file
 */
export function toReadingError(cause: unknown, label: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (cause instanceof PerifocalError || cause instanceof RangeError) return cause;
  if (cause instanceof ImageProblem) return new ImageError(cause.code, `${label} ${cause.message}`, { cause });
  return new ImageError('IMAGE_UNREADABLE', `Cannot read ${label}: ${(cause as Error).message}`, { cause });
}

/** Number of an orientation as files give it; what is none means upright. */
export function toOrientation(value: number | null): Orientation {
  return value !== null && value >= 1 && value <= 8 ? (value as Orientation) : 1;
}

/** Most bytes of all that a file says about itself, unpacked. Profiles and packets have a few MB at most. */
export const MAX_METADATA_BYTES = 16 * 2 ** 20;

/** Moves the parts of a file that are kept to its beginning, in their order. */
export class Compactor {
  readonly #file: Buffer;
  #end = 0;

  constructor(file: Buffer) {
    this.#file = file;
  }

  /** Keeps the bytes from `start` to `end`, which must lie behind all that was kept before. Returns their new start. */
  keep(start: number, end: number): number {
    const target = this.#end;
    if (start !== target) this.#file.copyWithin(target, start, end);
    this.#end += end - start;
    return target;
  }

  /** What was kept. */
  get kept(): Buffer {
    return this.#file.subarray(0, this.#end);
  }
}
