import type { AnyFrameSize } from '../frame.js';
import type { Layout } from './layout.js';
import type { FrameSamples } from './samples.js';

/** Samples of a picture that are read from its file row by row. */
export interface TiffRows<S extends FrameSamples = FrameSamples> {
  /** As stored, not turned. */
  readonly size: AnyFrameSize;
  readonly layout: Layout;
  /** What is held while rows are read, beside these, and for the time before: lists of strips or tiles. */
  readonly decoderBytes: number;
  /** Rows from `top` on, interleaved. Rejects with ImageError, or the signal's reason. */
  readRows(top: number, count: number, signal: AbortSignal): Promise<S>;
}
