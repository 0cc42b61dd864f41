import { choleskySolve } from '../../../lib/math/cholesky.js';
import type { SceneModel } from '../../../lib/runtime/native/binding.js';

const ITERATIONS = 25;
/** Iterations end where one lowers the cost by less than this part. */
const LEAST_GAIN = 1e-5;
/** Step of numerical derivatives by the values of optics, in pixels. */
const OPTICS_STEP = 0.005;

/** How well a spectrum is explained by a scene seen through some optics, with noise. */
export interface SceneFit {
  /** Mean robust misfit of the logarithms. */
  readonly cost: number;
  /** Coefficients: a start for optics that differ little. */
  readonly values: Float64Array;
}

/** The same with the values of the optics that explain it best. */
export interface OpticsFit extends SceneFit {
  readonly optics: readonly number[];
}

/** ln |H|^2 at every point, by the values of some optics, in pixels. */
export type Transfer = (optics: readonly number[]) => Float64Array;

/**
 * Plain form of native/estimation/scene_fit.cc: fits S = exp(scene) |H|^2 + exp(noise) to a spectrum, by
 * Levenberg-Marquardt with Huber's weights.
 */
export class SceneFitter {
  readonly #model: SceneModel;
  /** Level of the noise to begin with. */
  readonly #start: number;

  constructor(model: SceneModel) {
    this.#model = model;
    const { logPower } = model;
    const quiet = logPower
      .slice()
      .sort()
      .subarray(0, Math.max(5, Math.floor(logPower.length / 20)));
    this.#start = quiet.reduce((sum, value) => sum + value, 0) / quiet.length - 0.1;
  }

  /**
   * For given optics.
   * @param logTransfer ln |H|^2 at every point
   * @param near what similar optics gave; taken where it is the better start
   */
  fit(logTransfer: Float64Array, near?: SceneFit): SceneFit {
    return this.fitOptics(() => logTransfer, [], near);
  }

  /** The optics too, from a start. */
  fitOptics(transfer: Transfer, start: readonly number[], near?: SceneFit, iterations = ITERATIONS): OpticsFit {
    const logTransfer = transfer(start);
    let best = this.#evaluate(this.#guess(logTransfer), start, logTransfer);
    const other = near && this.#evaluate(near.values, start, logTransfer);
    if (other && other.cost < best.cost) best = other;
    let damping = 1e-2;
    for (let iteration = 0; iteration < iterations; iteration += 1) {
      const { matrix, vector } = this.#linearise(best, slopesOf(transfer, best));
      const count = vector.length;
      for (let index = 0; index < count; index += 1) matrix[index * count + index]! *= 1 + damping;
      const step = choleskySolve(matrix, vector);
      const optics = best.optics.map((value, index) => value + step[best.values.length + index]!);
      const next = this.#evaluate(
        best.values.map((value, index) => value + step[index]!),
        optics,
        start.length > 0 ? transfer(optics) : logTransfer,
      );
      const isBetter = next.cost < best.cost;
      const gain = best.cost - next.cost;
      damping = isBetter ? Math.max(damping * 0.3, 1e-7) : Math.min(damping * 5, 1e3);
      if (isBetter) best = next;
      if (isBetter && gain < LEAST_GAIN * best.cost) break;
    }
    return { cost: best.cost / this.#model.logPower.length, values: best.values, optics: best.optics };
  }

  /** The scene through the lowest frequencies, the noise through the quietest. */
  #guess(logTransfer: Float64Array): Float64Array {
    const {
      at: { rho },
      logPower,
      low,
      coefficients,
      sceneCount,
    } = this.#model;
    const slope = coefficients[1]!.expected;
    const levels = Float64Array.from(
      Array.from(low).filter((point) => point < rho.length),
      (point) => logPower[point]! - logTransfer[point]! - slope * Math.log(rho[point]! / 0.1),
    ).sort();
    const values = new Float64Array(coefficients.length);
    values.set([levels[levels.length >> 1] ?? 0, slope]);
    values[sceneCount] = this.#start;
    return values;
  }

  #evaluate(values: Float64Array, optics: readonly number[], logTransfer: Float64Array): Evaluation {
    const { logPower, terms, sceneCount, huber } = this.#model;
    const count = values.length;
    const [misfit, share] = [new Float64Array(logPower.length), new Float64Array(logPower.length)];
    let cost = 0;
    for (let point = 0, term = 0; point < misfit.length; point += 1) {
      let [scene, noise] = [logTransfer[point]!, 0];
      for (let index = 0; index < sceneCount; index += 1, term += 1) scene += values[index]! * terms[term]!;
      for (let index = sceneCount; index < count; index += 1, term += 1) noise += values[index]! * terms[term]!;
      const ratio = Math.exp(-Math.abs(scene - noise));
      const error = logPower[point]! - Math.max(scene, noise) - Math.log1p(ratio);
      misfit[point] = error;
      share[point] = (scene > noise ? 1 : ratio) / (1 + ratio);
      const size = Math.abs(error);
      cost += size < huber ? (size * size) / 2 : huber * (size - huber / 2);
    }
    this.#model.coefficients.forEach(({ expected, weight }, index) => {
      cost += (weight * (values[index]! - expected) ** 2) / 2;
    });
    return { values, optics, logTransfer, misfit, share, cost };
  }

  /** The normal equations. @param slopes of ln |H|^2 by each value of the optics */
  #linearise(
    { values, misfit, share }: Evaluation,
    slopes: readonly Float64Array[],
  ): { matrix: Float64Array; vector: Float64Array } {
    const { terms, sceneCount, huber, coefficients } = this.#model;
    const [given, count] = [values.length, values.length + slopes.length];
    const matrix = new Float64Array(count * count);
    const vector = new Float64Array(count);
    const row = new Float64Array(count);
    for (let point = 0; point < misfit.length; point += 1) {
      const weight = Math.min(1, huber / Math.max(Math.abs(misfit[point]!), 1e-12));
      const part = share[point]!;
      for (let index = 0; index < sceneCount; index += 1) row[index] = part * terms[point * given + index]!;
      for (let index = sceneCount; index < given; index += 1) row[index] = (1 - part) * terms[point * given + index]!;
      for (let index = given; index < count; index += 1) row[index] = part * slopes[index - given]![point]!;
      for (let i = 0, entry = 0; i < count; i += 1, entry += count - i) {
        const weighted = weight * row[i]!;
        vector[i]! += weighted * misfit[point]!;
        for (let j = 0; j <= i; j += 1, entry += 1) matrix[entry]! += weighted * row[j]!;
      }
    }
    coefficients.forEach(({ expected, weight }, index) => {
      matrix[index * count + index]! += weight;
      vector[index]! -= weight * (values[index]! - expected);
    });
    return { matrix, vector };
  }
}

/** Of ln |H|^2 by each value of the optics. */
function slopesOf(transfer: Transfer, { optics, logTransfer }: Evaluation): Float64Array[] {
  return optics.map((_, index) => {
    const moved = transfer(optics.map((value, other) => (other === index ? value + OPTICS_STEP : value)));
    return moved.map((value, point) => (value - logTransfer[point]!) / OPTICS_STEP);
  });
}

interface Evaluation {
  readonly values: Float64Array;
  readonly optics: readonly number[];
  readonly logTransfer: Float64Array;
  readonly misfit: Float64Array;
  /** Part of the power that is the scene's. */
  readonly share: Float64Array;
  readonly cost: number;
}
