import { orAbort } from '../runtime/abort.js';
import { restoreInTurn } from './file-sequence.js';
import type { FileJob, FileOutcome, Writing } from './file-sequence.js';
import type { FrameEngine } from './frame-engine.js';
import type { EncodedImage } from '../image/decode.js';
import { checkFormatHolds, checkOutput } from '../image/encode.js';
import { checkFrameSize, frameBytes } from '../image/frame.js';
import type { AnyFrame, AnyFrameSize, Channels, Depth, FloatFrame, Frame, FrameSize } from '../image/frame.js';
import type { ImageMetadata } from '../image/metadata/image-metadata.js';
import { GarbageMeter, readPeakRss } from '../runtime/garbage.js';
import { OneAtATime } from '../runtime/one-at-a-time.js';
import type { Progress } from '../runtime/progress.js';
import type { RunOptions } from './run-options.js';
import { RestoredImage } from './restored-image.js';
import type { RestorationReport } from './restored-image.js';
import { openImage } from '../image/source.js';
import type { FramePlan } from '../image/frame-memory.js';
import { expected, requireFunction, requireKnownKeys, requireSignal, requireString } from '../runtime/validate.js';

export interface RestoreOptions {
  readonly signal?: AbortSignal;
  /** Called after every strip, or every iteration. */
  readonly onProgress?: (progress: Progress) => void;
  /** One byte per pixel: 0 leaves it out, as for dead pixels and clouds. For Richardson-Lucy deconvolution only. */
  readonly valid?: Uint8Array;
}

/** The size of a frame to plan for; 3 channels of 8 bits unless said otherwise. */
export interface PlanSize {
  readonly width: number;
  readonly height: number;
  readonly channels?: Channels;
  readonly depth?: Depth | 32;
  /** Whether pixels will be marked as invalid. */
  readonly masked?: boolean;
}

/** What is restored: a file, a file in memory, or pixels. */
export type RestoreInput = EncodedImage | Frame;

interface ReadInput {
  readonly frame: AnyFrame;
  readonly metadata: ImageMetadata;
  readonly isJpeg: boolean;
  readonly plan: FramePlan;
}

/** Restores frames, one at a time, in a fixed amount of memory, whatever the method. */
export abstract class FrameRestorer<R extends RestorationReport> implements AsyncDisposable {
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  readonly #engine: FrameEngine;
  readonly #garbage: GarbageMeter;
  readonly #trimHeap: () => void;
  readonly #runs = new OneAtATime('restorer');

  /** @param garbage bytes that opening has left for the collector */
  protected constructor(engine: FrameEngine, trimHeap: () => void, garbage: number) {
    this.#engine = engine;
    this.#garbage = new GarbageMeter();
    this.#trimHeap = trimHeap;
    this.#garbage.add(garbage);
    this.isa = engine.isa;
    this.threads = engine.threads;
  }

  /** Bytes that the engine has mapped; 0 before the first frame. */
  get mappedBytes(): number {
    return this.#engine.mappedBytes;
  }

