import { availableParallelism } from 'node:os';
import { basename, extname } from 'node:path';
import { orAbort } from './abort.js';
import { ArgumentError, NativeError, StateError } from './errors.js';
import { decodeFrame, readHeader } from './image/decode.js';
import type { EncodedImage } from './image/decode.js';
import { checkFormatHolds, checkOutput } from './image/encode.js';
import { checkFrame, checkFrameSize, frameBytes } from './image/frame.js';
import type { Channels, Depth, Frame, FrameSize } from './image/frame.js';
import type { ImageMetadata } from './image/metadata/metadata.js';
import { GarbageMeter, readPeakRss } from './memory.js';
import { DEFAULT_MODEL, resolveModel } from './model/catalog.js';
import { loadModelFile, parseModel } from './model/load.js';
import type { Model } from './model/load.js';
import type { Binding, ConvUse, NativeEngine, NativeModel, NetworkShape, PassShape } from './native/binding.js';
import { chooseConv, chooseWinograd } from './native/convolutions.js';
import type { ConvChoice } from './native/convolutions.js';
import { chooseIsa } from './native/isa.js';
import { loadBinding, translateNativeError } from './native/loader.js';
import { RestoredImage } from './restored.js';
import { DEFAULT_BUDGET, parseBudget } from './scheduler/budget.js';
import { planFrame, planStream } from './scheduler/plan.js';
import type { Plan, PlanContext } from './scheduler/plan.js';
import { restoreFrame } from './scheduler/run.js';
import type { Progress } from './scheduler/run.js';
import { restoreRows } from './scheduler/stream.js';
import type { RowSource, Strip } from './scheduler/stream.js';
import {
  expected, requireFunction, requireInteger, requireKnownKeys, requireOneOf, requireSignal, requireString,
} from './validate.js';

/** Threads beyond three gain too little on board to be offered. */
const MAX_THREADS = 3;
/** Pass rows per engine call: a multiple of 4, small enough that an abort is noticed soon. */
const DEFAULT_STRIP_ROWS = 16;

export type Ensemble = 1 | 2 | 4;

export interface RestorerOptions {
  /** Name of a packaged model, path of a model file, or the bytes of one. */
  readonly model?: string | Uint8Array;
  /** What the whole process may take, such as '300MB' (1 MB = 1e6 bytes), or a number of bytes. */
  readonly memory?: string | number;
  /** 1 to 3; by default as many as the machine offers. */
  readonly threads?: number;
  /** Name of an instruction set; by default `PERIFOCAL_ISA`, or the best that the CPU has. */
  readonly isa?: string;
  /**
   * How 3x3 convolutions are summed: 'direct', 'winograd', or 'auto', what is faster on this machine, which takes at most
   * 0.3 s to find out; by default `PERIFOCAL_CONV`, or 'auto'. The output does not depend on it.
   */
  readonly conv?: ConvChoice;
  /** Passes averaged per frame (MIMO-UNet++): 1, or 2 with left-right, or 4 with all flips. */
  readonly ensemble?: Ensemble;
  /** Pass rows per engine call, 1 to 65535; the output does not depend on it. */
  readonly stripRows?: number;
  /** Path of the native addon, instead of the packaged one. */
  readonly nativeBinding?: string;
}

export interface RestoreOptions {
  readonly signal?: AbortSignal;
  /** Called after every strip. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The size of a frame to plan for; 3 channels of 8 bits unless said otherwise. */
export interface PlanSize {
  readonly width: number;
  readonly height: number;
  readonly channels?: Channels;
  readonly depth?: Depth;
}

/** What a restorer restores from: a file, a file in memory, or pixels. */
export type RestoreInput = EncodedImage | Frame;

export interface ModelInfo {
  readonly name: string;
  readonly shape: NetworkShape;
  readonly sha256: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The parts of a restorer that do not change. */
interface Parts {
  readonly binding: Binding;
  readonly nativeModel: NativeModel;
  readonly model: ModelInfo;
  readonly context: PlanContext;
  readonly fileBytes: number;
}

/** Restores frames, one at a time, in a fixed amount of memory. */
export class Restorer implements AsyncDisposable {
  readonly model: ModelInfo;
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  readonly #binding: Binding;
  readonly #context: PlanContext;
  readonly #garbage: GarbageMeter;
  #nativeModel: NativeModel | null;
  #lastPlan: { readonly key: string; readonly plan: Plan } | null = null;
  #engine: { readonly key: string; readonly native: NativeEngine } | null = null;
  #run: { readonly controller: AbortController; readonly finished: Promise<void> } | null = null;

  private constructor({ binding, nativeModel, model, context, fileBytes }: Parts) {
    this.#garbage = new GarbageMeter(() => binding.trimHeap());
    this.#garbage.add(fileBytes);
    this.#binding = binding;
    this.#context = context;
    this.#nativeModel = nativeModel;
    this.model = model;
    this.isa = nativeModel.isa;
    this.threads = context.threads;
  }

