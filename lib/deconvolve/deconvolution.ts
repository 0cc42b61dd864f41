import { createHash } from 'node:crypto';
import { estimatePsf } from '../estimate/psf.js';
import type { EstimatedPsf } from '../estimate/psf.js';
import type { PlannedInput } from '../operation/operation.js';
import type { OperationReport } from '../operation/report.js';
import type {
  Restoration,
  RestorationTask,
  Restored,
  SceneSurvey,
  WindowRestoration,
} from '../restoration/restoration.js';
import type { WindowRule } from '../restoration/scene/windows.js';
import { AtHand } from '../runtime/at-hand.js';
import { Cached } from '../runtime/cached.js';
import { NativeError } from '../runtime/errors.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { Kept } from '../runtime/ledger.js';
import type { Binding, NativeSolver, SolverShape } from '../runtime/native/binding.js';
import { translateNativeError } from '../runtime/native/loader.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Scope } from '../runtime/scope.js';
import { defined } from '../runtime/validate.js';
import { deconvolveFrame } from './deconvolve-frame.js';
import { GuardTally, deconvolveGuarded } from './guarded.js';
import type { SolverSource } from './part-solver.js';
import type { DeconvolveSettings } from './settings.js';
import { windowRuleOf } from './cuts.js';
import { planDeconvolution, work } from './plan.js';
import type { DeconvolutionContext, DeconvolutionPlan } from './plan.js';
import { preparePsf } from './psf-source.js';
import type { DeconvolutionFacts, DeconvolutionReport } from './report.js';
import { surveyScene } from './survey.js';
import { meanFacts } from './window-facts.js';
import type { WindowFacts } from './window-facts.js';

/** What a frame is deconvolved with, once its kernel is known. */
interface KnownBlur {
  readonly settings: DeconvolveSettings;
  readonly plan: DeconvolutionPlan;
  /** The kernel in words, where it was estimated. */
  readonly estimatedPsf: string | null;
}

/** Restores frames whose blur is known, or can be estimated. */
export class Deconvolution implements Restoration<DeconvolutionReport> {
  readonly name = 'deconvolve' as const;
  readonly depths = [8, 16, 32] as const;
  readonly continuation = 'level';
  readonly integrity: IntegrityMode;
  readonly heldBytes = 0;
  readonly #binding: Binding;
  readonly #isa: string;
  readonly #settings: DeconvolveSettings;
  readonly #context: DeconvolutionContext;
  readonly #fallbackReason: string | null;
  readonly #plans = new Cached<object, DeconvolutionPlan>();
  readonly #solver = new AtHand<SolverShape, NativeSolver>();