  /** How a frame of this size would be restored. Throws ArgumentError, or BudgetError with the budget that would do. */
  plan({ width, height, channels = 3, depth = 8, masked = false }: PlanSize): R['plan'] {
    const size = { width, height, channels, depth };
    checkFrameSize(size, this.#engine.depths);
    return this.#engine.plan(size, masked) as R['plan'];
  }

  /**
   * Restores one frame; its size, samples and metadata stay as they are. Rejects with ImageError, BudgetError,
   * NativeError, with the reason of `signal`, or with StateError while another frame runs or after `dispose`.
   */
  async restore(input: RestoreInput, options?: RestoreOptions): Promise<RestoredImage<Frame, R>>;
  async restore(input: FloatFrame, options?: RestoreOptions): Promise<RestoredImage<FloatFrame, R>>;
  async restore(input: EncodedImage | AnyFrame, options: RestoreOptions = {}): Promise<RestoredImage<AnyFrame, R>> {
    checkRestoreOptions(options);
    return this.exclusively(options.signal, (signal) => this.#restore(input, toRunOptions(options, signal)));
  }

  /** Restores a file into another, whole or not at all. The output is checked before the work starts. */
  async restoreFile(
    input: EncodedImage,
    output: string,
    options: RestoreOptions = {},
  ): Promise<RestoredImage<Frame, R>> {
    checkRestoreOptions(options);
    const result = await this.#restoreFor(output, input, options, null);
    await result.toFile(output, options);
    return result;
  }

  /**
   * Restores files one after the other and says how each ended, in their order; one that fails does not keep the others from being restored.
   * A file is encoded and written while the next is restored, where a thread is free and the budget has room for both. Throws the reason of
   * `signal`, or StateError as `restore` does.
   */
  async *restoreFiles<J extends FileJob>(
    jobs: Iterable<J>,
    options: RestoreOptions = {},
  ): AsyncGenerator<FileOutcome<J, R>, void, void> {
    checkRestoreOptions(options);
    yield* restoreInTurn<J, R>(
      jobs,
      ({ input, output }, signal, before) => this.#restoreFor(output, input, { ...options, signal }, before),
      options.signal,
    );
  }

  /** Ends a run in progress with StateError and gives the memory back. Idempotent. */
  async dispose(): Promise<void> {
    await this.#runs.dispose();
    this.#garbage.add(this.#engine.dispose());
    this.#garbage.settle(this.#trimHeap);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Restores a frame that will be written to `output`. @param before what is being written meanwhile */
  async #restoreFor(
    output: string,
    input: EncodedImage,
    options: RestoreOptions,
    before: Writing | null,
  ): Promise<RestoredImage<Frame, R>> {
    const format = await checkOutput(requireString('output', output));
    const accept = async (plan: FramePlan): Promise<void> => {
      checkFormatHolds(output, format, plan.frame as FrameSize);
      if (before && (this.threads === 3 || plan.bytes + before.bytes > plan.budgetBytes)) await before.done;
    };
    return (await this.exclusively(options.signal, (signal) =>
      this.#restore(input, toRunOptions(options, signal), accept),
    )) as RestoredImage<Frame, R>;
  }

  /** @param accept rejects where a frame of that size is not wanted; it is decoded when there is room for it. */
  async #restore(
    input: EncodedImage | AnyFrame,
    options: RunOptions,
    accept: (plan: FramePlan) => Promise<void> = async () => {},
  ): Promise<RestoredImage<AnyFrame, R>> {
    this.#garbage.settle(this.#trimHeap);
    const start = performance.now();
    await this.#engine.adapt?.(input, options.signal);
    const { frame, metadata, isJpeg, plan } = await this.#readInput(input, options, accept);
    const decodeSeconds = (performance.now() - start) / 1000;
    const { data, report } = await this.#engine.run({ frame, isJpeg }, plan, options);
    // By the next frame the decoded and the restored pixels and the encoded file are garbage, as a rule.
    this.#garbage.add(3 * frameBytes(frame));
    return new RestoredImage({ ...frame, data } as AnyFrame, metadata, {
      ...report,
      decodeSeconds,
      peakRssBytes: readPeakRss(),
    } as unknown as R);
  }

  /** The pixels and the plan; the plan comes first, so that a frame too large is refused before it is decoded. */
  async #readInput(
    input: EncodedImage | AnyFrame,
    { signal, valid }: RunOptions,
    accept: (plan: FramePlan) => Promise<void>,
  ): Promise<ReadInput> {
    const planned = (size: AnyFrameSize): FramePlan => {
      if (valid && valid.length !== size.width * size.height)
        throw expected(`${size.width * size.height} bytes`, 'valid', valid.length);
      return this.plan({ ...size, masked: valid !== null });
    };
    const source = await openImage(input, { signal, depths: this.#engine.depths });
    const plan = planned(source.header);
    await orAbort(accept(plan), signal);
    return { ...(await source.read(signal)), metadata: source.metadata, plan };
  }

  protected exclusively<T>(userSignal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#runs.exclusively(userSignal, work);
  }

  /** Makes this the one run; its signal aborts with the caller's, or on `dispose`. */
  protected acquire(userSignal: AbortSignal | undefined): { signal: AbortSignal; release: () => void } {
    return this.#runs.acquire(userSignal);
  }
}

function checkRestoreOptions(options: RestoreOptions): void {
  requireKnownKeys('options', options, ['signal', 'onProgress', 'valid']);
  if (options.signal !== undefined) requireSignal(options.signal);
  if (options.onProgress !== undefined) requireFunction('onProgress', options.onProgress);
  if (options.valid !== undefined && !(options.valid instanceof Uint8Array))
    throw expected('Uint8Array', 'valid', options.valid);
}

function toRunOptions(
  { onProgress = () => {}, valid = null }: { onProgress?: RunOptions['onProgress']; valid?: Uint8Array | null },
  signal: AbortSignal,
): RunOptions {
  return { signal, onProgress, valid };
}
