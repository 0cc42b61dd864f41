import { writeFrame } from './image/encode.js';
import type { Channels, Depth, Frame } from './image/frame.js';
import type { ImageMetadata } from './image/metadata/metadata.js';
import type { Samples } from './native/binding.js';
import type { Plan } from './scheduler/plan.js';

/** How a restoration went. */
export interface RunReport {
  /** Name of the model. */
  readonly model: string;
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  /** Time for the network with all its row input and output, without decoding. */
  readonly seconds: number;
  /** Time for reading and decoding the input; 0 for raw pixels. */
  readonly decodeSeconds: number;
  /** 1e9 multiply-accumulates per second, over `seconds`. */
  readonly gmacPerSecond: number;
  /** Peak resident memory of the whole process so far. */
  readonly peakRssBytes: number;
  readonly plan: Plan;
}

/** A restored frame, with the metadata of its source and the report of its making. */
export class RestoredImage implements Frame {
  readonly data: Samples;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly depth: Depth;
  readonly metadata: ImageMetadata;
  readonly report: RunReport;

  constructor(frame: Frame, metadata: ImageMetadata, report: RunReport) {
    this.data = frame.data;
    this.width = frame.width;
    this.height = frame.height;
    this.channels = frame.channels;
    this.depth = frame.depth;
    this.metadata = metadata;
    this.report = report;
  }

  /** Writes a JPEG, PNG, TIFF or WebP by the extension of `path`, whole or not at all. Throws ImageError. */
  async toFile(path: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await writeFrame(path, this, this.metadata, options.signal);
  }
}
