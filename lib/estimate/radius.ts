import { setImmediate } from 'node:timers/promises';
import { logDiskPower, logGaussianPower } from './optics.js';
import type { Curve } from './rings.js';
import { SceneFitter } from './scene-fit.js';
import type { SceneFit } from './scene-fit.js';
import { modelCurve } from './scene-model.js';

/** Radii that are looked for, in pixels. Beyond both ends of those that count, so that an end is no answer. */
const [SMALLEST, LARGEST] = [1, 14.5];
/** Steps of the search and of its refinements, in natural logarithms of the radius. */
const STEP = 0.03;
const REFINEMENTS: readonly number[] = [0.012, 0.004];
/** A rival is a radius that differs by more than this, as a logarithm. */
const RIVAL_DISTANCE = 0.2;
const GAUSSIANS: readonly number[] = [0, ...Array.from({ length: 16 }, (_, index) => 0.3 * 20 ** (index / 15))];

const RADII: readonly number[] = Array.from({ length: Math.ceil(Math.log(LARGEST / SMALLEST) / STEP) + 1 }, (_, index) => SMALLEST * Math.exp(STEP * index));

/** The disk that explains a spectrum best, and how well others do. Costs are mean robust misfits of logarithms. */
export interface RadiusFit {
  /** In pixels. */
  readonly radius: number;
  readonly cost: number;
  /** Of the best disk whose radius differs by more than 20 %. */
  readonly rivalCost: number;
  /** Of no blur at all. */
  readonly sharpCost: number;
}

/** Finds the disks behind curves of blocks of one side, whose transfer functions it keeps. */
export class RadiusFinder {
  readonly side: number;
  readonly #tables = new Map<string, readonly Float64Array[]>();

  /** @param side of the blocks */
  constructor(side: number) {
    this.side = side;
  }

  /** Tries all radii, then narrows down about the best. */
  async find(curve: Curve): Promise<RadiusFit> {
    const fitter = new SceneFitter(modelCurve(curve));
    const costs = this.#search(fitter, curve, 1);
    // Other work gets its turn.
    await setImmediate();
    const first = costs.indexOf(Math.min(...costs));
    const { radius, cost } = this.#refine(fitter, curve, RADII[first]!);
    const rivals = costs.filter((_, index) => Math.abs(Math.log(RADII[index]! / radius)) > RIVAL_DISTANCE);
    return { radius, cost, rivalCost: Math.min(...rivals), sharpCost: fitter.fit(logGaussianPower(curve.rho, 0)).cost };
  }

  /** The radius alone, in half the time. */
  async findRadius(curve: Curve): Promise<number> {
    return this.#refine(new SceneFitter(modelCurve(curve)), curve, await this.findRoughly(curve)).radius;
  }

  /** The radius alone, to about 1 %, in less than half the time. */
  async findRoughly(curve: Curve): Promise<number> {
    const costs = this.#search(new SceneFitter(modelCurve(curve)), curve, 2);
    await setImmediate();
    const best = costs.indexOf(Math.min(...costs));
    return RADII[2 * best]! * Math.exp(2 * STEP * vertex(costs, best));
  }

  /** Costs of every `stride`-th radius. */
  #search(fitter: SceneFitter, curve: Curve, stride: number): number[] {
    let near: SceneFit | undefined;
    return this.#tableOf(curve).filter((_, index) => index % stride === 0).map((transfer) => {
      near = fitter.fit(transfer, near);
      return near.cost;
    });
  }

  #refine(fitter: SceneFitter, { rho }: Curve, start: number): { radius: number; cost: number } {
    let radius = start;
    let near = fitter.fit(logDiskPower(rho, this.side, radius));
    for (const step of REFINEMENTS) {
      const fits = [-2, -1, 0, 1, 2].map((index) => fitter.fit(logDiskPower(rho, this.side, radius * Math.exp(step * index)), near));
      const costs = fits.map(({ cost }) => cost);
      const best = costs.indexOf(Math.min(...costs));
      near = fits[best]!;
      radius *= Math.exp(step * (best - 2 + vertex(costs, best)));
    }
    return { radius, cost: near.cost };
  }

  #tableOf({ rho }: Curve): readonly Float64Array[] {
    const key = rho.join();
    const table = this.#tables.get(key) ?? RADII.map((radius) => logDiskPower(rho, this.side, radius));
    this.#tables.set(key, table);
    return table;
  }
}

/** The Gaussian that explains a curve best: the disk's rival by shape. */
export function findGaussian(curve: Curve): { readonly sigma: number; readonly cost: number } {
  const fitter = new SceneFitter(modelCurve(curve));
  let near: SceneFit | undefined;
  const costs = GAUSSIANS.map((sigma) => {
    near = fitter.fit(logGaussianPower(curve.rho, sigma), near);
    return near.cost;
  });
  const best = costs.indexOf(Math.min(...costs));
  return { sigma: GAUSSIANS[best]!, cost: costs[best]! };
}

/** Where the parabola through three neighbours is lowest, in steps from the middle one. */
export function vertex(values: readonly number[], middle: number): number {
  const [before, at, after] = [values[middle - 1], values[middle]!, values[middle + 1]];
  if (before === undefined || after === undefined) return 0;
  const bend = before - 2 * at + after;
  return bend > 0 ? (before - after) / (2 * bend) : 0;
}
