import { ArgumentError } from '../../runtime/errors.js';
import type { IdentifyRequest } from '../../runtime/native/binding.js';
import { SEEN_FIELDS } from '../../runtime/native/star-index.js';
import { expected, requireArray, requireNumber } from '../../runtime/validate.js';
import type { Camera } from '../sky/camera.js';
import type { Star } from '../sky/place.js';
import type { IdentifierSettings, IdentifySettings } from './options.js';

/** A star of a frame, such as those of `restoreStars`: place and flux of any unit. */
export interface SeenStar extends Star {
  /** Of the place, in pixels squared: the square of `extraPx` is added; `sigmaPx` of the options by default. */
  readonly covariance?: { readonly xx: number; readonly yy: number; readonly xy: number };
}

/** What a lens may be, as standard deviations: of the principal point in focal lengths, of the first distortion. */
const CENTRE_SIGMA = 0.15;
const BEND_SIGMA = 0.3;
const FARTHEST_PX = 1e6;

/** The brightest stars with a direction, brightest first. Throws ArgumentError that names the star that is wrong. */
export function brightest(stars: readonly SeenStar[], camera: Camera, most: number): SeenStar[] {
  requireArray('stars', stars);
  const checked = stars.map(checkStar);
  const sorted = checked.sort((a, b) => b.flux - a.flux || a.y - b.y || a.x - b.x);
  return sorted.filter(({ x, y }) => camera.directionIfAny(x, y) !== null).slice(0, most);
}

function checkStar(star: SeenStar, index: number): SeenStar {
  const name = `stars[${index}]`;
  if (typeof star !== 'object' || star === null) throw expected('star', name, star);
  requireNumber(`${name}.x`, star.x, -FARTHEST_PX, FARTHEST_PX);
  requireNumber(`${name}.y`, star.y, -FARTHEST_PX, FARTHEST_PX);
  requireNumber(`${name}.flux`, star.flux, Number.MIN_VALUE, Number.MAX_VALUE);
  const { covariance } = star;
  if (covariance === undefined) return star;
  const { xx, yy, xy } = covariance;
  if (![xx, yy, xy].every(Number.isFinite) || !(xx > 0 && yy > 0 && xy * xy < xx * yy))
    throw new ArgumentError(`The covariance of ${name} is no covariance: xx ${xx}, yy ${yy}, xy ${xy}`);
  return star;
}

/** What native code is asked about these stars. */
export function requestOf(
  stars: readonly SeenStar[],
  { camera, lowScale, highScale, lensTolerance, handedness }: IdentifierSettings,
  settings: Omit<IdentifySettings, 'prior'>,
): IdentifyRequest {
  const { magnitudeSigma, velocity, falsePositive, mostHypotheses, seconds } = settings;
  const halfDiagonal = Math.hypot(camera.width, camera.height) / 2 / camera.focalPx;
  const isLensFree = lensTolerance > 0;
  return {
    stars: Float64Array.from(stars.flatMap((star) => tangentsOf(star, camera, settings))),
    count: stars.length,
    ...bordersOf(camera),
    magnitudeSigma,
    velocity: Float64Array.from(velocity),
    lens: lensTolerance * halfDiagonal,
    scaleSigma: lowScale < highScale ? highScale / lowScale - 1 : 0,
    centreSigma: isLensFree ? CENTRE_SIGMA : 0,
    bendSigma: isLensFree ? BEND_SIGMA : 0,
    lowScale,
    highScale,
    tryUpright: handedness !== 'mirrored',
    tryMirrored: handedness !== 'normal',
    falsePositive,
    mostHypotheses,
    seconds,
  };
}

/** The part of the lens' tolerance that is left once its axis and distortion are fitted. */
const FITTED_LENS = 1 / 16;

/** The same of a camera that is known from a frame before. */
export function requestNear(
  stars: readonly SeenStar[],
  camera: Camera,
  settings: IdentifierSettings,
  options: IdentifySettings,
): IdentifyRequest {
  const known = { camera, lowScale: 1, highScale: 1, lensTolerance: FITTED_LENS * settings.lensTolerance };
  const request = requestOf(stars, { ...settings, ...known }, options);
  return { ...request, centreSigma: 0, bendSigma: 0, tryUpright: true, tryMirrored: false };
}

type PlaceErrors = Pick<IdentifySettings, 'sigmaPx' | 'extraPx'>;

function tangentsOf(star: SeenStar, camera: Camera, { sigmaPx, extraPx }: PlaceErrors): number[] {
  const [u, v] = tangentAt(camera, star.x, star.y);
  const { xx, yy, xy } = star.covariance ?? { xx: sigmaPx ** 2, yy: sigmaPx ** 2, xy: 0 };
  const [[a, b], [c, d]] = camera.axes;
  const unit = camera.focalPx ** -2;
  const uu = a * a * xx + 2 * a * c * xy + c * c * yy + extraPx ** 2;
  const vv = b * b * xx + 2 * b * d * xy + d * d * yy + extraPx ** 2;
  const uv = a * b * xx + (a * d + b * c) * xy + c * d * yy;
  const numbers = [u, v, unit * uu, unit * vv, unit * uv, -2.5 * Math.log10(star.flux)];
  if (numbers.length !== SEEN_FIELDS) throw new Error('a seen star has other numbers');
  return numbers;
}

/** Of a pixel that has a direction. */
function tangentAt(camera: Camera, x: number, y: number): readonly [number, number] {
  const [sx, sy, sz] = camera.direction(x, y);
  return [sx / sz, sy / sz];
}

function bordersOf(camera: Camera): Pick<IdentifyRequest, 'left' | 'right' | 'top' | 'bottom'> {
  const { width, height } = camera;
  const corners = [
    [-0.5, -0.5],
    [width - 0.5, -0.5],
    [-0.5, height - 0.5],
    [width - 0.5, height - 0.5],
  ].map(([x, y]) => tangentAt(camera, x!, y!));
  const us = corners.map(([u]) => u);
  const vs = corners.map(([, v]) => v);
  return { left: Math.min(...us), right: Math.max(...us), top: Math.min(...vs), bottom: Math.max(...vs) };
}
