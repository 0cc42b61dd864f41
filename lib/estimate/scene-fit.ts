import type { Curve } from './rings.js';

/** Misfits beyond this, in natural logarithms of power, count linearly (Huber 1964): scenes are no exact power laws. */
const HUBER = 0.1;
const ITERATIONS = 25;
/** Iterations end where one lowers the cost by less than this part. */
const LEAST_GAIN = 1e-5;

/**
 * What is expected of a coefficient, and how much a departure costs. Scenes: log power = a + b L + c L^2, L = ln(rho / 0.1);
 * b is about -2.6 for scenes from above, c stays small, lest it stand in for a blur. Noise: log power = n, and with JPEG,
 * which takes more from high frequencies, + m X + o X^2, X = 2 rho - 1.
 */
interface Coefficient {
  readonly expected: number;
  readonly weight: number;
}
const SCENE: readonly Coefficient[] = [{ expected: 0, weight: 1e-6 }, { expected: -2.6, weight: 0.05 }, { expected: 0, weight: 1 }];
const WHITE_NOISE: readonly Coefficient[] = [{ expected: 0, weight: 1e-6 }];
const JPEG_NOISE: readonly Coefficient[] = [...WHITE_NOISE, { expected: 0, weight: 0.02 }, { expected: 0, weight: 0.01 }];

/** How well a spectrum is explained by a scene seen through some optics, with noise. */
export interface SceneFit {
  /** Mean robust misfit of the logarithms. */
  readonly cost: number;
  /** Coefficients: a start for optics that differ little. */
  readonly values: Float64Array;
}

/**
 * Fits S(rho) = exp(scene) |H|^2 + exp(noise) to a curve for given optics, by Levenberg-Marquardt with Huber's weights. The
 * noise is fitted together with the scene: a floor read off the spectrum beforehand is wrong wherever a lobe of |H|^2 or JPEG
 * reaches into its tail.
 */
export class SceneFitter {
  readonly #curve: Curve;
  readonly #coefficients: readonly Coefficient[];
  /** Each coefficient's term, point after point. */
  readonly #terms: Float64Array;
  readonly #start: number;

  constructor(curve: Curve) {
    const { rho, isJpeg, logPower } = curve;
    this.#curve = curve;
    this.#coefficients = [...SCENE, ...(isJpeg ? JPEG_NOISE : WHITE_NOISE)];
    const count = this.#coefficients.length;
    this.#terms = new Float64Array(rho.length * count);
    rho.forEach((value, point) => {
      const [scene, noise] = [Math.log(value / 0.1), 2 * value - 1];
      for (let index = 0; index < count; index += 1) {
        this.#terms[point * count + index] = index < SCENE.length ? scene ** index : noise ** (index - SCENE.length);
      }
    });
    const quiet = logPower.slice().sort().subarray(0, Math.max(5, Math.floor(logPower.length / 20)));
    this.#start = quiet.reduce((sum, value) => sum + value, 0) / quiet.length - 0.1;
  }

