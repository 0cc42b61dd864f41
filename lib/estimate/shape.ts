import { diskShape } from './blur-shape.js';
import type { BlurShape } from './blur-shape.js';
import { vertex } from './radius.js';
import type { RadiusFinder } from './radius.js';
import { SECTORS } from './rings.js';
import type { Curve, Curves } from './rings.js';
import type { Verdict } from './verdict.js';
import { settleAll } from '../runtime/settle-all.js';

/** A richer model is taken where it lowers the misfit by more than this part (kernel-estimation, section 1). */
const LEAST_DROP = 0.05;
const SIGMAS: readonly number[] = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
/**
 * Scenes themselves fall off towards the highest frequency, as if seen through a Gaussian: of 0.3 to 1 pixel in the
 * scenes of bench/estimate-accuracy.mjs. So much of what is found is taken for the scene's.
 */
const SCENE_SIGMA = 0.6;
const RADIUS_STEPS: readonly number[] = [-2, -1, 0, 1, 2];
const RADIUS_STEP = 0.015;

/** The disk of the verdict, or what explains the spectrum better by more than 5 %. */
export async function refineShape(
  finder: RadiusFinder,
  { fit, sectorRadii }: Verdict,
  { all, sectors }: Curves,
): Promise<BlurShape> {
  const [soft, tilted] = await settleAll([soften(finder, all, fit), tilt(finder, sectors, fit.radius, sectorRadii)]);
  if (soft && tilted)
    return {
      ...tilted,
      semiMajorPx: (tilted.semiMajorPx * soft.radius) / fit.radius,
      semiMinorPx: (tilted.semiMinorPx * soft.radius) / fit.radius,
      sigmaPx: soft.sigma,
    };
  if (soft) return diskShape(soft.radius, soft.sigma);
  return tilted ?? diskShape(fit.radius);
}

/** The Gaussian that goes with the disk, without the scene's own. Null where it explains too little. */
async function soften(
  finder: RadiusFinder,
  curve: Curve,
  { radius, cost }: Verdict['fit'],
): Promise<{ readonly radius: number; readonly sigma: number } | null> {
  const optics = SIGMAS.flatMap((sigma) => RADIUS_STEPS.map((step) => [radius * Math.exp(RADIUS_STEP * step), sigma]));
  const costs = (await finder.fitterOf(curve).fitChain('softDisk', optics)).map((fit) => fit.cost);
  const table = SIGMAS.map((_, row) => costs.slice(row * RADIUS_STEPS.length, (row + 1) * RADIUS_STEPS.length));
  const lowest = table.map((row) => Math.min(...row));
  const best = lowest.indexOf(Math.min(...lowest));
  if (lowest[best]! > (1 - LEAST_DROP) * cost) return null;
  const at = table[best]!.indexOf(lowest[best]!);
  return {
    radius: radius * Math.exp(RADIUS_STEP * (RADIUS_STEPS[at]! + vertex(table[best]!, at))),
    sigma: Math.sqrt(Math.max(0, (SIGMAS[best]! + SIGMAS[1]! * vertex(lowest, best)) ** 2 - SCENE_SIGMA ** 2)),
  };
}

/**
 * The ellipse through the radii of the sectors: the transform of one with half axes a and b is a disk's of the radius
 * r(theta)^2 = a^2 cos^2 + b^2 sin^2, which is a constant and one wave of 2 theta. Null where it explains too little.
 */
async function tilt(
  finder: RadiusFinder,
  sectors: readonly Curve[],
  radius: number,
  radii: readonly number[],
): Promise<BlurShape | null> {
  const angleOf = (sector: number): number => (2 * Math.PI * (sector + 0.5)) / SECTORS;
  const mean = (value: (square: number, angle: number) => number): number =>
    radii.reduce((sum, found, sector) => sum + value(found ** 2, angleOf(sector)) / SECTORS, 0);
  const [constant, cos, sin] = [
    mean((square) => square),
    2 * mean((square, angle) => square * Math.cos(angle)),
    2 * mean((square, angle) => square * Math.sin(angle)),
  ];
  const wave = Math.hypot(cos, sin);
  if (wave >= constant) return null;
  const tilted = (sector: number): number =>
    Math.sqrt(constant + cos * Math.cos(angleOf(sector)) + sin * Math.sin(angleOf(sector)));
  const fits = await settleAll(
    sectors.map((curve, sector) => finder.fitterOf(curve).fitEach('disk', [[tilted(sector)], [radius]])),
  );
  const costOf = (model: 0 | 1): number => fits.reduce((sum, fit) => sum + fit[model]!.cost, 0);
  if (costOf(0) > (1 - LEAST_DROP) * costOf(1)) return null;
  return {
    semiMajorPx: Math.sqrt(constant + wave),
    semiMinorPx: Math.sqrt(constant - wave),
    angleDegrees: (Math.atan2(sin, cos) * 90) / Math.PI,
    sigmaPx: 0,
  };
}