  /** Loads a model. Throws ArgumentError, ModelError, IsaError or NativeError. */
  static async open(options: RestorerOptions = {}): Promise<Restorer> {
    const settings = checkOptions(options);
    const binding = loadBinding(options.nativeBinding);
    const isa = chooseIsa(binding, options.isa);
    const conv = chooseConv(options.conv);
    // Nothing may hold on to the tensors, which are views of the whole file.
    const { tensors, fileBytes, ...model } = await readModel(options.model ?? DEFAULT_MODEL);
    const winograd = await chooseWinograd(binding, model.shape, isa, conv);
    const nativeModel = await binding.loadModel(tensors, model.shape, isa, winograd).catch((error: unknown) => {
      throw translateNativeError(error);
    });
    const { winogradLayers } = nativeModel;
    const convolutions = binding.convolutionsOf(model.shape, winogradLayers);
    const planPass = (pass: PassShape): ReturnType<Binding['planPass']> => binding.planPass(model.shape, pass, isa, winogradLayers);
    return new Restorer({
      binding, nativeModel, model, fileBytes, context: { ...settings, shape: model.shape, convolutions, planPass },
    });
  }

  /** What sums the 3x3 convolutions of each shape. */
  get convolutions(): readonly ConvUse[] {
    return this.#context.convolutions;
  }

  /** Bytes that the engine has mapped; 0 before the first frame. */
  get mappedBytes(): number {
    return this.#engine?.native.mappedBytes ?? 0;
  }

