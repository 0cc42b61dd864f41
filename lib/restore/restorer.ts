import { basename, extname } from 'node:path';
import { DeconvolutionEngine } from '../deconvolve/engine.js';
import { checkDeconvolveOptions } from '../deconvolve/options.js';
import type { DeconvolveOptions } from '../deconvolve/options.js';
import type { DeconvolutionReport } from '../deconvolve/report.js';
import { ENGINE_OPTIONS, checkEngineOptions } from '../runtime/machine-options.js';
import type { EngineOptions } from '../runtime/machine-options.js';
import { ArgumentError, ModelError } from '../runtime/errors.js';
import { FrameRestorer } from '../restoration/frame-restorer.js';
import type { PlanSize, RestoreOptions } from '../restoration/frame-restorer.js';
import { checkFrameSize } from '../image/frame.js';
import type { FrameSize } from '../image/frame.js';
import { DEFAULT_MODEL, resolveModel } from '../network/model/catalog.js';
import { loadModelFile, parseModel } from '../network/model/load.js';
import type { Model } from '../network/model/load.js';
import type { Binding, ConvUse, NetworkShape, PassShape } from '../runtime/native/binding.js';
import { ConvCache } from '../network/conv-cache.js';
import { chooseConv, chooseWinograd } from '../network/convolutions.js';
import type { ConvChoice } from '../network/convolutions.js';
import { chooseIsa } from '../runtime/native/isa.js';
import { loadBinding, translateNativeError } from '../runtime/native/loader.js';
import type { NetworkReport, RestorationReport } from '../restoration/restored-image.js';
import { DEFAULT_BUDGET } from '../runtime/budget.js';
import { NetworkEngine } from '../network/network-engine.js';
import { planStream } from '../network/plan.js';
import type { PlanContext } from '../network/plan.js';
import { restoreRows } from '../network/stream.js';
import type { RowSource, Strip } from '../network/stream.js';
import { requireInteger, requireKnownKeys, requireOneOf, requireSignal, requireString } from '../runtime/validate.js';

/** Pass rows per engine call: a multiple of 4, small enough that an abort is noticed soon. */
const DEFAULT_STRIP_ROWS = 16;

export type Ensemble = 1 | 2 | 4;

export interface RestorerOptions extends EngineOptions {
  /** Name of a packaged model, path of a model file, or the bytes of one. */
  readonly model?: string | Uint8Array;
  /**
   * How 3x3 convolutions are summed: 'direct', 'winograd', or 'auto', what is faster on this machine, which takes at most
   * 0.3 s to find out; by default `PERIFOCAL_CONV`, or 'auto'. The output does not depend on it.
   */
  readonly conv?: ConvChoice;
  /** File in which 'auto' keeps what it has found, by processor and network; made when it is missing. By default nothing is kept. */
  readonly convCache?: string;
  /** Passes averaged per frame (MIMO-UNet++): 1, or 2 with left-right, or 4 with all flips. */
  readonly ensemble?: Ensemble;
  /** Pass rows per engine call, 1 to 65535; the output does not depend on it. */
  readonly stripRows?: number;
  /** How to deconvolve instead where the model is missing or damaged, with the memory and threads of this restorer. */
  readonly fallback?: Omit<DeconvolveOptions, keyof EngineOptions>;
}

export interface ModelInfo {
  readonly name: string;
  readonly shape: NetworkShape;
  readonly sha256: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The parts of a restorer that do not change. */
interface Parts {
  readonly binding: Binding;
  readonly engine: NetworkEngine | DeconvolutionEngine;
  readonly model: ModelInfo | null;
  readonly fileBytes: number;
}

/**
 * Restores frames by a network, one at a time, in a fixed amount of memory. `R` is what it may report: with a fallback,
 * also that it deconvolved.
 */
export class Restorer<R extends RestorationReport = NetworkReport> extends FrameRestorer<R> {
  /** Null where the fallback works in its place. */
  readonly model: ModelInfo | (R extends DeconvolutionReport ? null : never);
  readonly #binding: Binding;
  readonly #engine: NetworkEngine | DeconvolutionEngine;

  private constructor({ binding, engine, model, fileBytes }: Parts) {
    super(engine, () => binding.trimHeap(), fileBytes);
    this.#binding = binding;
    this.#engine = engine;
    this.model = model as ModelInfo;
  }

