import { AtHand } from '../runtime/at-hand.js';
import { CodeChangedError, IntegrityError, NativeError, WrongAnswerError } from '../runtime/errors.js';
import { garbage } from '../runtime/garbage.js';
import { MOST_RESTARTS } from '../runtime/integrity.js';
import { ledger } from '../runtime/ledger.js';
import type { Kept, Lease } from '../runtime/ledger.js';
import type { Binding, NativeModel, NativePipeline } from '../runtime/native/binding.js';
import { translateNativeError } from '../runtime/native/loader.js';
import type { Scope } from '../runtime/scope.js';
import type { IntegrityTally } from './integrity.js';
import type { KnownAnswer } from './known-answer.js';
import { PipelineSet } from './pipeline-set.js';
import type { Plan } from './plan.js';
import type { PipelineLoan } from './row-stream.js';

/** Reads, checks and packs a model once more. Rejects with ModelError where it is not the same. */
export type ModelReload = (scope: Scope) => Promise<NativeModel>;

/** The pipelines of a plan that decide which are taken. */
type PipelineKey = Pick<Plan, 'pass' | 'pipelines'>;

/** A model in memory, with the pipelines that were made of it last: both are made anew where checks fail. */
export class LoadedModel {
  readonly heldBytes: number;
  readonly #binding: Binding;
  readonly #weights: Lease;
  readonly #pipelines = new AtHand<PipelineKey, PipelineSet>();
  readonly #reload: ModelReload | null;
  readonly #known: KnownAnswer | null;
  #model: NativeModel | null;
  /** For the known frame, from the first question on: nothing is mapped when memory may be short. */
  #knownPipeline: NativePipeline | null = null;

  /**
   * @param model which this object disposes of
   * @param reload reads the model again from where it is kept; null: it cannot be
   * @param known what it is asked for; null: nothing
   */
  constructor(binding: Binding, model: NativeModel, reload: ModelReload | null, known: KnownAnswer | null) {
    this.#binding = binding;
    this.#reload = reload;
    this.#known = known;
    this.#model = model;
    this.heldBytes = model.weightBytes + (known?.bytes ?? 0);
    this.#weights = ledger.hold(this.heldBytes, this);
  }

  get mappedBytes(): number {
    return this.#pipelines.mappedBytes;
  }

  /** What pipelines at hand take that are those of a plan; null: there are none. */
  keptFor(key: PipelineKey): Kept | null {
    return this.#pipelines.keptFor([key]);
  }

  /** The native pipelines of a plan, for use under a lease that counts them, until what is returned is disposed of. */
  use(plan: Plan): PipelineLoan {
    const { pass, pipelines: count } = plan;
    const { pipelines } = this.#pipelines.take({ pass, pipelines: count }, () =>
      new PipelineSet().fill(count, () => this.#createPipeline(plan)),
    );
    return { pipelines, [Symbol.dispose]: () => this.#pipelines.keep() };
  }

  /** Asks for the known answer, where there is one. Rejects as `KnownAnswer.ask`. */
  async ask(scope: Scope, tally: IntegrityTally): Promise<void> {
    if (!this.#known) return;
    this.#knownPipeline ??= this.#createPipeline(this.#known.plan);
    const stop = tally.watch(this.#knownPipeline);
    try {
      await this.#known.ask(this.#knownPipeline, scope, tally);
    } finally {
      stop();
    }
  }

  /**
   * Does some work, and begins it again, with the model read anew, where rows fail their checks twice or a known answer
   * is wrong. Of a model that cannot be read anew only the latter is, with memory mapped anew.
   */
  async persist<T>(work: () => Promise<T>, scope: Scope, tally: IntegrityTally): Promise<T> {
    for (let restarts = 0; ; restarts += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        if (tally.hasLostCode) throw new CodeChangedError(error.message, { cause: error });
        const isHopeless = !this.#reload && !(error instanceof WrongAnswerError);
        if (isHopeless || restarts === MOST_RESTARTS) throw error;
        await this.#renew(scope);
        tally.restarts++;
      }
    }
  }

  /** What is in memory may be wrong, wherever it came from. */
  async #renew(scope: Scope): Promise<void> {
    this.#freePipelines();
    if (!this.#reload) return;
    this.#model!.dispose();
    this.#model = await this.#reload(scope);
  }

  #freePipelines(): void {
    this.#pipelines.free();
    this.#knownPipeline?.dispose();
    this.#knownPipeline = null;
  }

  dispose(): void {
    this.#freePipelines();
    if (!this.#model) return;
    this.#model.dispose();
    this.#model = null;
    this.#weights.release();
    garbage.add(this.heldBytes);
  }

  #createPipeline({ pass, pipeline: { arenaBytes } }: Plan): NativePipeline {
    try {
      const pipeline = this.#binding.createPipeline(this.#model!, pass);
      const { mappedBytes } = pipeline;
      if (mappedBytes === arenaBytes) return pipeline;
      pipeline.dispose();
      throw new NativeError('INTERNAL', `the pipeline mapped ${mappedBytes} bytes where ${arenaBytes} were planned`);
    } catch (error) {
      throw translateNativeError(error);
    }
  }
}
