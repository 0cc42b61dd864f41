import { ledger } from '../../runtime/ledger.js';
import type { Lease } from '../../runtime/ledger.js';
import { bytesOf } from '../../runtime/memory-plan.js';
import type { PlannedBuffer } from '../../runtime/memory-plan.js';
import type {
  NativeIdentification,
  NativeStarIndex,
  NativeTicket,
  StarIndexShape,
} from '../../runtime/native/binding.js';
import type { Camera } from '../sky/camera.js';
import { Pauses } from '../../runtime/pauses.js';
import { Runtime } from '../../runtime/runtime.js';
import { Scope } from '../../runtime/scope.js';
import { Turns } from '../../runtime/turns.js';
import { defined } from '../../runtime/validate.js';
import { StarCatalogue } from '../sky/star-catalogue.js';
import { RECORD_BYTES } from '../sky/star-table.js';
import { brightest, requestNear, requestOf } from './field.js';
import type { SeenStar } from './field.js';
import { toIdentification } from './identification.js';
import type { Identification } from './identification.js';
import { checkIdentifier, checkIdentify } from './options.js';
import type { IdentifierOptions, IdentifierSettings, IdentifyOptions, IdentifySettings } from './options.js';
import { toExpectedPose } from './prior.js';
import type { AttitudePrior } from './prior.js';
import { shapeOf } from './tiers.js';

/** What native code is asked about stars, as a camera has them. */
interface Question {
  readonly seen: readonly SeenStar[];
  readonly camera: Camera;
  readonly isFollowed: boolean;
  ask(ticket: NativeTicket): Promise<NativeIdentification>;
}

