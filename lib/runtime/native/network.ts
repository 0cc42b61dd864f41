/**
 * The network's part of the native addon: models, pipelines that stream rows through them, and the way of frame pixels
 * to their rows and back.
 */

import type { NativeTicket } from './runtime.js';

/** A tensor of a model file; `data` is a view of its raw little-endian bytes. */
export interface NativeTensor {
  readonly dtype: 'I8' | 'I32' | 'F32';
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** What decides the graph: residual blocks per stage (n) and channels at full scale. */
export interface NetworkShape {
  readonly residualBlocks: number;
  readonly baseWidth: number;
}

/** What of a pass is checked: all sums, and the epilogue of one row of four twice; or all sums and all epilogues. */
export type PassIntegrity = 'checked' | 'full';

/** Kinds of faults that checks tell apart. */
export type FaultKind = 'weights' | 'tables' | 'arithmetic' | 'rows' | 'epilogue' | 'control' | 'code';

/** What the checks of a pipeline have seen since it was made. */
export interface IntegrityCounters {
  /** Firings, which are a few rows of one layer each, that were checked. */
  readonly firings: number;
  /** Failed checks. */
  readonly found: Readonly<Record<FaultKind, number>>;
  /** Firings that were computed again and were right then. */
  readonly recomputed: number;
}

/** What the checks can see of a model, proved when it is loaded. */
export interface IntegrityCoverage {
  readonly layers: number;
  readonly winogradLayers: number;
  /** Ways for a layer to read an input channel: sets of taps through which one pixel enters a sum. */
  readonly cases: number;
  /** Those in which all weights cancel in every output channel, so that a changed pixel would not show. */
  readonly blindCases: number;
  /** The largest sum that a layer summed by Winograd can have; below `sumLimit`, no flipped bit of a sum escapes. */
  readonly largestSum: number;
  readonly sumLimit: number;
}

/** One streaming pass over an image (or a column panel of it); both sides are multiples of 4. */
export interface PassShape {
  /** Pixels per pass row. */
  readonly width: number;
  /** Number of pass rows. */
  readonly height: number;
  /** Pass rows are image columns: kernels are applied transposed. */
  readonly transposed: boolean;
  readonly threads: 1 | 2 | 3;
  /** Most rows that one push or drain may carry, at least 1; any value gives the same bytes. */
  readonly stripRows: number;
  /** Winograd's transformed weights stay in memory, else they are made anew for every few rows. */
  readonly keepWeights: boolean;
  /** By default nothing; else of a model that was loaded `checked`. */
  readonly integrity?: PassIntegrity;
}

/** One buffer of rows of the network's pipeline. */
export interface BufferPlan {
  readonly name: string;
  readonly rowBytes: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Memory and work of one pipeline. `arenaBytes` is exactly what the pipeline maps. */
export interface PassPlan {
  readonly arenaBytes: number;
  /** The part of it that holds Winograd's transformed weights. */
  readonly transformedBytes: number;
  /** The one buffer that push and drain write their residual rows into. */
  readonly residualBytes: number;
  readonly buffers: readonly BufferPlan[];
  /** Packed weights, kept by the model, in bytes. */
  readonly weightBytes: number;
  /** Input rows read beyond the newest row emitted. */
  readonly delayRows: number;
  /** Multiply-accumulates of one whole pass. */
  readonly macs: number;
}

/** Packed, validated weights for one ISA; may be shared by pipelines of one thread. */
export interface NativeModel {
  /** 0 once disposed. */
  readonly weightBytes: number;
  readonly isa: string;
  /** One byte per layer, in execution order: 1 where Winograd sums it. */
  readonly winogradLayers: Uint8Array;
  /** Null unless the model was loaded `checked`. */
  readonly coverage: IntegrityCoverage | null;
  /** Gives the weights back once no pipeline uses them. Idempotent. */
  dispose(): void;
}

/** Runs one pass at a time. Not reentrant: one `push` or `drain` in flight, else code STATE. */
export interface NativePipeline {
  readonly mappedBytes: number;
  /**
   * Says which pixels are there of the rows that are pushed next: `valid` has one byte per pixel of the frame, 0 where
   * it is missing. Blocks of 4 x 4 pass pixels none of which is there are to the network what lies beyond the rim of a
   * frame; what else is missing it takes as pushed. Rows pushed of which nothing was said are there whole. Throws
   * STATE for more rows than a strip.
   */
  setValid(valid: Uint8Array, map: PixelMap): void;
  /**
   * Feeds `count` <= stripRows pass rows of interleaved 8-bit RGB (copied before the call returns) and resolves
   * with the residual rows that became complete, at most stripRows + 32: rows x width x 3, in steps of 1/4080. The
   * view is valid until the next push or drain, which writes into the same memory. Rejects with INTEGRITY where rows
   * fail their checks although they were computed twice.
   */
  push(rows: Uint8Array, count: number, ticket: NativeTicket): Promise<Int16Array>;
  /**
   * After the last push: resolves with at most `limit` + 32 further residual rows (limit <= stripRows), empty when all
   * are out.
   */
  drain(limit: number, ticket: NativeTicket): Promise<Int16Array>;
  /**
   * Makes the call in flight reject with code ABORTED within a few rows, as its ticket does; `reset` before further
   * use.
   */
  cancel(): void;
  /** Forgets all rows: the next push starts a new pass. */
  reset(): void;
  /** Null where the pass has no integrity. */
  counters(): IntegrityCounters | null;
  /** Unmaps the arena, after the call in flight (cancelled) has ended. Idempotent. */
  dispose(): void;
}

/**
 * How pass pixels map to frame pixels: pass pixel (r, c) is frame pixel `rowPixels[r] + colPixels[c]` (an index, not
 * bytes). Covers flips, transposition, panels and reflected padding by the tables alone.
 */
export interface PixelMap {
  readonly rowPixels: Uint32Array;
  readonly colPixels: Uint32Array;
}

/** Samples of a frame of 8 or 16 bits, interleaved by pixel, row by row. */
export type Samples = Uint8Array | Uint16Array;

/** The channels of a frame that go through the network together. */
export interface BandGroup {
  /** Samples per pixel of the frame. */
  readonly channels: number;
  /** Channels, from 0, that are red, green and blue; or the one that is grey. */
  readonly group: readonly number[];
  /** Value of a white sample, above 0. */
  readonly white: number;
}

/** Channels of a pixel that have something in common. */
export const SHARED = { redGreen: 1, greenBlue: 2, redBlue: 4 } as const;

export interface ComposeRequest {
  /** rows x residualWidth x 3; `map.rowPixels.length` rows are used. */
  readonly residual: Int16Array;
  readonly residualWidth: number;
  /** First residual column that `map.colPixels` speaks of; the columns left of it are halo or padding. */
  readonly firstColumn: number;
  readonly map: PixelMap;
  /** Sums of the earlier passes, 3 per frame pixel; null when there was none. */
  readonly sums: Int16Array | null;
  /** Number of passes summed, this one included. */
  readonly passes: 1 | 2 | 4;
  readonly source: Samples | Float32Array;
  /** Of the same type; other channels than those of the group stay as they are. */
  readonly output: Samples | Float32Array;
  /**
   * For each pixel of the rows, as `residual`: which channels share the mean of their residuals, as a sum of `SHARED`;
   * null: none do.
   */
  readonly shared: Uint8Array | null;
  readonly bands: BandGroup;
}

/** How a 3x3 convolution of stride 1 is summed; both give the same bytes. */
export type Algorithm = 'direct' | 'winograd';

/** Channels of a convolution. */
export interface ConvShape {
  readonly inputs: number;
  readonly outputs: number;
}

/** How the layers of one shape are summed. */
export interface ConvUse extends ConvShape {
  readonly algorithm: Algorithm;
  /** How many layers. */
  readonly layers: number;
}

/** The part of the addon that runs the network. `isa` is a name of `isas()`. */
export interface NetworkBinding {
  /**
   * Layers of the `winograd` shapes are summed by Winograd where their sums permit it. Rejects with MODEL_INVALID
   * naming the key, or ISA_UNAVAILABLE. `isa` is a name of `isas()`. Passes of a `checked` model may have integrity.
   */
  loadModel(
    tensors: Readonly<Record<string, NativeTensor>>,
    shape: NetworkShape,
    isa: string,
    winograd: readonly ConvShape[],
    ticket: NativeTicket,
    checked?: boolean,
  ): Promise<NativeModel>;
  /**
   * The layers that Winograd can sum, and what sums them, given a model's `winogradLayers` (empty: none by Winograd).
   */
  convolutionsOf(shape: NetworkShape, winogradLayers: Uint8Array): ConvUse[];
  /** Pure arithmetic, a few milliseconds. */
  planPass(shape: NetworkShape, pass: PassShape, isa: string, winogradLayers: Uint8Array): PassPlan;
  /** Throws OUT_OF_MEMORY, or STATE for a model that was disposed. */
  createPipeline(model: NativeModel, pass: PassShape): NativePipeline;
  /**
   * Fills `out` with rowPixels.length x colPixels.length x 3 bytes of RGB, of which 255 is white; a grey channel is
   * replicated.
   */
  gatherRows(source: Samples | Float32Array, bands: BandGroup, map: PixelMap, out: Uint8Array): void;
  /** Adds residual rows to `sums` (3 per frame pixel). */
  accumulateRows(
    request: Pick<ComposeRequest, 'residual' | 'residualWidth' | 'firstColumn' | 'map'>,
    sums: Int16Array,
  ): void;
  /** Writes restored pixels: source plus the mean residual, clamped once (floats are not). */
  composeRows(request: ComposeRequest): void;
}

export const NETWORK_FUNCTIONS = [
  'loadModel',
  'convolutionsOf',
  'planPass',
  'createPipeline',
  'gatherRows',
  'accumulateRows',
  'composeRows',
] as const satisfies readonly (keyof NetworkBinding)[];
