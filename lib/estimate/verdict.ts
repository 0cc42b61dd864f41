import type { RadiusFinder, RadiusFit } from './radius.js';
import { SECTORS } from './rings.js';
import type { Curves } from './rings.js';
import { settleAll } from '../runtime/settle-all.js';

/** Smaller disks put their first dark ring where sharp scenes fade out anyway; larger ones are beyond the blocks. */
export const [LEAST_RADIUS, MOST_RADIUS] = [1.6, 14];
/** Directions agree on a radius within this, as a logarithm. */
const AGREEMENT = 0.1;
/** Directions that must agree; motion blur gets few, in the cases of bench/estimate-accuracy.mjs. */
const LEAST_VOTES = 6;
/**
 * How many times worse the best rival must fit: below, there is no estimate; from the second on, confidence is high.
 */
const [LEAST_LEAD, HIGH_LEAD] = [0.35, 1.5];
const LEAST_GAIN = 1.3;

/** How sure an estimate is. */
export interface Confidence {
  readonly level: 'high' | 'low';
  /**
   * 0 to 1: the part of the best rival's misfit that the disk does away with, times the part of the directions that
   * agree.
   */
  readonly value: number;
  /** How many times worse the best Gaussian and the best disk of another radius fit. */
  readonly gaussianLead: number;
  readonly radiusLead: number;
  /** How many times worse no blur fits. */
  readonly sharpLead: number;
  /** Radius of the best disk, in pixels, also where the estimate is declined. */
  readonly radiusPx: number;
  /** Standard deviation of the best Gaussian, in pixels: of the blur where it is one, and of the scene itself. */
  readonly gaussianSigmaPx: number;
  /** Of 8 directions, those that give the same radius by themselves. */
  readonly directions: number;
}

/** A disk with what speaks for it, or why none is given. */
export interface Verdict {
  readonly fit: RadiusFit;
  readonly confidence: Confidence;
  readonly sectorRadii: readonly number[];
  readonly declined: string | null;
}

/** Finds the radius, and asks what else could have made this spectrum. */
export async function judge(finder: RadiusFinder, { all, sectors }: Curves): Promise<Verdict> {
  const [fit, gaussian, ...sectorRadii] = await settleAll([
    finder.find(all),
    finder.findGaussian(all),
    ...sectors.map(async (sector) => finder.findRoughly(sector)),
  ]);
  const directions = sectorRadii.filter((radius) => Math.abs(Math.log(radius / fit.radius)) < AGREEMENT).length;
  const [gaussianLead, radiusLead] = [gaussian.cost / fit.cost, fit.rivalCost / fit.cost];
  const lead = Math.min(gaussianLead, radiusLead);
  const confidence: Confidence = {
    level: gaussianLead >= HIGH_LEAD && directions > LEAST_VOTES ? 'high' : 'low',
    value: (Math.max(0, 1 - 1 / lead) * directions) / SECTORS,
    gaussianLead,
    radiusLead,
    sharpLead: fit.sharpCost / fit.cost,
    radiusPx: fit.radius,
    gaussianSigmaPx: gaussian.sigma,
    directions,
  };
  return { fit, confidence, sectorRadii, declined: refusal(fit, confidence, gaussian.sigma) };
}

function refusal(
  { radius, sharpCost, cost }: RadiusFit,
  { gaussianLead, directions }: Confidence,
  sigma: number,
): string | null {
  if (radius < LEAST_RADIUS) return `it is sharp, or out of focus by less than ${LEAST_RADIUS} pixels`;
  if (radius > MOST_RADIUS) return `no disk of up to ${MOST_RADIUS} pixels explains its spectrum`;
  if (sharpCost < LEAST_GAIN * cost) return 'its spectrum shows no dark rings: too little texture, or too much noise';
  if (directions < LEAST_VOTES)
    return (
      `only ${directions} of ${SECTORS} directions agree on a radius: the blur is not round, as by motion, or ` +
      'hardly visible'
    );
  if (gaussianLead < LEAST_LEAD)
    return `a Gaussian of ${sigma.toFixed(2)} pixels explains its spectrum better than a disk`;
  return null;
}
