import { ImageError } from '../runtime/errors.js';
import { requireObject, requireString } from '../runtime/validate.js';
import { writeFrame } from '../image/encode.js';
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
    requireString('path', path);
    requireObject('options', options);
    const { width, height, channels, depth, data } = this;
    if (depth === 32)
      throw new ImageError(
        'OUTPUT_UNWRITABLE',
        `Cannot write ${path}: floats are not written to files; scale them to 8 or 16 bits`,
      );
    await writeFrame(path, { width, height, channels, depth, data } as Frame, this.metadata, options.signal);
  }
}
