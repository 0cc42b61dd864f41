import { writeResult } from '../image/encode.js';
import type { WritingOptions } from '../image/encode.js';
import { sizeOf } from '../image/frame.js';
import type { AnyFrame, Frame, RgbBands } from '../image/frame.js';
import type { ImageMetadata } from '../image/metadata/image-metadata.js';
import { defined } from '../runtime/validate.js';
import type { FrameReport } from './restoration.js';

/** A restored frame, with the metadata of its source and the report of its making. */
export class RestoredImage<F extends AnyFrame = Frame, R extends FrameReport = FrameReport> {
  readonly data: F['data'];
  readonly width: number;
  readonly height: number;
  /** Samples per pixel. */
  readonly channels: number;
  readonly depth: F['depth'];
  /** As {@link Frame.alpha}. */
  declare readonly alpha?: boolean;
  /** As {@link Frame.rgb}. */
  declare readonly rgb?: readonly RgbBands[];
  /** As {@link Frame.white}. */
  declare readonly white?: number;
  readonly metadata: ImageMetadata;
  readonly report: R;

  constructor(frame: F, metadata: ImageMetadata, report: R) {
    this.data = frame.data;
    this.width = frame.width;
    this.height = frame.height;
    this.channels = frame.channels;
    this.depth = frame.depth;
    Object.assign(this, defined({ alpha: frame.alpha, rgb: frame.rgb, white: frame.white }));
    this.metadata = metadata;
    this.report = report;
  }

  /**
   * Writes a JPEG, PNG, TIFF, WebP or FITS by the extension of `path`, whole or not at all. Rejects with ImageError,
   * also where the format cannot hold the frame (floats and many bands: TIFF, FITS), or with the signal's reason.
   */
  async toFile(path: string, options: WritingOptions = {}): Promise<void> {
    await writeResult(path, { ...sizeOf(this), data: this.data } as AnyFrame, this.metadata, options);
  }
}
