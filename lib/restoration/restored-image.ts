import { writeResult } from '../image/encode.js';
import type { AnyFrame, Channels, Frame } from '../image/frame.js';
import type { ImageMetadata } from '../image/metadata/image-metadata.js';
import type { FrameReport } from './restoration.js';

/** A restored frame, with the metadata of its source and the report of its making. */
export class RestoredImage<F extends AnyFrame = Frame, R extends FrameReport = FrameReport> {
  readonly data: F['data'];
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly depth: F['depth'];
  readonly metadata: ImageMetadata;
  readonly report: R;

  constructor(frame: F, metadata: ImageMetadata, report: R) {
    this.data = frame.data;
    this.width = frame.width;
    this.height = frame.height;
    this.channels = frame.channels;
    this.depth = frame.depth;
    this.metadata = metadata;
    this.report = report;
  }

  /**
   * Writes a JPEG, PNG, TIFF or WebP by the extension of `path`, whole or not at all. Rejects with ImageError, also for
   * a frame of floats, or with the signal's reason.
   */
  async toFile(path: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { width, height, channels, depth, data } = this;
    await writeResult(path, { width, height, channels, depth, data } as AnyFrame, this.metadata, options);
  }
}
