import type { OpticsKind, SceneModel } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';

/** Enough for any scene through given optics. */
const ITERATIONS = 25;
/** The right optics need no more; wrong ones would creep on. */
const OPTICS_ITERATIONS = 8;

/** How well a spectrum is explained by a scene seen through some optics, with noise. */
export interface SceneFit {
  /** Mean robust misfit of the logarithms. */
  readonly cost: number;
  /** Of the model: a start for optics that differ little. */
  readonly coefficients: Float64Array;
  /** Values, in pixels. */
  readonly optics: readonly number[];
}

interface FitOptions {
  readonly near?: SceneFit | undefined;
  readonly isChain?: boolean;
  readonly isFree?: boolean;
}

/**
 * Fits S = exp(scene) |H|^2 + exp(noise) to a spectrum in native code. The noise is fitted together with the scene: a
 * floor read off the spectrum beforehand is wrong wherever a lobe of |H|^2 or JPEG reaches into its tail.
 */
export class SceneFitter {
  readonly #scope: Scope;
  readonly #model: SceneModel;

  constructor(scope: Scope, model: SceneModel) {
    this.#scope = scope;
    this.#model = model;
  }

  /**
   * Through given optics, each set of values by itself.
   * @param near what similar optics gave; taken where it is the better start
   */
  async fitEach(kind: OpticsKind, optics: readonly (readonly number[])[], near?: SceneFit): Promise<SceneFit[]> {
    return this.#fit(kind, optics, { near });
  }

  /** The same, each beginning with what the one before gave, where that is the better start. */
  async fitChain(kind: OpticsKind, optics: readonly (readonly number[])[]): Promise<SceneFit[]> {
    return this.#fit(kind, optics, { isChain: true });
  }

  /** The optics too, from a start. */
  async fitOptics(kind: OpticsKind, start: readonly number[], near?: SceneFit): Promise<SceneFit> {
    const [fit] = await this.#fit(kind, [start], { near, isFree: true });
    return fit!;
  }

  async #fit(
    kind: OpticsKind,
    optics: readonly (readonly number[])[],
    { near, isChain = false, isFree = false }: FitOptions,
  ): Promise<SceneFit[]> {
    const request = {
      model: this.#model,
      kind,
      optics: Float64Array.from(optics.flat()),
      near: near?.coefficients ?? new Float64Array(0),
      isChain,
      isFree,
      iterations: isFree ? OPTICS_ITERATIONS : ITERATIONS,
    };
    const found = await this.#scope.call((binding, ticket) => binding.fitScene(request, ticket), 1);
    const part = (values: Float64Array, index: number): Float64Array => {
      const count = values.length / optics.length;
      return values.slice(index * count, (index + 1) * count);
    };
    return Array.from(found.costs, (cost, index) => ({
      cost,
      coefficients: part(found.coefficients, index),
      optics: Array.from(part(found.optics, index)),
    }));
  }
}
