import { ArgumentError, NativeError } from '../runtime/errors.js';
import type { FrameEngine, FrameResult } from '../restoration/frame-engine.js';
import type { FrameSource } from '../image/source.js';
import type { Frame, FrameSize } from '../image/frame.js';
import type { Binding, NativeEngine, NativeModel } from '../runtime/native/binding.js';
import { translateNativeError } from '../runtime/native/loader.js';
import type { RunOptions } from '../restoration/run-options.js';
import { planFrame } from './plan.js';
import type { Plan, PlanContext } from './plan.js';
import { restoreFrame } from './run.js';

/** Restores frames by a network, streamed. */
export class NetworkEngine implements FrameEngine<Plan> {
  readonly depths = [8, 16] as const;
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  readonly context: PlanContext;
  readonly #binding: Binding;
  readonly #modelName: string;
  #nativeModel: NativeModel | null;
  #lastPlan: { readonly key: string; readonly plan: Plan } | null = null;
  #engine: { readonly key: string; readonly native: NativeEngine } | null = null;

  constructor(binding: Binding, nativeModel: NativeModel, modelName: string, context: PlanContext) {
    this.#binding = binding;
    this.#nativeModel = nativeModel;
    this.#modelName = modelName;
    this.context = context;
    this.isa = nativeModel.isa;
    this.threads = context.threads;
  }

  get mappedBytes(): number {
    return this.#engine?.native.mappedBytes ?? 0;
  }

  plan(frame: FrameSize, isMasked: boolean): Plan {
    if (isMasked) throw new ArgumentError('The network takes no mask of valid pixels');
    const key = JSON.stringify(frame);
    // Planning takes some milliseconds; frames of one camera have one size.
    if (this.#lastPlan?.key !== key) this.#lastPlan = { key, plan: planFrame(frame, this.context) };
    return this.#lastPlan.plan;
  }

  async run({ frame }: FrameSource, plan: Plan, options: RunOptions): Promise<FrameResult> {
    const start = performance.now();
    const data = await restoreFrame(this.#binding, this.prepare(plan), plan, frame as Frame, options);
    const seconds = (performance.now() - start) / 1000;
    const { isa, threads } = this;
    return {
      data,
      report: {
        method: 'network',
        model: this.#modelName,
        isa,
        threads,
        seconds,
        gmacPerSecond: plan.macs / 1e9 / seconds,
        plan,
      },
    };
  }

  /** The native engine for a plan: the one at hand where it fits, so that frames of one size map memory once. */
  prepare(plan: Plan): NativeEngine {
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
      throw new NativeError(
        'INTERNAL',
        `the engine mapped ${mappedBytes} bytes where ${plan.engine.arenaBytes} were planned`,
      );
    }
    return this.#engine.native;
  }

  dispose(): number {
    const weightBytes = this.#nativeModel?.weightBytes ?? 0;
    this.#nativeModel = null;
    this.#engine?.native.dispose();
    this.#engine = null;
    return weightBytes;
  }
}
