import type { FrameSource } from '../image/source.js';
import type { DeconvolutionReport } from '../deconvolve/report.js';
import type { EncodedImage } from '../image/decode.js';
import type { AnyFrame, AnyFrameSize, Depth } from '../image/frame.js';
import type { RunOptions } from './run-options.js';
import type { NetworkReport } from './restored-image.js';
import type { FramePlan } from '../image/frame-memory.js';

type Elsewhere = 'decodeSeconds' | 'peakRssBytes';

/** Restored samples, laid out as those of the source, and what the engine has to say about them. */
export interface FrameResult {
  readonly data: AnyFrame['data'];
  readonly report: Omit<NetworkReport, Elsewhere> | Omit<DeconvolutionReport, Elsewhere>;
}

/** A way to restore frames in memory: the network, or deconvolution. Used for one frame at a time. */
export interface FrameEngine<P extends FramePlan = FramePlan> {
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  /** Bytes that native code has mapped for frames. */
  readonly mappedBytes: number;
  /** Bits per sample that it takes. */
  readonly depths: readonly (Depth | 32)[];
  /** @param isMasked whether pixels are marked as invalid. Throws ArgumentError, or BudgetError with the budget that would do. */
  plan(size: AnyFrameSize, isMasked: boolean): P;
  /** Learns from the input what was left to be found out, before it is planned. Rejects with EstimateError. */
  adapt?(input: EncodedImage | AnyFrame, signal: AbortSignal): Promise<void>;
  /** Restores a frame as planned for its size; the source is only read. */
  run(source: FrameSource, plan: P, options: RunOptions): Promise<FrameResult>;
  /** Gives memory back; of what the collector must give back, the bytes. Idempotent. */
  dispose(): number;
}