  /** How a frame of this size would be restored. Throws ArgumentError, or BudgetError with the budget that would do. */
  plan(size: PlanSize): Plan {
    const frame = completeSize(size);
    const key = JSON.stringify(frame);
    // Planning takes some milliseconds; frames of one camera have one size.
    if (this.#lastPlan?.key !== key) this.#lastPlan = { key, plan: planFrame(frame, this.#context) };
    return this.#lastPlan.plan;
  }

  /**
   * Restores one frame; its size, samples and metadata stay as they are. Rejects with ImageError, BudgetError,
   * NativeError, with the reason of `signal`, or with StateError while another frame runs or after `dispose`.
   */
  async restore(input: RestoreInput, options: RestoreOptions = {}): Promise<RestoredImage> {
    checkRestoreOptions(options);
    return this.#exclusively(options.signal, (signal) => this.#restore(input, signal, options.onProgress));
  }

  /** Restores a file into another, whole or not at all. The output is checked before the work starts. */
  async restoreFile(input: EncodedImage, output: string, options: RestoreOptions = {}): Promise<RestoredImage> {
    checkRestoreOptions(options);
    const format = await checkOutput(requireString('output', output));
    const accept = (size: FrameSize): void => checkFormatHolds(output, format, size);
    const result = await this.#exclusively(options.signal, (signal) => this.#restore(input, signal, options.onProgress, accept));
    await result.toFile(output, options);
    return result;
  }

  /**
   * Restores rows as a sensor delivers them, in memory that does not depend on the height: whole rows of samples in,
   * whole rows out, some hundred rows later. Needs ensemble 1. Rejects as `restore` does.
   */
  async *stream(rows: RowSource, size: PlanSize, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<Strip, void, void> {
    requireKnownKeys('options', options, ['signal']);
    if (options.signal !== undefined) requireSignal(options.signal);
    if (this.#context.ensemble !== 1) {
      throw new ArgumentError('stream() needs ensemble 1: the other passes read the whole frame');
    }
    const plan = planStream(completeSize(size), this.#context);
    const { signal, release } = this.#acquire(options.signal);
    try {
      yield* restoreRows(this.#binding, this.#prepareEngine(plan), plan, rows, signal);
    } finally {
      release();
    }
  }

  /** Ends a run in progress with StateError and gives the memory back. Idempotent. */
  async dispose(): Promise<void> {
    this.#garbage.add(this.#nativeModel?.weightBytes ?? 0);
    this.#nativeModel = null;
    this.#run?.controller.abort(new StateError('The restorer was disposed during a run'));
    await this.#run?.finished;
    this.#engine?.native.dispose();
    this.#engine = null;
    this.#garbage.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** @param accept throws where a frame of that size is not wanted, before it is decoded. */
  async #restore(
    input: RestoreInput, signal: AbortSignal, onProgress: (progress: Progress) => void = () => {}, accept: (size: FrameSize) => void = () => {},
  ): Promise<RestoredImage> {
    this.#garbage.settle();
    const start = performance.now();
    const { frame, metadata, plan } = await this.#readInput(input, signal, accept);
    const decoded = performance.now();
    const data = await restoreFrame(this.#binding, this.#prepareEngine(plan), plan, frame, { signal, onProgress });
    const seconds = (performance.now() - decoded) / 1000;
    // By the next frame the decoded and the restored pixels and the encoded file are garbage, as a rule.
    this.#garbage.add(3 * frameBytes(frame));
    return new RestoredImage({ ...frame, data }, metadata, {
      model: this.model.name,
      isa: this.isa,
      threads: this.threads,
      seconds,
      decodeSeconds: (decoded - start) / 1000,
      gmacPerSecond: plan.macs / 1e9 / seconds,
      peakRssBytes: readPeakRss(),
      plan,
    });
  }

  /** The pixels and the plan; the plan comes first, so that a frame too large is refused before it is decoded. */
  async #readInput(
    input: RestoreInput, signal: AbortSignal, accept: (size: FrameSize) => void,
  ): Promise<{ frame: Frame; metadata: ImageMetadata; plan: Plan }> {
    if (isEncoded(input)) {
      const header = await orAbort(readHeader(input), signal);
      accept(header.size);
      const plan = this.plan(header.size);
      return { frame: await orAbort(decodeFrame(input, header), signal), metadata: header.metadata, plan };
    }
    checkFrame(input);
    return { frame: input, metadata: {}, plan: this.plan(input) };
  }

  /** The engine for a plan: the one at hand where it fits, so that frames of one size map memory once. */
  #prepareEngine(plan: Plan): NativeEngine {
    const key = JSON.stringify(plan.pass);
    if (this.#engine?.key === key) return this.#engine.native;
    this.#engine?.native.dispose();
    this.#engine = null;
    try {
      const native = this.#binding.createEngine(this.#nativeModel!, plan.pass);
      this.#engine = { key, native };
    } catch (error) {
      throw translateNativeError(error);
    }
    const { mappedBytes } = this.#engine.native;
    if (mappedBytes !== plan.engine.arenaBytes) {
      throw new NativeError('INTERNAL', `the engine mapped ${mappedBytes} bytes where ${plan.engine.arenaBytes} were planned`);
    }
    return this.#engine.native;
  }

  async #exclusively<T>(userSignal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, release } = this.#acquire(userSignal);
    try {
      signal.throwIfAborted();
      return await work(signal);
    } finally {
      release();
    }
  }

  /** Makes this the one run; its signal aborts with the caller's, or on `dispose`. */
  #acquire(userSignal: AbortSignal | undefined): { signal: AbortSignal; release: () => void } {
    if (!this.#nativeModel) throw new StateError('The restorer is disposed');
    if (this.#run) throw new StateError('The restorer is busy with another frame; one restorer runs one frame at a time');
    const controller = new AbortController();
    const forward = (): void => controller.abort(userSignal!.reason);
    userSignal?.addEventListener('abort', forward);
    if (userSignal?.aborted) forward();
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => { finish = resolve; });
    this.#run = { controller, finished };
    const release = (): void => {
      userSignal?.removeEventListener('abort', forward);
      this.#run = null;
      finish();
    };
    return { signal: controller.signal, release };
  }
}

function isEncoded(input: RestoreInput): input is EncodedImage {
  if (input === '' || input === null || !['string', 'object'].includes(typeof input)) {
    throw expected('path, file bytes or frame', 'input', input);
  }
  return typeof input === 'string' || input instanceof Uint8Array;
}

function completeSize({ width, height, channels = 3, depth = 8 }: PlanSize): FrameSize {
  const size = { width, height, channels, depth };
  checkFrameSize(size);
  return size;
}

function checkOptions(options: RestorerOptions): Pick<PlanContext, 'threads' | 'stripRows' | 'ensemble' | 'budgetBytes'> {
  requireKnownKeys('options', options, ['model', 'memory', 'threads', 'isa', 'conv', 'ensemble', 'stripRows', 'nativeBinding']);
  const { model, isa, nativeBinding } = options;
  if (model !== undefined && !(model instanceof Uint8Array)) requireString('model', model);
  if (isa !== undefined) requireString('isa', isa);
  if (nativeBinding !== undefined) requireString('nativeBinding', nativeBinding);
  return {
    budgetBytes: parseBudget(options.memory ?? DEFAULT_BUDGET),
    threads: requireInteger('threads', options.threads ?? Math.min(MAX_THREADS, availableParallelism()), 1, MAX_THREADS) as 1 | 2 | 3,
    ensemble: requireOneOf('ensemble', options.ensemble ?? 1, [1, 2, 4]),
    stripRows: requireInteger('stripRows', options.stripRows ?? DEFAULT_STRIP_ROWS, 1, 65_535),
  };
}

function checkRestoreOptions(options: RestoreOptions): void {
  requireKnownKeys('options', options, ['signal', 'onProgress']);
  if (options.signal !== undefined) requireSignal(options.signal);
  if (options.onProgress !== undefined) requireFunction('onProgress', options.onProgress);
}

async function readModel(source: string | Uint8Array): Promise<Model & { name: string }> {
  if (typeof source !== 'string') {
    const model = await parseModel(source);
    return { ...model, name: model.metadata['name'] ?? 'unnamed' };
  }
  const path = await resolveModel(source);
  return { ...await loadModelFile(path), name: basename(path, extname(path)) };
}
