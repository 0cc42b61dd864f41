import type { AnyFrame } from '../image/frame.js';
import type { AnyFrameSize } from '../image/frame.js';
import type { PlannedInput } from '../operation/operation.js';
import type { OperationReport } from '../operation/report.js';
import type {
  FrameReport,
  Restoration,
  RestorationTask,
  Restored,
  WindowRestoration,
} from '../restoration/restoration.js';
import { untilTwoComputeAlike } from '../restoration/agree.js';
import type { WindowRule } from '../restoration/scene/windows.js';
import { AtHand } from '../runtime/at-hand.js';
import { Cached } from '../runtime/cached.js';
import { digestOf } from '../runtime/digest.js';
import { CodeChangedError, IntegrityError, NativeError } from '../runtime/errors.js';
import { garbage } from '../runtime/garbage.js';
import { MOST_RESTARTS, checksEnds, computations } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import { ledger } from '../runtime/ledger.js';
import type { Kept, Lease } from '../runtime/ledger.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import type { Binding, NativePipeline, NativeModel } from '../runtime/native/binding.js';
import { translateNativeError } from '../runtime/native/loader.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { IntegrityTally } from './integrity.js';
import type { IntegrityReport } from './integrity.js';
import { exactHalo } from './passes.js';
import { PipelineSet } from './pipeline-set.js';
import { planFrame, planRows } from './plan.js';
import type { Plan, PlanContext } from './plan.js';
import { createFrameMemory, restoreFrame } from './restore-frame.js';
import type { FrameMemory, Share } from './restore-frame.js';
import { RowStream } from './row-stream.js';
import type { PipelineLoan } from './row-stream.js';

/** How a restoration by the network went. */
export interface NetworkReport extends FrameReport<Plan> {
  readonly operation: 'restore';
  readonly method: 'network';
  /** Name of the model. */
  readonly model: string;
  /** 1e9 multiply-accumulates per second, over `seconds`. */
  readonly gmacPerSecond: number;
  /** Where integrity is not 'off'. */
  readonly integrity?: IntegrityReport;
}

/** A frame with the memory that it is restored in. */
type FrameWork = RestorationTask & { readonly memory: FrameMemory };

/** Reads, checks and packs a model once more. Rejects with ModelError where it is not the same. */
export type ModelReload = (scope: Scope) => Promise<NativeModel>;

/** Restores frames by a network, streamed. */
export class NetworkRestoration implements Restoration<NetworkReport> {
  readonly name = 'restore';
  readonly depths = [8, 16, 32] as const;
  /** What is missing ends within blocks of 4 x 4 pixels, of which the network sees the rest. */
  readonly continuation = 'curved';
  readonly integrity: IntegrityMode;
  readonly heldBytes: number;
  readonly context: PlanContext;
  readonly #binding: Binding;
  readonly #modelName: string;
  readonly #modelSha256: string;
  readonly #weights: Lease;
  readonly #plans = new Cached<PlannedInput, Plan>();
  readonly #pipelines = new AtHand<Pick<Plan, 'pass' | 'pipelines'>, PipelineSet>();
  readonly #reload: ModelReload | null;
  #model: NativeModel | null;

  /**
   * @param model which this object disposes of
   * @param reload reads the model again from where it is kept; null: it cannot be
   */
  constructor(
    binding: Binding,
    model: NativeModel,
    info: { readonly name: string; readonly sha256: string },
    context: PlanContext,
    reload: ModelReload | null,
  ) {
    this.#binding = binding;
    this.#reload = reload;
    this.#model = model;
    this.#modelName = info.name;
    this.#modelSha256 = info.sha256;
    this.context = context;
    this.integrity = context.integrity;
    this.heldBytes = model.weightBytes;
    this.#weights = ledger.hold(this.heldBytes, this);
  }

  get mappedBytes(): number {
    return this.#pipelines.mappedBytes;
  }

  plan(input: PlannedInput): Plan {
    // Planning takes some milliseconds.
    return this.#plans.get(input, () => planFrame(input, this.context));
  }

  keptFor({ pass, pipelines }: Plan): Kept | null {
    return this.#pipelines.keptFor([{ pass, pipelines }]);
  }

