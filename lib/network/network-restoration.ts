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
import { Cached } from '../runtime/cached.js';
import { digestOf } from '../runtime/digest.js';
import { checksEnds, computations } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { Kept } from '../runtime/ledger.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import type { Binding, NativeModel } from '../runtime/native/binding.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import { IntegrityTally } from './integrity.js';
import type { IntegrityReport } from './integrity.js';
import type { KnownAnswer } from './known-answer.js';
import { exactHalo } from './passes.js';
import { LoadedModel } from './loaded-model.js';
import type { ModelReload } from './loaded-model.js';
import { planRows } from './plan-rows.js';
import { planFrame } from './plan.js';
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

/** Restores frames by a network, streamed. */
export class NetworkRestoration implements Restoration<NetworkReport> {
  readonly name = 'restore';
  readonly depths = [8, 16, 32] as const;
  /** What is missing ends within blocks of 4 x 4 pixels, of which the network sees the rest. */
  readonly continuation = 'curved';
  readonly integrity: IntegrityMode;
  readonly heldBytes: number;
  readonly context: PlanContext;
  readonly #modelName: string;
  readonly #modelSha256: string;
  readonly #plans = new Cached<PlannedInput, Plan>();
  readonly #model: LoadedModel;
  readonly #known: KnownAnswer | null;

  /**
   * @param model which this object disposes of
   * @param reload reads the model again from where it is kept; null: it cannot be
   * @param known what the model is asked for now and then; null: nothing, with integrity 'off'
   */
  constructor(
    binding: Binding,
    model: NativeModel,
    info: { readonly name: string; readonly sha256: string },
    context: PlanContext,
    reload: ModelReload | null,
    known: KnownAnswer | null,
  ) {
    this.#model = new LoadedModel(binding, model, reload, known);
    this.#known = known;
    this.#modelName = info.name;
    this.#modelSha256 = info.sha256;
    this.context = context;
    this.integrity = context.integrity;
    this.heldBytes = this.#model.heldBytes;
  }

  get mappedBytes(): number {
    return this.#model.mappedBytes;
  }

  /** Asks for the known answer for the first time; twice where the package has none. Rejects with IntegrityError. */
  async begin(scope: Scope, tally: IntegrityTally): Promise<void> {
    const ask = async (): Promise<void> => {
      this.#known?.forget();
      await this.#model.ask(scope, tally);
      if (this.#known?.origin === 'opening') await this.#model.ask(scope, tally);
    };
    await this.#model.persist(ask, scope, tally);
  }

  plan(input: PlannedInput): Plan {
    // Planning takes some milliseconds.
    return this.#plans.get(input, () => planFrame(input, this.context));
  }

  keptFor({ pass, pipelines }: Plan): Kept | null {
    return this.#model.keptFor({ pass, pipelines });
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
        const persist = <T>(work: () => Promise<T>): Promise<T> => this.#model.persist(work, scope, tally);
        const ask = (): Promise<void> => this.#model.ask(scope, tally);
        return new RowStream({ context: this.context, use, persist, ask }, plan, rows, scope);
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
      const attempt = async (): Promise<void> => {
        await this.#attempt({ ...task, memory }, plan, share, scope, tally);
        await this.#prove(plan.macs, task.part !== undefined, scope, tally);
      };
      await this.#model.persist(attempt, scope, tally);
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

  /**
   * Asks for the known answer, where it is time to. Rejects as `KnownAnswer.ask`.
   * @param isPart of what cannot be taken back once it is written: it is always time
   */
  async #prove(macs: number, isPart: boolean, scope: Scope, tally: IntegrityTally): Promise<void> {
    if (isPart || this.#known?.isDue(macs)) await this.#model.ask(scope, tally);
    else this.#known?.trust(macs);
  }

  /**
   * Asks for the known answer as `restore` does, for rows that cannot be computed again. Rejects with IntegrityError.
   * @param macs of all rows since the last right answer
   * @param isLast whether no rows come after these: it is always time
   */
  async proveRows(macs: number, isLast: boolean, scope: Scope): Promise<boolean> {
    if (!this.#known || !(isLast || this.#known.isDue(macs))) return false;
    await this.#model.ask(scope, new IntegrityTally());
    return true;
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

  /** One computation after the other takes another pipeline, where there are two: other memory. */
  async #attempt(work: FrameWork, plan: Plan, share: Share, scope: Scope, tally: IntegrityTally): Promise<void> {
    using used = this.#watch(plan, tally);
    await restoreFrame(used.pipelines[share.index % used.pipelines.length]!, plan, work, share, scope);
  }

  /** The native pipelines of a plan, as `LoadedModel.use`. */
  use(plan: Plan): PipelineLoan {
    return this.#model.use(plan);
  }

  dispose(): void {
    this.#model.dispose();
  }

  #reportOf(base: OperationReport<Plan>, macs: number, tally: IntegrityTally): NetworkReport {
    const { integrity, coverage } = this.context;
    return {
      ...base,
      operation: this.name,
      method: 'network',
      model: this.#modelName,
      gmacPerSecond: macs / 1e9 / base.seconds,
      ...(coverage && { integrity: tally.report(integrity, coverage, this.#known!.origin) }),
      warnings: [...base.warnings, ...this.context.warnings, ...tally.warnings],
    };
  }
}