  /** @param logTransfer ln |H|^2 at every rho of the curve @param near what similar optics gave; taken where it is the better start */
  fit(logTransfer: Float64Array, near?: SceneFit): SceneFit {
    const count = this.#coefficients.length;
    let best = this.#evaluate(this.#guess(logTransfer), logTransfer);
    const other = near && this.#evaluate(near.values, logTransfer);
    if (other && other.cost < best.cost) best = other;
    let damping = 1e-2;
    for (let iteration = 0; iteration < ITERATIONS; iteration += 1) {
      const { matrix, vector } = this.#linearise(best);
      for (let index = 0; index < count; index += 1) matrix[index * count + index]! *= 1 + damping;
      const step = solveSymmetric(matrix, vector);
      const next = this.#evaluate(best.values.map((value, index) => value + step[index]!), logTransfer);
      const isBetter = next.cost < best.cost;
      const gain = best.cost - next.cost;
      damping = isBetter ? Math.max(damping * 0.3, 1e-7) : Math.min(damping * 5, 1e3);
      if (isBetter) best = next;
      if (isBetter && gain < LEAST_GAIN * best.cost) break;
    }
    return { cost: best.cost / this.#curve.rho.length, values: best.values };
  }

  /** The scene through the lowest frequencies, the noise through the quietest. */
  #guess(logTransfer: Float64Array): Float64Array {
    const { rho, logPower } = this.#curve;
    const slope = SCENE[1]!.expected;
    const levels = Float64Array.from(rho.subarray(2, 12), (value, index) =>
      logPower[index + 2]! - logTransfer[index + 2]! - slope * Math.log(value / 0.1)).sort();
    const values = new Float64Array(this.#coefficients.length);
    values.set([levels[levels.length >> 1] ?? 0, slope]);
    values[SCENE.length] = this.#start;
    return values;
  }

  #evaluate(values: Float64Array, logTransfer: Float64Array): Evaluation {
    const { logPower } = this.#curve;
    const [terms, count] = [this.#terms, values.length];
    const [misfit, share] = [new Float64Array(logPower.length), new Float64Array(logPower.length)];
    let cost = 0;
    for (let point = 0, term = 0; point < misfit.length; point += 1) {
      let [scene, noise] = [logTransfer[point]!, 0];
      for (let index = 0; index < count; index += 1, term += 1) {
        if (index < SCENE.length) scene += values[index]! * terms[term]!;
        else noise += values[index]! * terms[term]!;
      }
      const sum = scene > noise ? scene + Math.log1p(Math.exp(noise - scene)) : noise + Math.log1p(Math.exp(scene - noise));
      const error = logPower[point]! - sum;
      misfit[point] = error;
      share[point] = Math.exp(scene - sum);
      const size = Math.abs(error);
      cost += size < HUBER ? (size * size) / 2 : HUBER * (size - HUBER / 2);
    }
    this.#coefficients.forEach(({ expected, weight }, index) => { cost += (HUBER * weight * (values[index]! - expected) ** 2) / 2; });
    return { values, misfit, share, cost };
  }

  /** The normal equations. */
  #linearise({ values, misfit, share }: Evaluation): { matrix: Float64Array; vector: Float64Array } {
    const [terms, count] = [this.#terms, values.length];
    const matrix = new Float64Array(count * count);
    const vector = new Float64Array(count);
    const row = new Float64Array(count);
    for (let point = 0; point < misfit.length; point += 1) {
      const weight = Math.min(1, HUBER / Math.max(Math.abs(misfit[point]!), 1e-12));
      for (let index = 0; index < count; index += 1) {
        row[index] = (index < SCENE.length ? share[point]! : 1 - share[point]!) * terms[point * count + index]!;
      }
      for (let i = 0; i < count; i += 1) {
        vector[i]! += weight * misfit[point]! * row[i]!;
        for (let j = 0; j <= i; j += 1) matrix[i * count + j]! += weight * row[i]! * row[j]!;
      }
    }
    this.#coefficients.forEach(({ expected, weight }, index) => {
      matrix[index * count + index]! += HUBER * weight;
      vector[index]! -= HUBER * weight * (values[index]! - expected);
    });
    return { matrix, vector };
  }
}

interface Evaluation {
  readonly values: Float64Array;
  readonly misfit: Float64Array;
  /** Part of the power that is the scene's. */
  readonly share: Float64Array;
  readonly cost: number;
}

/** Cholesky's method; only the lower triangle of the positive definite matrix is read, and overwritten. */
export function solveSymmetric(matrix: Float64Array, vector: Float64Array): Float64Array {
  const count = vector.length;
  const at = (i: number, j: number): number => matrix[i * count + j]!;
  const x = vector.slice();
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = at(i, j);
      for (let k = 0; k < j; k += 1) sum -= at(i, k) * at(j, k);
      matrix[i * count + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / at(j, j);
    }
    for (let k = 0; k < i; k += 1) x[i]! -= at(i, k) * x[k]!;
    x[i]! /= at(i, i);
  }
  for (let i = count - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < count; k += 1) x[i]! -= at(k, i) * x[k]!;
    x[i]! /= at(i, i);
  }
  return x;
}