  /**
   * @param fallbackReason why a network is not used, for the report
   * @param othersBytes what others hold of the budget as long as this object is
   */
  constructor(runtime: Runtime, settings: DeconvolveSettings, fallbackReason: string | null, othersBytes = 0) {
    const { binding, isa, threads } = runtime;
    const budgetBytes = runtime.budgetBytes - othersBytes;
    this.#binding = binding;
    this.#isa = isa;
    this.#settings = settings;
    this.integrity = settings.integrity;
    this.#fallbackReason = fallbackReason;
    this.#context = {
      threads,
      budgetBytes,
      planSolver: (shape) => binding.planSolver(shape, isa),
      defectScratchBytes: (width, height) => binding.defectScratchBytes(width, height, threads),
    };
  }

  get mappedBytes(): number {
    return this.#solver.mappedBytes;
  }

  plan(input: PlannedInput): DeconvolutionPlan {
    return this.#plans.get(input, () => planDeconvolution(input, this.#settings, this.#context));
  }

  keptFor({ shape, probe, withDefects }: DeconvolutionPlan): Kept | null {
    // Which of them it is depends on what is found in a frame; the plan counts the largest.
    const shapes = [shape, probe, withDefects?.shape, withDefects?.probe];
    const either = shapes.flatMap((one) => (one ? [true, false].map((masked) => ({ ...one, masked })) : []));
    return this.#solver.keptFor(either);
  }

  get identity(): string {
    // What is checked decides no byte.
    const { knownDefects, integrity: _, ...settings } = this.#settings;
    return createHash('sha256')
      .update(JSON.stringify(settings))
      .update(knownDefects?.data ?? '')
      .digest('hex');
  }

  windowRule(): WindowRule | null {
    return windowRuleOf(this.#settings);
  }

  /** A transform needs all of a window. */
  planStream(): null {
    return null;
  }

  workOf(plan: DeconvolutionPlan): number {
    return work(plan);
  }

  /** @param estimated the kernel, where it was to be estimated and has been */
  async survey(
    survey: SceneSurvey<DeconvolutionReport>,
    scope: Scope,
    estimated: EstimatedPsf | null = null,
  ): Promise<WindowRestoration<DeconvolutionReport>> {
    const found = await this.#keepingSolver(() => surveyScene(this.#settings, survey, this.#solvers, scope, estimated));
    const { settings, estimatedPsf, stopReason } = found;
    const all: WindowFacts[] = [];
    const said = new Set<string>();
    const tally = new GuardTally();
    const planFor = (task: RestorationTask, leased: DeconvolutionPlan): DeconvolutionPlan =>
      this.#settings.isPsfAuto ? this.#replan(settings, task, leased) : this.#planWithoutMask(task, leased);
    return {
      continuation: this.continuation,
      run: async (task, leased, windowScope) => {
        const found = planFor(task, leased);
        const withDefects = found.withDefects && { ...found.withDefects, probe: null };
        const plan = { ...found, probe: null, withDefects };
        const { data, facts, warnings } = await this.#deconvolve(settings, task, plan, tally, windowScope);
        for (const warning of warnings) said.add(warning);
        const { from, to } = task.part!;
        const own = stopReason === null || facts.stopReason === 'blank' ? facts : { ...facts, stopReason };
        all.push({ ...own, rows: to - from });
        return data;
      },
      report: (base) => {
        const blur = { settings, plan: base.plan, estimatedPsf };
        return this.#reportOf(base, blur, meanFacts(all, settings), [...said], tally);
      },
    };
  }

  /** @param estimated the kernel, where it was to be estimated and has been */
  async run(
    task: RestorationTask,
    leased: DeconvolutionPlan,
    scope: Scope,
    estimated: EstimatedPsf | null = null,
  ): Promise<Restored<DeconvolutionReport>> {
    const blur = await this.#knowBlur(task, leased, scope, estimated);
    const tally = new GuardTally();
    const { data, facts, warnings } = await this.#deconvolve(blur.settings, task, blur.plan, tally, scope);
    return { data, report: (base) => this.#reportOf(base, blur, facts, warnings, tally) };
  }

  #reportOf(
    base: OperationReport<DeconvolutionPlan>,
    { settings, plan, estimatedPsf }: KnownBlur,
    facts: DeconvolutionFacts,
    found: readonly string[],
    { restarts, computations, differences }: GuardTally,
  ): DeconvolutionReport {
    const { name: operation } = this;
    const own = { operation, method: settings.method, ...facts, plan, estimatedPsf, kernels: settings.psf.facts };
    const warnings = [...base.warnings, ...found];
    const mode = this.integrity;
    const integrity = mode === 'off' ? undefined : { mode, restarts, computations, differences };
    return { ...base, ...own, ...defined({ integrity }), fallbackReason: this.#fallbackReason, warnings };
  }

  dispose(): void {
    this.#solver.free();
  }

  /** The kernel of this frame, and the plan for it, within the memory that was planned for the largest kernel. */
  async #knowBlur(
    task: RestorationTask,
    leased: DeconvolutionPlan,
    scope: Scope,
    estimated: EstimatedPsf | null,
  ): Promise<KnownBlur> {
    if (!this.#settings.isPsfAuto)
      return { settings: this.#settings, plan: this.#planWithoutMask(task, leased), estimatedPsf: null };
    const { psf, words } = estimated ?? (await estimatePsf(task, scope));
    const settings = { ...this.#settings, psf: await preparePsf(psf), isPsfAuto: false };
    return { settings, plan: this.#replan(settings, task, leased), estimatedPsf: words };
  }

  /** The plan for a frame of which nothing may be missing after all. */
  #planWithoutMask({ valid }: RestorationTask, leased: DeconvolutionPlan): DeconvolutionPlan {
    const masked = valid !== null || this.#settings.saturation <= 1;
    return { ...leased, shape: { ...leased.shape, masked: masked && leased.shape.masked } };
  }

  /** The plan for a kernel that is known now. */
  #replan(settings: DeconvolveSettings, { valid }: RestorationTask, leased: DeconvolutionPlan): DeconvolutionPlan {
    const { codecBytes } = leased;
    const input = { size: leased.frame, buffers: [], isMasked: valid !== null, ...defined({ codecBytes }) };
    const context = { ...this.#context, budgetBytes: leased.bytes };
    const { tiles, shape, solver, probe, withDefects, keepsSolver } = planDeconvolution(input, settings, context);
    return { ...leased, tiles, shape, solver, probe, withDefects, keepsSolver };
  }

  #deconvolve(
    settings: DeconvolveSettings,
    task: RestorationTask,
    plan: DeconvolutionPlan,
    tally: GuardTally,
    scope: Scope,
  ): ReturnType<typeof deconvolveFrame> {
    const compute = (): ReturnType<typeof deconvolveFrame> =>
      deconvolveFrame(this.#solvers, settings, task, plan, scope);
    return this.#keepingSolver(() =>
      deconvolveGuarded(this.integrity, compute, () => this.#solver.free(), tally, scope),
    );
  }

  /** Does some work with solvers, the last of which stays at hand. */
  async #keepingSolver<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#solver.keep();
    }
  }

  get #solvers(): SolverSource {
    return {
      of: (shape) => this.#solver.take(shape, () => this.#createSolver(shape)),
      free: () => this.#solver.free(),
    };
  }

  #createSolver(shape: SolverShape): NativeSolver {
    const planned = this.#context.planSolver(shape).arenaBytes;
    try {
      const solver = this.#binding.createSolver(shape, this.#isa);
      const { mappedBytes } = solver;
      if (mappedBytes === planned) return solver;
      solver.dispose();
      throw new NativeError('INTERNAL', `the solver mapped ${mappedBytes} bytes where ${planned} were planned`);
    } catch (error) {
      throw translateNativeError(error);
    }
  }
}
