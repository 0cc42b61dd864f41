import { NativeError } from '../runtime/errors.js';
import type { FrameEngine, FrameResult } from '../restoration/frame-engine.js';
import { readSource } from '../image/source.js';
import type { FrameSource } from '../image/source.js';
import { estimatePsf } from '../estimate/psf.js';
import type { EncodedImage } from '../image/decode.js';
import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import type { Binding, NativeSolver, SolverShape } from '../runtime/native/binding.js';
import { translateNativeError } from '../runtime/native/loader.js';
import type { RunOptions } from '../restoration/run-options.js';
import { Runtime } from '../runtime/runtime.js';
import { Scope } from '../runtime/scope.js';
import type { DeconvolveSettings } from './options.js';
import { planDeconvolution } from './plan.js';
import type { DeconvolutionContext, DeconvolutionPlan } from './plan.js';
import { preparePsf } from './psf-source.js';
import { deconvolveFrame } from './run.js';

/** Restores frames whose blur is known. */
export class DeconvolutionEngine implements FrameEngine<DeconvolutionPlan> {
  readonly depths = [8, 16, 32] as const;
  readonly isa: string;
  readonly threads: 1 | 2 | 3;
  readonly #binding: Binding;
  #settings: DeconvolveSettings;
  readonly #context: DeconvolutionContext;
  readonly #fallbackReason: string | null;
  #estimatedPsf: string | null = null;
  #lastPlan: { readonly key: string; readonly plan: DeconvolutionPlan } | null = null;
  #solver: { readonly key: string; readonly native: NativeSolver } | null = null;

  /** @param fallbackReason why a network is not used, for the report */
  constructor(
    binding: Binding,
    isa: string,
    settings: DeconvolveSettings,
    { threads, budgetBytes }: Pick<DeconvolutionContext, 'threads' | 'budgetBytes'>,
    fallbackReason: string | null = null,
  ) {
    this.#binding = binding;
    this.#settings = settings;
    this.#fallbackReason = fallbackReason;
    this.#context = { threads, budgetBytes, planSolver: (shape) => binding.planSolver(shape, isa) };
    this.isa = isa;
    this.threads = threads;
  }

  get mappedBytes(): number {
    return this.#solver?.native.mappedBytes ?? 0;
  }

  plan(size: AnyFrameSize, isMasked: boolean): DeconvolutionPlan {
    const key = JSON.stringify([size, isMasked]);
    if (this.#lastPlan?.key !== key)
      this.#lastPlan = { key, plan: planDeconvolution(size, isMasked, this.#settings, this.#context) };
    return this.#lastPlan.plan;
  }

  async adapt(input: EncodedImage | AnyFrame, signal: AbortSignal): Promise<void> {
    if (!this.#settings.isPsfAuto) return;
    const { threads, isa } = this;
    using scope = new Scope(Runtime.of({ threads, isa, memory: this.#context.budgetBytes }), { signal });
    const { words } = await estimatePsf(await readSource(input, signal), scope);
    this.#settings = { ...this.#settings, psf: await preparePsf(words) };
    this.#estimatedPsf = words;
    this.#lastPlan = null;
  }

  async run(source: FrameSource, plan: DeconvolutionPlan, options: RunOptions): Promise<FrameResult> {
    const start = performance.now();
    const { data, ...found } = await deconvolveFrame({
      binding: this.#binding,
      isa: this.isa,
      solverOf: (shape) => this.#solverOf(shape),
      settings: this.#settings,
      plan,
      source,
      options,
    }).catch((error: unknown) => {
      throw translateNativeError(error);
    });
    const { isa, threads } = this;
    const seconds = (performance.now() - start) / 1000;
    return {
      data,
      report: {
        method: this.#settings.method,
        isa,
        threads,
        seconds,
        ...found,
        plan,
        fallbackReason: this.#fallbackReason,
        estimatedPsf: this.#estimatedPsf,
      },
    };
  }

  /** The native solver of a shape: the one at hand where it fits, so that frames of one size map memory once. */
  #solverOf(shape: SolverShape): NativeSolver {
    const key = JSON.stringify(shape);
    if (this.#solver?.key === key) return this.#solver.native;
    this.#solver?.native.dispose();
    this.#solver = null;
    const native = this.#binding.createSolver(shape, this.isa);
    this.#solver = { key, native };
    const planned = this.#context.planSolver(shape).arenaBytes;
    if (native.mappedBytes !== planned) {
      throw new NativeError('INTERNAL', `the solver mapped ${native.mappedBytes} bytes where ${planned} were planned`);
    }
    return native;
  }

  dispose(): number {
    this.#solver?.native.dispose();
    this.#solver = null;
    return 0;
  }
}
