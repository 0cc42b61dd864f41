import type { Scope } from '../runtime/scope.js';
import { settleAll } from '../runtime/settle-all.js';
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

const RADII: readonly number[] = Array.from(
  { length: Math.ceil(Math.log(LARGEST / SMALLEST) / STEP) + 1 },
  (_, index) => SMALLEST * Math.exp(STEP * index),
);

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

/** Finds the disks behind curves of blocks of one side. Any number of searches may run at a time. */
export class RadiusFinder {
  readonly side: number;
  readonly #scope: Scope;

  /** @param side of the blocks */
  constructor(scope: Scope, side: number) {
    this.#scope = scope;
    this.side = side;
  }

  /** Fits scenes to a curve. */
  fitterOf(curve: Curve): SceneFitter {
    return new SceneFitter(this.#scope, modelCurve(curve, this.side));
  }

  /** Tries all radii, then narrows down about the best. */
  async find(curve: Curve): Promise<RadiusFit> {
    const fitter = this.fitterOf(curve);
    const [costs, [sharp]] = await settleAll([tryRadii(fitter, 1), fitter.fitEach('gaussian', [[0]])]);
    const { radius, cost } = await narrowDown(fitter, RADII[lowest(costs)]!);
    const rivals = costs.filter((_, index) => Math.abs(Math.log(RADII[index]! / radius)) > RIVAL_DISTANCE);
    return { radius, cost, rivalCost: Math.min(...rivals), sharpCost: sharp!.cost };
  }

  /** The radius alone, in half the time. */
  async findRadius(curve: Curve): Promise<number> {
    return (await narrowDown(this.fitterOf(curve), await this.findRoughly(curve))).radius;
  }

  /** The radius alone, to about 1 %, in less than half the time. */
  async findRoughly(curve: Curve): Promise<number> {
    const costs = await tryRadii(this.fitterOf(curve), 2);
    const best = lowest(costs);
    return RADII[2 * best]! * Math.exp(2 * STEP * vertex(costs, best));
  }

  /** The Gaussian that explains a curve best: the disk's rival by shape. */
  async findGaussian(curve: Curve): Promise<{ readonly sigma: number; readonly cost: number }> {
    const costs = costsOf(
      await this.fitterOf(curve).fitChain(
        'gaussian',
        GAUSSIANS.map((sigma) => [sigma]),
      ),
    );
    const best = lowest(costs);
    return { sigma: GAUSSIANS[best]!, cost: costs[best]! };
  }
}

/** Costs of every `stride`-th radius. */
async function tryRadii(fitter: SceneFitter, stride: number): Promise<number[]> {
  return costsOf(
    await fitter.fitChain(
      'disk',
      RADII.filter((_, index) => index % stride === 0).map((radius) => [radius]),
    ),
  );
}

async function narrowDown(fitter: SceneFitter, start: number): Promise<{ radius: number; cost: number }> {
  let radius = start;
  let [near] = await fitter.fitEach('disk', [[radius]]);
  for (const step of REFINEMENTS) {
    const fits = await fitter.fitEach(
      'disk',
      [-2, -1, 0, 1, 2].map((index) => [radius * Math.exp(step * index)]),
      near,
    );
    const costs = costsOf(fits);
    const best = lowest(costs);
    near = fits[best]!;
    radius *= Math.exp(step * (best - 2 + vertex(costs, best)));
  }
  return { radius, cost: near!.cost };
}

const costsOf = (fits: readonly SceneFit[]): number[] => fits.map(({ cost }) => cost);

const lowest = (values: readonly number[]): number => values.indexOf(Math.min(...values));

/** Where the parabola through three neighbours is lowest, in steps from the middle one. */
export function vertex(values: readonly number[], middle: number): number {
  const [before, at, after] = [values[middle - 1], values[middle]!, values[middle + 1]];
  if (before === undefined || after === undefined) return 0;
  const bend = before - 2 * at + after;
  return bend > 0 ? (before - after) / (2 * bend) : 0;
}
