import type { PlannedBuffer } from '../runtime/memory-plan.js';
import type { AnyFrame, Depth } from './frame.js';
import type { ReadingOptions } from './reading.js';
import type { RowWindow, StoredImage } from './stored.js';
import type { KnownWhite, WhiteSource } from './white.js';

/** The pixels of an input, and what its file says of them. */
export interface FrameSource {
  /** Pixels that nobody else holds or changes. */
  readonly frame: AnyFrame;
  /** Whether it comes from a JPEG, whose blocks leave traces. */
  readonly isJpeg: boolean;
  /** One byte per pixel, 0 where it is missing; null: none is. */
  readonly valid: Uint8Array | null;
}

/** A frame as it was read; the value of its white is known. */
export interface SourceFrame extends FrameSource {
  readonly missingPixels: number;
  readonly whiteFrom: WhiteSource;
  /** Value of samples that stands for "not measured"; null: none does. */
  readonly nodata: number | null;
  /** What the file's own mask says, one byte per pixel, 0 where it is missing; null: it has none. */
  readonly mask: Uint8Array | null;
  /** What was found in the samples that no method heeds, for people. */
  readonly warnings: readonly string[];
}

/** An image whose header was read. Its pixels are decoded later, when there is room for them. */
export interface ImageSource
  extends Pick<
    StoredImage,
    'label' | 'header' | 'format' | 'sizeBytes' | 'metadata' | 'nodata' | 'warnings' | 'sha256'
  > {
  readonly isJpeg: boolean;
  /** Hex SHA-256 of the files of masks: the one beside the file, and the one that the options name; null: none. */
  readonly maskSha256: readonly (string | null)[];
  /** What is held until `read` has settled, beside the frame itself: the file's bytes and what the decoder takes. */
  readonly buffers: readonly PlannedBuffer[];
  /** The same for so many rows, where `readRows` reads them. */
  rowBuffers(rows: number): readonly PlannedBuffer[];
  /** Whether pixels may be missing: `read` then brings one byte per pixel besides. */
  readonly isMasked: boolean;
  /** What is white, where that is known before the samples are; null: `read` finds it in them. */
  readonly white: KnownWhite | null;
  /** The same image, of which it is known what is white. Only one of the two may be read. */
  withWhite(known: KnownWhite): ImageSource;
  /**
   * Some rows of the picture, before `read` and as often as wanted, such as those of a frame too large for memory.
   * Where `white` is not known, theirs is what the file says, else what the type can hold. Rejects as `read`, and with
   * ArgumentError for rows that the picture has not.
   */
  readRows(rows: RowWindow, signal: AbortSignal): Promise<SourceFrame>;
  /** The pixels. May be called once. Rejects with ImageError, ArgumentError or the signal's reason. */
  read(signal: AbortSignal): Promise<SourceFrame>;
}

/** What is asked of an input. */
export interface OpenImageOptions extends ReadingOptions {
  readonly signal: AbortSignal;
  /** Of the argument, for messages; 'input'. */
  readonly name?: string;
  /** The page of a file that has several, where `page` is missing; one that has one page alone needs none. */
  readonly pageOfSeveral?: number;
  /** Bits per sample that are taken; all by default. */
  readonly depths?: readonly (Depth | 32)[];
  /** A file of more bytes than this is refused before it is read. */
  readonly budgetBytes?: number;
  /** Hex SHA-256 that the file must have. */
  readonly expectSha256?: string;
  /**
   * Whether the samples may tell what is white, where nothing else does; true. If not, floats have no white below the
   * largest of them: none is saturated.
   */
  readonly findsWhite?: boolean;
}
