import { Deconvolution } from '../deconvolve/deconvolution.js';
import type { DeconvolveSettings } from '../deconvolve/settings.js';
import { isLargeEnough } from '../estimate/block-grid.js';
import { lookAt } from '../estimate/look.js';
import type { NetworkRestoration } from '../network/network-restoration.js';
import type { OpenNetwork } from '../network/open.js';
import type { PlannedInput } from '../operation/operation.js';
import { parse } from '../psf/spec.js';
import type {
  Restoration,
  RestorationTask,
  Restored,
  SceneSurvey,
  WindowRestoration,
} from '../restoration/restoration.js';
import type { WindowRule } from '../restoration/scene/windows.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Scope } from '../runtime/scope.js';
import { choose } from './choice.js';
import type { Choice, Means, Sight, StatedModel } from './choice.js';
import { CHOSEN_METHODS, ofMethods, planChosen } from './chosen-plan.js';
import type { ChosenPlan, OfMethods } from './chosen-plan.js';
import type { ChosenReport } from './chosen-report.js';
import { blurOfEstimate } from './known-blur.js';
import type { KnownBlur } from './known-blur.js';
import { LEAVE, byDeconvolution, byNetwork } from './ways.js';
import type { Way, WayReport } from './ways.js';

/** What a frame may be restored by. */
export interface MeansAtHand {
  /** Null: there is none, or it cannot be used. */
  readonly network: OpenNetwork | null;
  readonly deconvolution: OfMethods<DeconvolveSettings>;
  readonly integrity: IntegrityMode;
  /** Why the network cannot be used, and so on. */
  readonly warnings: readonly string[];
}

/** What is known of a camera without looking at its frames. */
export interface GivenSight {
  readonly blur: KnownBlur;
  /** Standard deviation, 1 being full scale; null: that of each frame is asked for. */
  readonly noise: number | null;
}

/** Restores each frame by the means that suit its blur and its noise. */
export class ChosenRestoration implements Restoration<ChosenReport> {
  readonly name = 'restore';
  readonly depths = [8, 16, 32] as const;
  /** As the network wants it; deconvolution leaves out what is filled. */
  readonly continuation = 'curved';
  readonly integrity: IntegrityMode;
  readonly heldBytes: number;
  readonly #threads: number;
  readonly #budgetBytes: number;
  readonly #network: OpenNetwork | null;
  readonly #models: readonly StatedModel[];
  readonly #deconvolutions: OfMethods<Deconvolution>;
  readonly #given: GivenSight | null;
  readonly #warnings: readonly string[];

  /** @param given null: the blur of each frame is estimated */
  constructor(
    runtime: Runtime,
    { network, deconvolution, integrity, warnings }: MeansAtHand,
    given: GivenSight | null,
  ) {
    const { threads, budgetBytes } = runtime;
    this.#network = network;
    this.#models = statedModels(network);
    this.heldBytes = network?.restoration.heldBytes ?? 0;
    const { heldBytes } = this;
    this.#deconvolutions = ofMethods((method) => new Deconvolution(runtime, deconvolution[method], null, heldBytes));
    this.integrity = integrity;
    this.#threads = threads;
    this.#budgetBytes = budgetBytes;
    this.#given = given;
    this.#warnings = warnings;
  }