  /** Loads a model. Throws ArgumentError, ModelError (unless there is a fallback), IsaError or NativeError. */
  static async open(options?: Omit<RestorerOptions, 'fallback'>): Promise<Restorer>;
  static async open(options: RestorerOptions): Promise<Restorer<RestorationReport>>;
  static async open(options: RestorerOptions = {}): Promise<Restorer<RestorationReport>> {
    const settings = checkOptions(options);
    const fallback = options.fallback && (await checkDeconvolveOptions(options.fallback, 'fallback', []));
    const binding = loadBinding(options.nativeBinding);
    const isa = chooseIsa(binding, options.isa);
    const conv = chooseConv(options.conv);
    const cache = options.convCache === undefined ? null : new ConvCache(options.convCache);
    try {
      return new Restorer(await openNetwork({ binding, isa, conv, cache }, options.model ?? DEFAULT_MODEL, settings));
    } catch (error) {
      if (!fallback || !(error instanceof ModelError)) throw error;
      const engine = new DeconvolutionEngine(binding, isa, fallback, settings, error.message);
      return new Restorer({ binding, engine, model: null, fileBytes: 0 });
    }
  }

  /** What sums the 3x3 convolutions of each shape of the network. */
  get convolutions(): readonly ConvUse[] {
    return this.#engine instanceof NetworkEngine ? this.#engine.context.convolutions : [];
  }

  /**
   * Restores rows as a sensor delivers them, in memory that does not depend on the height: whole rows of samples in,
   * whole rows out, some hundred rows later. Needs ensemble 1. Rejects as `restore` does.
   */
  async *stream(
    rows: RowSource,
    size: PlanSize,
    options: Pick<RestoreOptions, 'signal'> = {},
  ): AsyncGenerator<Strip, void, void> {
    requireKnownKeys('options', options, ['signal']);
    if (options.signal !== undefined) requireSignal(options.signal);
    const engine = this.#engine;
    if (!(engine instanceof NetworkEngine))
      throw new ArgumentError('stream() needs the network: the fallback reads the whole frame');
    if (engine.context.ensemble !== 1) {
      throw new ArgumentError('stream() needs ensemble 1: the other passes read the whole frame');
    }
    const { width, height, channels = 3, depth = 8 } = size;
    const frame = { width, height, channels, depth } as FrameSize;
    checkFrameSize(frame);
    const plan = planStream(frame, engine.context);
    const { signal, release } = this.acquire(options.signal);
    try {
      yield* restoreRows(this.#binding, engine.prepare(plan), plan, rows, signal);
    } finally {
      release();
    }
  }
}

type NetworkSettings = Pick<PlanContext, 'threads' | 'stripRows' | 'ensemble' | 'budgetBytes'>;

function checkOptions(options: RestorerOptions): NetworkSettings {
  requireKnownKeys('options', options, [
    'model',
    'conv',
    'convCache',
    'ensemble',
    'stripRows',
    'fallback',
    ...ENGINE_OPTIONS,
  ]);
  const { model } = options;
  if (model !== undefined && !(model instanceof Uint8Array)) requireString('model', model);
  if (options.convCache !== undefined) requireString('convCache', options.convCache);
  return {
    ...checkEngineOptions(options, DEFAULT_BUDGET),
    ensemble: requireOneOf('ensemble', options.ensemble ?? 1, [1, 2, 4]),
    stripRows: requireInteger('stripRows', options.stripRows ?? DEFAULT_STRIP_ROWS, 1, 65_535),
  };
}

interface Machine {
  readonly binding: Binding;
  readonly isa: string;
  readonly conv: ConvChoice;
  readonly cache: ConvCache | null;
}

async function openNetwork(
  { binding, isa, conv, cache }: Machine,
  source: string | Uint8Array,
  settings: NetworkSettings,
): Promise<Parts> {
  // Nothing may hold on to the tensors, which are views of the whole file.
  const { tensors, fileBytes, ...model } = await readModel(source);
  const winograd = await chooseWinograd(binding, model.shape, isa, conv, cache);
  const nativeModel = await binding.loadModel(tensors, model.shape, isa, winograd).catch((error: unknown) => {
    throw translateNativeError(error);
  });
  const { winogradLayers } = nativeModel;
  const convolutions = binding.convolutionsOf(model.shape, winogradLayers);
  const planPass = (pass: PassShape): ReturnType<Binding['planPass']> =>
    binding.planPass(model.shape, pass, isa, winogradLayers);
  const engine = new NetworkEngine(binding, nativeModel, model.name, {
    ...settings,
    shape: model.shape,
    convolutions,
    planPass,
  });
  return { binding, engine, model, fileBytes };
}

async function readModel(source: string | Uint8Array): Promise<Model & { name: string }> {
  if (typeof source !== 'string') {
    const model = await parseModel(source);
    return { ...model, name: model.metadata.name ?? 'unnamed' };
  }
  const path = await resolveModel(source);
  return { ...(await loadModelFile(path)), name: basename(path, extname(path)) };
}
