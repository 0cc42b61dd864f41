import { writeResult } from '../image/encode.js';
import type { WritingOptions } from '../image/encode.js';
import { sizeOf } from '../image/frame.js';
import type { AnyFrame, Frame, RgbBands } from '../image/frame.js';
import type { ImageMetadata } from '../image/metadata/image-metadata.js';
import { StateError } from '../runtime/errors.js';
import { defined } from '../runtime/validate.js';
import type { FrameReport } from './restoration.js';

/** A restored frame, with the metadata of its source and the report of its making. */
export class RestoredImage<F extends AnyFrame = Frame, R extends FrameReport = FrameReport> {
  /** The samples. Those of a scene (`report.scene`) are in its file alone: reading them here throws StateError. */
  declare readonly data: F['data'];
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

  /** @param frame without its samples where they are not in memory */
  constructor(frame: F | Omit<F, 'data'>, metadata: ImageMetadata, report: R) {
    Object.defineProperty(this, 'data', 'data' in frame ? { value: frame.data, enumerable: true } : { get: noSamples });
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
   * also where the format cannot hold the frame (floats and many bands: TIFF, FITS), with IntegrityError where it reads
   * back otherwise, or with the signal's reason.
   */
  async toFile(path: string, options: WritingOptions = {}): Promise<void> {
    await this.writeTo(path, options);
  }

  /** As {@link toFile}; resolves to how often it was written until it read back as it was meant. @internal */
  async writeTo(path: string, options: WritingOptions): Promise<1 | 2> {
    return await writeResult(path, { ...sizeOf(this), data: this.data } as AnyFrame, this.metadata, options);
  }
}

function noSamples(): never {
  throw new StateError('The frame was restored window by window: its samples are in its file, read them there');
}