  get mappedBytes(): number {
    const own = CHOSEN_METHODS.map((method) => this.#deconvolutions[method].mappedBytes);
    return own.reduce((sum, bytes) => sum + bytes, this.network?.mappedBytes ?? 0);
  }

  plan(input: PlannedInput): ChosenPlan {
    // Nobody is asked to deconvolve what is too small to tell its blur.
    const maySee = this.#given !== null || isLargeEnough(input.size);
    return planChosen({
      network: this.network?.plan(input) ?? null,
      deconvolution: maySee ? ofMethods((method) => this.#deconvolutions[method].plan(input)) : null,
      input,
      threads: this.#threads,
      weightBytes: this.heldBytes,
      budgetBytes: this.#budgetBytes,
    });
  }

  /** What is chosen for every frame, by what was given; null: each is looked at. */
  choiceForAll(): Choice | null {
    return this.#given && choose({ ...this.#given, jpegNoise: null }, this.#models);
  }

  /** Null: there is none. */
  get network(): NetworkRestoration | null {
    return this.#network?.restoration ?? null;
  }

  /** What one of the means keeps is counted by itself: which of them comes next is not known. */
  keptFor(): null {
    return null;
  }

  get identity(): string {
    const means = CHOSEN_METHODS.map((method) => this.#deconvolutions[method].identity);
    return JSON.stringify({ network: this.network?.identity ?? null, means, given: this.#given });
  }

  /** Enough for any of the means. */
  windowRule(): WindowRule | null {
    const own = CHOSEN_METHODS.map((method) => this.#deconvolutions[method].windowRule());
    const rules = [...own, this.network?.windowRule() ?? null].filter((rule) => rule !== null);
    const most = (side: keyof WindowRule): number => Math.max(...rules.map((rule) => rule[side]));
    return { before: most('before'), after: most('after'), fade: most('fade') };
  }

  /** Rows that pass by cannot be looked at first. */
  planStream(): null {
    return null;
  }

  workOf({ network, deconvolution }: ChosenPlan): number {
    if (network) return this.network!.workOf(network);
    return deconvolution ? this.#deconvolutions['hyper-laplacian'].workOf(deconvolution['hyper-laplacian']) : 0;
  }

  /** The first sample that tells its blur decides for all windows; without any, the last. */
  async survey(survey: SceneSurvey<ChosenReport>, scope: Scope): Promise<WindowRestoration<ChosenReport>> {
    let choice: Choice | null = null;
    for await (const task of survey.samples()) {
      choice = choose(await this.#see(task, scope), this.#models);
      if (choice.trust !== 'none') break;
    }
    const way = await this.#wayOf(choice!.means);
    const found = await way.survey(survey, scope);
    return { ...found, report: (base) => this.#report(found.report(base), choice!) };
  }

  async run(task: RestorationTask, plan: ChosenPlan, scope: Scope): Promise<Restored<ChosenReport>> {
    const choice = choose(await this.#see(task, scope), this.#models);
    const { data, report } = await (await this.#wayOf(choice.means)).run(task, plan, scope);
    return { data, report: (base) => this.#report(report(base), choice) };
  }

  dispose(): void {
    this.network?.dispose();
    for (const method of CHOSEN_METHODS) this.#deconvolutions[method].dispose();
  }

  async #see(task: RestorationTask, scope: Scope): Promise<Sight> {
    const given = this.#given;
    const look = await lookAt(task, given !== null, scope);
    // Its own file says that it is one, also where its steps are not to be told from the scene.
    const jpegNoise = look.jpegNoise ?? (task.isJpeg ? 0 : null);
    const blur = given?.blur ?? blurOfEstimate(look.blur!);
    const isTooSmall = !isLargeEnough(task.frame);
    return { blur, noise: given?.noise ?? look.noise, jpegNoise, isTooSmall };
  }

  async #wayOf(means: Means): Promise<Way> {
    if (means.kind === 'none') return LEAVE;
    if (means.kind === 'network') return byNetwork(this.network!);
    const { method, psf: words } = means;
    const estimated = this.#given ? null : { psf: await parse(words), words };
    return byDeconvolution(this.#deconvolutions[method], method, estimated);
  }

  #report(report: WayReport, choice: Choice): ChosenReport {
    return { ...report, warnings: [...report.warnings, ...this.#warnings], choice };
  }
}

function statedModels(network: OpenNetwork | null): StatedModel[] {
  if (!network) return [];
  const { name, range } = network.info;
  return range ? [{ name, range }] : [];
}
