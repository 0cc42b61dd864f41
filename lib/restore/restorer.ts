import { Deconvolver } from '../deconvolve/deconvolver.js';
import { checkDeconvolveOptions } from '../deconvolve/options.js';
import type { DeconvolveOptions } from '../deconvolve/settings.js';
import type { DeconvolutionReport } from '../deconvolve/report.js';
import { checkFrameSize, completeSize } from '../image/frame.js';
import { ConvCache } from '../network/conv-cache.js';
import { chooseConv } from '../network/convolutions.js';
import type { ConvChoice } from '../network/convolutions.js';
import { DEFAULT_MODEL } from '../network/model/catalog.js';
import type { NetworkReport, NetworkRestoration } from '../network/network-restoration.js';
import { openNetwork } from '../network/open.js';
import type { ModelInfo, NetworkSettings, OpenNetwork } from '../network/open.js';
import { restoreStream } from '../network/stream.js';
import type { RowSource } from '../network/row-source.js';
import type { Strip } from '../network/stream.js';
import { FrameRestorer } from '../restoration/frame-restorer.js';
import type { PlanSize, RestoreOptions } from '../restoration/frame-restorer.js';
import { DEFAULT_BUDGET } from '../runtime/budget.js';
import { ArgumentError, ModelError } from '../runtime/errors.js';
import { INTEGRITY_MODES } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { ConvUse, IntegrityCoverage } from '../runtime/native/binding.js';
import { RUNTIME_OPTIONS, Runtime } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { requireInteger, requireKnownKeys, requireObject, requireOneOf, requireString } from '../runtime/validate.js';

/** Pass rows per native call: a multiple of 4, small enough that an abort is noticed soon. */
const DEFAULT_STRIP_ROWS = 16;

/** Passes that are averaged per frame. */
export type Ensemble = 1 | 2 | 4;

/** How frames are restored by a network. Unless told otherwise, the whole process may take 300 MB. */
export interface RestorerOptions extends RuntimeChoice {
  /** Name of a packaged model, path of a model file, or the bytes of one; 'eo-defocus-small'. */
  readonly model?: string | Uint8Array;
  /**
   * How 3x3 convolutions are summed: 'direct', 'winograd', or 'auto', what is faster on this machine, which takes at
   * most 0.3 s to find out; by default `PERIFOCAL_CONV`, or 'auto'. The output does not depend on it.
   */
  readonly conv?: ConvChoice;
  /**
   * File in which 'auto' keeps what it has found, by processor and network; made when it is missing. By default nothing
   * is kept.
   */
  readonly convCache?: string;
  /**
   * How much of the network's work is checked, so that a flipped bit is found and the work done again: 'off' (default),
   * 'checked' by exact sums, 'full', which evaluates every epilogue twice, or 'twice': checked, and every frame is
   * computed twice, in other buffers. The output does not depend on it.
   */
  readonly integrity?: IntegrityMode;
  /** Passes averaged per frame (MIMO-UNet++): 1 (default), or 2 with left-right, or 4 with all flips. */
  readonly ensemble?: Ensemble;
  /** Pass rows per native call, 1 to 65535; 16. The output does not depend on it. */
  readonly stripRows?: number;
  /**
   * How to deconvolve instead where the model is missing or damaged, on the runtime of this restorer, and with its
   * integrity unless another is given.
   */
  readonly fallback?: Omit<DeconvolveOptions, keyof RuntimeChoice>;
}

/** How a restoration went; `method` tells the kinds apart. */
export type RestorationReport = NetworkReport | DeconvolutionReport;

/** Restores frames by a network, one at a time, in a fixed amount of memory. */
export class Restorer extends FrameRestorer<NetworkReport> {
  /** The model that restores. */
  readonly model: ModelInfo;
  readonly #network: NetworkRestoration;

  private constructor(runtime: Runtime, { restoration, info }: OpenNetwork) {
    super(runtime, restoration);
    this.#network = restoration;
    this.model = info;
  }

  /**
   * Loads a model. With a fallback, what is opened may be a {@link Deconvolver} instead. Rejects with ArgumentError,
   * ModelError (unless there is a fallback), IsaError or NativeError.
   */
  static async open(options?: Omit<RestorerOptions, 'fallback'>): Promise<Restorer>;
  static async open(options: RestorerOptions): Promise<FrameRestorer<RestorationReport>>;
  static async open(options: RestorerOptions = {}): Promise<FrameRestorer<RestorationReport>> {
    const settings = checkOptions(options);
    const { integrity } = settings;
    const given = options.fallback;
    const instead = typeof given === 'object' && given !== null ? { integrity, ...given } : given;
    const fallback = instead && (await checkDeconvolveOptions(instead, 'fallback', []));
    const runtime = Runtime.of(options, DEFAULT_BUDGET);
    try {
      return new Restorer(runtime, await openNetwork(runtime, options.model ?? DEFAULT_MODEL, settings));
    } catch (error) {
      if (!fallback || !(error instanceof ModelError)) throw error;
      return new Deconvolver(runtime, fallback, error.message);
    }
  }

  /** What sums the 3x3 convolutions of each shape of the network. */
  get convolutions(): readonly ConvUse[] {
    return this.#network.context.convolutions;
  }

  /** What checks of the work can see of this model; null with integrity 'off'. */
  get coverage(): IntegrityCoverage | null {
    return this.#network.context.coverage;
  }

  /**
   * Restores rows as a sensor delivers them, in memory that does not depend on the height: whole rows of samples in,
   * whole rows out, some hundred rows later. Where the size says `masked`, rows may come with what is missing of them;
   * missing pixels are filled along their row, and come back bit for bit. Needs ensemble 1. It ends when the source has
   * ended. Rejects as `restore` does, and with ArgumentError where the source gives more or fewer rows than the size
   * says.
   */
  stream(
    rows: RowSource,
    frame: PlanSize,
    options: Pick<RestoreOptions, 'signal'> = {},
  ): AsyncGenerator<Strip, void, void> {
    const network = this.#network;
    return this.inScope(options, async function* (scope) {
      requireKnownKeys('options', options, ['signal']);
      if (network.context.ensemble !== 1) {
        throw new ArgumentError('stream() needs ensemble 1: the other passes read the whole frame');
      }
      requireObject('size', frame);
      const size = completeSize(frame);
      checkFrameSize(size, network.depths);
      yield* restoreStream(network, rows, { ...size, masked: frame.masked ?? false }, scope);
    });
  }
}

const OPTIONS: readonly (keyof RestorerOptions)[] = [
  'model',
  'conv',
  'convCache',
  'integrity',
  'ensemble',
  'stripRows',
  'fallback',
  ...RUNTIME_OPTIONS,
];

function checkOptions(options: RestorerOptions): NetworkSettings {
  requireKnownKeys('options', options, OPTIONS);
  const { model, convCache } = options;
  if (model !== undefined && !(model instanceof Uint8Array)) requireString('model', model);
  if (convCache !== undefined) requireString('convCache', convCache);
  return {
    conv: chooseConv(options.conv),
    cache: convCache === undefined ? null : new ConvCache(convCache),
    integrity: requireOneOf('integrity', options.integrity ?? 'off', INTEGRITY_MODES),
    ensemble: requireOneOf('ensemble', options.ensemble ?? 1, [1, 2, 4]),
    stripRows: requireInteger('stripRows', options.stripRows ?? DEFAULT_STRIP_ROWS, 1, 65_535),
  };
}