/** A catalogue made ready to identify frames of one camera. Works on one frame at a time. */
export class StarIdentifier implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #settings: IdentifierSettings;
  readonly #catalogue: StarCatalogue;
  readonly #index: NativeStarIndex;
  readonly #held: Lease;
  readonly #turns = new Turns('identifier');
  /** What it takes, in bytes, until it is disposed of. */
  readonly buffers: readonly PlannedBuffer[];

  private constructor(runtime: Runtime, settings: IdentifierSettings, catalogue: StarCatalogue, opened: Opened) {
    this.#runtime = runtime;
    this.#settings = settings;
    this.#catalogue = catalogue;
    this.#index = opened.index;
    this.buffers = opened.buffers;
    this.#held = ledger.hold(bytesOf(opened.buffers), this);
  }

  /**
   * Makes the index: 8 MB and a quarter of a second with the packaged catalogue. Rejects with ArgumentError, ModelError
   * (the catalogue), BudgetError, IsaError or NativeError.
   */
  static async open(options: IdentifierOptions): Promise<StarIdentifier> {
    const settings = checkIdentifier(options);
    const runtime = Runtime.of(defined(pickRuntime(options)));
    const catalogue = options.catalogue ?? (await StarCatalogue.packaged());
    return new StarIdentifier(runtime, settings, catalogue, await openIndex(runtime, settings, catalogue));
  }

  /**
   * Which stars these are, and where the camera looked; or why that cannot be told. Rejects with ArgumentError, for a
   * place or flux that is no number among others, with the signal's reason, NativeError, or StateError while another
   * frame runs and after `dispose`.
   * @param stars of one frame, in any order
   */
  async identify(stars: readonly SeenStar[], options: IdentifyOptions = {}): Promise<Identification> {
    const settings = checkIdentify(options);
    const { camera } = this.#settings;
    const near = settings.prior && this.#askNear(stars, settings.prior, settings);
    const seen = brightest(stars, camera, settings.maxStars);
    const far: Question = {
      seen,
      camera,
      isFollowed: false,
      ask: (ticket) => this.#index.identify(requestOf(seen, this.#settings, settings), ticket),
    };
    return await this.#turns.run(this.#runtime, defined({ signal: options.signal }), async (scope) => {
      const begin = performance.now();
      const followed = near && (await this.#answer(near, settings, begin, scope));
      return followed?.status === 'solved' ? followed : await this.#answer(far, settings, begin, scope);
    });
  }

  #askNear(stars: readonly SeenStar[], prior: AttitudePrior, settings: IdentifySettings): Question {
    const { camera = this.#settings.camera } = prior;
    const seen = brightest(stars, camera, settings.maxStars);
    const request = requestNear(seen, camera, this.#settings, settings);
    return {
      seen,
      camera,
      isFollowed: true,
      ask: (ticket) => this.#index.follow(request, toExpectedPose(prior), ticket),
    };
  }

  async #answer(
    { seen, camera, isFollowed, ask }: Question,
    settings: IdentifySettings,
    begin: number,
    scope: Scope,
  ): Promise<Identification> {
    const found = await scope.call((_, ticket) => ask(ticket), 1);
    const milliseconds = performance.now() - begin;
    const { epochYear, camera: nominal } = this.#settings;
    const { velocity } = settings;
    const how = { catalogue: this.#catalogue, epochYear, velocity, milliseconds };
    return toIdentification({ found, seen, camera, nominal, isFollowed, ...how });
  }

  /** Ends a search under way with StateError, and frees the index. Idempotent. */
  async dispose(): Promise<void> {
    await this.#turns.dispose();
    this.#index.dispose();
    this.#held.release();
  }

  /** The same as `dispose`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

const pickRuntime = ({ runtime, memory, threads, isa, nativeBinding }: IdentifierOptions) => ({
  runtime,
  memory,
  threads,
  isa,
  nativeBinding,
});

interface Opened {
  readonly index: NativeStarIndex;
  readonly buffers: readonly PlannedBuffer[];
}

async function openIndex(runtime: Runtime, settings: IdentifierSettings, catalogue: StarCatalogue): Promise<Opened> {
  using scope = new Scope(runtime);
  const shape = shapeOf(settings, catalogue.count);
  const buffers = [
    { name: 'catalogue of stars', bytes: RECORD_BYTES * catalogue.count },
    { name: 'index of stars', bytes: scope.binding.planStarIndex(shape) },
  ];
  const moving = { name: 'directions of stars', bytes: (3 * 8 + 4) * catalogue.count };
  const request = {
    bytes: bytesOf([...buffers, moving]),
    budgetBytes: runtime.budgetBytes,
    purpose: `An index of ${catalogue.count} stars`,
  };
  using _room = await ledger.reserve(request, scope.signal);
  return { index: await createIndex(scope, shape, settings, catalogue), buffers };
}

async function createIndex(
  scope: Scope,
  shape: StarIndexShape,
  { epochYear }: IdentifierSettings,
  catalogue: StarCatalogue,
): Promise<NativeStarIndex> {
  const pauses = new Pauses();
  const directions = new Float64Array(3 * catalogue.count);
  const magnitudes = new Float32Array(catalogue.count);
  for (let index = 0; index < catalogue.count; index += 1) {
    if (pauses.isDue) await pauses.take();
    directions.set(catalogue.direction(index, epochYear), 3 * index);
    magnitudes[index] = catalogue.magnitude(index);
  }
  return scope.call((binding, ticket) => binding.createStarIndex(shape, directions, magnitudes, ticket), 1);
}

/**
 * Identifies the stars of one frame with an index of its own: for many frames open a {@link StarIdentifier}, which
 * makes that once. Rejects as `StarIdentifier.open` and its `identify`.
 */
export async function identify(
  stars: readonly SeenStar[],
  options: IdentifierOptions & IdentifyOptions,
): Promise<Identification> {
  const { maxStars, sigmaPx, magnitudeSigma, falsePositive, mostHypotheses, ...others } = options;
  const { timeoutMs, velocity, prior, signal, extraPx, ...rest } = others;
  const judging = { maxStars, sigmaPx, magnitudeSigma, falsePositive, mostHypotheses };
  const own = { ...judging, extraPx, timeoutMs, velocity, prior, signal };
  await using identifier = await StarIdentifier.open(rest);
  return await identifier.identify(stars, defined(own));
}
