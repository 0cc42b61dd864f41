import { FIT_FIELDS } from '../../runtime/native/stars.js';
import type { NativeFit } from '../../runtime/native/binding.js';
import type { Scope } from '../../runtime/scope.js';
import type { Place, Star } from '../sky/place.js';
import type { StarPlane } from './plane.js';
import type { StarProfile } from './profile.js';

/** Stars are this far from the model, in parts of their brightness, where nothing better is known. */
const MISFIT = 0.05;
/** Stars of one call: its threads are others' again in between. */
const AT_ONCE = 64;

/** Variance of a pixel: (part of the sky's map)^2 sky^2 + perFlux signal + (misfit signal)^2, in the plane's units. */
export interface PixelNoise {
  readonly sky: number;
  /** Of shot noise: one electron in the plane's units; 0 where it is unknown. */
  readonly perFlux: number;
  /** How far the profile may be from what stars look like, in parts. */
  readonly misfit: number;
}

/** The noise where nothing is known of electrons. */
export const usualNoise = (plane: StarPlane): PixelNoise => ({ sky: plane.sigma, perFlux: 0, misfit: MISFIT });

/** A star, fitted: its place in pixels, its light in counts. */
export interface StarFit extends Place {
  /** All its light, in counts (1 being full scale for floats). */
  readonly flux: number;
  /** What is left of the background under the star, in counts of a pixel. */
  readonly background: number;
  /** Of x and y: variances and covariance in square pixels, the error of the shape included. */
  readonly covariance: { readonly xx: number; readonly yy: number; readonly xy: number };
  /** Cramer-Rao bound of the place in pixels, both axes together, for a known shape. */
  readonly boundPx: number;
  /** Standard deviation of the flux, in counts. */
  readonly fluxSigma: number;
  /** Sum of squared residuals over their variances, per degree of freedom. */
  readonly chi2: number;
  /**
   * How far the star is from the common shape beyond noise, in parts of its light (squares over squares): 0 where
   * noise explains all; what is taken for a star has less than 0.25.
   */
  readonly misfit: number;
  /** Flux over its standard deviation. */
  readonly snr: number;
  /** Whether pixels were left out as saturated. */
  readonly saturated: boolean;
}

/** Stars of one shape, fitted together. */
export interface JointFit {
  readonly stars: readonly StarFit[];
  readonly profile: StarProfile;
  /** Covariance of the shape's numbers; null where they were given, or are not determined. */
  readonly shapeCovariance: readonly (readonly number[])[] | null;
}

/** Maximum-likelihood fit of stars of a known shape (star-sensor C.4). Stars that have none are dropped. */
export async function fitStars(
  plane: StarPlane,
  starts: readonly Star[],
  profile: StarProfile,
  noise: PixelNoise,
  scope: Scope,
): Promise<JointFit> {
  const stars: StarFit[] = [];
  for (let first = 0; first < starts.length; first += AT_ONCE) {
    const count = Math.min(AT_ONCE, starts.length - first);
    const fit = await callFit(plane, starts, profile, noise, { first, count, isFree: false }, scope);
    stars.push(...readStars(fit.stars));
  }
  return { stars, profile, shapeCovariance: null };
}

/**
 * Maximum-likelihood fit of all stars and of their one shape (star-sensor C.4), by Levenberg and Marquardt's method on
 * normal equations with an arrow's pattern. Stars whose fit leaves their window or finds no flux are dropped.
 */
export async function fitShape(
  plane: StarPlane,
  starts: readonly Star[],
  start: StarProfile,
  noise: PixelNoise,
  scope: Scope,
): Promise<JointFit> {
  const part = { first: 0, count: starts.length, isFree: true };
  const { stars, shape, shapeCovariance } = await callFit(plane, starts, start, noise, part, scope);
  if (!shape.every(Number.isFinite)) return { stars: [], profile: start, shapeCovariance: null };
  return {
    stars: readStars(stars),
    profile: start.withShape(shape),
    shapeCovariance: shapeCovariance && readRows(shapeCovariance, start.shape.length),
  };
}

function callFit(
  { data, invalid, width, height, noise: map }: StarPlane,
  starts: readonly Star[],
  { kind, shape }: StarProfile,
  noise: PixelNoise,
  part: { readonly first: number; readonly count: number; readonly isFree: boolean },
  scope: Scope,
): Promise<NativeFit> {
  const request = {
    data,
    invalid,
    width,
    height,
    noise: map,
    profile: { kind, shape },
    starts: Float64Array.from(starts.flatMap(({ x, y, flux }) => [x, y, flux])),
    ...noise,
    ...part,
    threads: scope.threads,
  };
  return scope.call((binding, ticket) => binding.fitStars(request, scope.isa, ticket));
}

function readStars(fields: Float64Array): StarFit[] {
  const stars: StarFit[] = [];
  for (let first = 0; first < fields.length; first += FIT_FIELDS) {
    const numbers = fields.subarray(first, first + FIT_FIELDS);
    // What is no number was not measured.
    if (numbers.every(Number.isFinite)) stars.push(readStar([...numbers] as FitNumbers));
  }
  return stars;
}

type FitNumbers = [number, number, number, number, number, number, number, number, number, number, number, number];

function readStar([
  x,
  y,
  flux,
  background,
  xx,
  yy,
  xy,
  boundPx,
  fluxSigma,
  chi2,
  misfit,
  saturated,
]: FitNumbers): StarFit {
  return {
    x,
    y,
    flux,
    background,
    covariance: { xx, yy, xy },
    boundPx,
    fluxSigma,
    chi2,
    misfit,
    snr: flux / fluxSigma,
    saturated: saturated === 1,
  };
}

function readRows(matrix: Float64Array, side: number): number[][] {
  return Array.from({ length: side }, (_, row) => [...matrix.subarray(row * side, (row + 1) * side)]);
}

/** Mean over the stars. */
export const meanChi2 = ({ stars }: JointFit): number => stars.reduce((sum, star) => sum + star.chi2, 0) / stars.length;
