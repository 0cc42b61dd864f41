import { Deconvolver } from '../deconvolve/deconvolver.js';
import type { DeconvolutionReport } from '../deconvolve/report.js';
import { checkDeconvolveOptions } from '../deconvolve/options.js';
import { DEFAULT_MODEL } from '../network/model/catalog.js';
import type { NetworkReport, NetworkRestoration } from '../network/network-restoration.js';
import { openNetwork } from '../network/open.js';
import type { ModelInfo, OpenNetwork } from '../network/open.js';
import type { RowSource } from '../network/row-source.js';
import type { Strip } from '../network/stream.js';
import { FrameRestorer } from '../restoration/frame-restorer.js';
import type { PlanSize, RestoreOptions } from '../restoration/frame-restorer.js';
import { DEFAULT_BUDGET } from '../runtime/budget.js';
import { ModelError } from '../runtime/errors.js';
import type { ConvUse, IntegrityCoverage } from '../runtime/native/binding.js';
import { Runtime } from '../runtime/runtime.js';
import type { ChosenReport } from './chosen-report.js';
import { ChoosingRestorer } from './choosing-restorer.js';
import { AUTO_MODEL, checkRestorerOptions } from './options.js';
import type { ChoosingOptions, RestorerOptions } from './options.js';
import { streamRows } from './stream-rows.js';

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
   * Loads a model. With the model 'auto', what is opened chooses the means for each frame; with a fallback, it may be a
   * {@link Deconvolver}. Rejects with ArgumentError, ModelError (unless there is another way), IsaError or NativeError.
   */
  static async open(options: ChoosingOptions): Promise<ChoosingRestorer>;
  static async open(options?: Omit<RestorerOptions, 'fallback'>): Promise<Restorer>;
  static async open(options: RestorerOptions): Promise<FrameRestorer<RestorationReport>>;
  static async open(
    options: RestorerOptions | ChoosingOptions,
  ): Promise<FrameRestorer<RestorationReport | ChosenReport>>;
  static async open(
    options: RestorerOptions | ChoosingOptions = {},
  ): Promise<FrameRestorer<RestorationReport | ChosenReport>> {
    return isChoosing(options) ? await ChoosingRestorer.open(options) : await openNamed(options);
  }

  /** What `openNamed` has loaded. @internal */
  static of(runtime: Runtime, network: OpenNetwork): Restorer {
    return new Restorer(runtime, network);
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
    return this.inScope(options, (scope) => streamRows(this.#network, rows, frame, options, scope));
  }
}

// Whoever gives no options at all is told so where they are checked.
const isChoosing = (options: RestorerOptions | ChoosingOptions | null): options is ChoosingOptions =>
  options?.model === AUTO_MODEL;

async function openNamed(options: RestorerOptions): Promise<FrameRestorer<RestorationReport>> {
  const settings = checkRestorerOptions(options);
  const { integrity } = settings;
  const given = options.fallback;
  const instead = typeof given === 'object' && given !== null ? { integrity, ...given } : given;
  const fallback = instead && (await checkDeconvolveOptions(instead, 'fallback', []));
  const runtime = Runtime.of(options, DEFAULT_BUDGET);
  try {
    return Restorer.of(runtime, await openNetwork(runtime, options.model ?? DEFAULT_MODEL, settings));
  } catch (error) {
    if (!fallback || !(error instanceof ModelError)) throw error;
    return new Deconvolver(runtime, fallback, error.message);
  }
}