  get identity(): string {
    const { shape, ensemble } = this.context;
    return JSON.stringify({ method: 'network', model: this.#modelName, sha256: this.#modelSha256, shape, ensemble });
  }

  /** Exact: a window gives the bytes of the whole frame. Flipped passes see the frame the other way round. */
  windowRule(): WindowRule {
    const { before, after } = exactHalo(this.context.shape.residualBlocks);
    return { before: Math.max(before, after), after: Math.max(before, after), fade: 0 };
  }

  workOf({ macs }: Plan): number {
    return macs;
  }

  /** Other passes of an ensemble read the scene from below; what is read or computed twice is compared by windows. */
  planStream(size: AnyFrameSize, held: readonly PlannedBuffer[]): Plan | null {
    const { ensemble, integrity } = this.context;
    return ensemble === 1 && !checksEnds(integrity) ? planRows(size, held, this.context) : null;
  }

  /** Windows share nothing that must be found out. */
  async survey(): Promise<WindowRestoration<NetworkReport>> {
    let macs = 0;
    const tally = new IntegrityTally();
    return {
      continuation: this.continuation,
      run: (task, plan, scope) => {
        macs += plan.macs;
        return this.#restore(task, plan, scope, tally);
      },
      stream: (rows, plan, scope) => {
        tally.computations++;
        const use = (part: Plan): PipelineLoan => {
          macs += part.macs;
          return this.#watch(part, tally);
        };
        const { context } = this;
        return new RowStream({ context, use, persist: (work) => this.#persist(work, scope, tally) }, plan, rows, scope);
      },
      report: (base) => this.#reportOf(base, macs, tally),
    };
  }

  async run(task: RestorationTask, plan: Plan, scope: Scope): Promise<Restored<NetworkReport>> {
    const tally = new IntegrityTally();
    const data = await this.#restore(task, plan, scope, tally);
    return { data, report: (base) => this.#reportOf(base, plan.macs, tally) };
  }

  /** The restored samples: computed once, or until two computations agree. */
  async #restore(task: RestorationTask, plan: Plan, scope: Scope, tally: IntegrityTally): Promise<AnyFrame['data']> {
    const memory = createFrameMemory(plan, task.frame);
    const pauses = new Pauses(scope.signal);
    const compute = async (index: number): Promise<void> => {
      const share = { index, of: Math.max(index + 1, computations(plan.integrity)) };
      await this.#persist(() => this.#attempt({ ...task, memory }, plan, share, scope, tally), scope, tally);
      tally.computations++;
    };
    if (plan.integrity !== 'twice') await compute(0);
    else
      await untilTwoComputeAlike(async (index) => {
        await compute(index);
        return await digestOf([memory.output], pauses);
      }, tally);
    return memory.output;
  }

  /** Does some work, and begins it again, with the model read anew, where rows fail their checks twice. */
  async #persist<T>(work: () => Promise<T>, scope: Scope, tally: IntegrityTally): Promise<T> {
    for (let restarts = 0; ; restarts += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        if (tally.hasLostCode) throw new CodeChangedError(error.message, { cause: error });
        if (!this.#reload || restarts === MOST_RESTARTS) throw error;
        await this.#renewModel(this.#reload, scope);
        tally.restarts++;
      }
    }
  }

  /** One computation after the other takes another pipeline, where there are two: other memory. */
  async #attempt(work: FrameWork, plan: Plan, share: Share, scope: Scope, tally: IntegrityTally): Promise<void> {
    using used = this.#watch(plan, tally);
    await restoreFrame(used.pipelines[share.index % used.pipelines.length]!, plan, work, share, scope);
  }

  /** The pipelines of a plan, whose checks are counted. */
  #watch(plan: Plan, tally: IntegrityTally): PipelineLoan {
    const used = this.use(plan);
    const stops = this.context.coverage ? used.pipelines.map((pipeline) => tally.watch(pipeline)) : [];
    return {
      pipelines: used.pipelines,
      [Symbol.dispose]: () => {
        for (const stop of stops) stop();
        used[Symbol.dispose]();
      },
    };
  }

  /** What is in memory may be wrong, wherever it came from. */
  async #renewModel(reload: ModelReload, scope: Scope): Promise<void> {
    this.#pipelines.free();
    this.#model!.dispose();
    this.#model = await reload(scope);
  }

  #reportOf(base: OperationReport<Plan>, macs: number, tally: IntegrityTally): NetworkReport {
    const { integrity, coverage } = this.context;
    return {
      ...base,
      operation: this.name,
      method: 'network',
      model: this.#modelName,
      gmacPerSecond: macs / 1e9 / base.seconds,
      ...(coverage && { integrity: tally.report(integrity, coverage) }),
      warnings: [...base.warnings, ...this.context.warnings],
    };
  }

  /** The native pipelines of a plan, for use under a lease that counts them, until what is returned is disposed of. */
  use(plan: Plan): PipelineLoan {
    const { pass, pipelines: count } = plan;
    const { pipelines } = this.#pipelines.take({ pass, pipelines: count }, () =>
      new PipelineSet().fill(count, () => this.#createPipeline(plan)),
    );
    return { pipelines, [Symbol.dispose]: () => this.#pipelines.keep() };
  }

  dispose(): void {
    this.#pipelines.free();
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
