import { transform, transpose } from '../../math/linear.js';
import { median } from '../../math/median.js';
import type { Matrix3, Vector } from '../../math/linear.js';
import type { IdentifyEnd, NativeIdentification } from '../../runtime/native/binding.js';
import { toDegrees } from '../sky/angles.js';
import { quaternionOf } from '../sky/attitude.js';
import type { Attitude } from '../sky/attitude.js';
import { Camera } from '../sky/camera.js';
import type { AxisMatrix } from '../sky/camera.js';
import { pointingMatrix } from '../sky/catalogue.js';
import type { Pointing } from '../sky/catalogue.js';
import type { KnownStar, StarCatalogue } from '../sky/star-catalogue.js';
import type { SeenStar } from './field.js';

/** A star of a frame, and which one it is. */
export interface StarMatch {
  /** As it was given. */
  readonly seen: SeenStar;
  /** Of the catalogue, at the epoch. */
  readonly star: KnownStar;
  /** Seen less expected. */
  readonly residualPx: readonly [number, number];
}

/** Why there is no solution. */
export type DeclinedReason = Exclude<IdentifyEnd, 'solved'>;

/** A search without a solution. */
export interface Declined {
  readonly status: 'declined';
  /**
   * 'too-few': fewer than four stars. 'nothing-fits': no attitude explains enough of them. 'ambiguous': two do, about
   * as well. 'hypotheses' and 'time': the search ended at its limit.
   */
  readonly reason: DeclinedReason;
  /** Pairs of stars of the catalogue that were tried. */
  readonly hypotheses: number;
  readonly milliseconds: number;
}

/** Where a frame looks, and what it shows. */
export interface Solved {
  readonly status: 'solved';
  /** Turns directions of the ICRS into those of the sensor: X, Y and Z as the axes of `camera` have them. */
  readonly attitude: Attitude;
  /** The same as right ascension, declination and roll of the optical axis: `pointingMatrix` gives the matrix. */
  readonly pointing: Required<Pointing>;
  /** Of the middle of the frame, in degrees. */
  readonly middle: { readonly raDegrees: number; readonly decDegrees: number };
  /** Width of the frame through its middle, in degrees. */
  readonly fieldDegrees: number;
  /** The camera as it was given, or as fitted; mirrored axes where the frame is mirrored. */
  readonly camera: Camera;
  readonly isMirrored: boolean;
  /** Magnitude of the catalogue less -2.5 log10 of the flux: the median of the matches. */
  readonly magnitudeZero: number;
  /** Whether the stars were where a `prior` expects them, so that the sky was not searched. */
  readonly isFollowed: boolean;
  /** Brightest first. */
  readonly matches: readonly StarMatch[];
  /** Bright objects that are none of the expected stars: planets, satellites, the moon, or false. */
  readonly unmatched: readonly SeenStar[];
  /** The probability that chance explains as many stars, times the hypotheses. */
  readonly falseAlarm: number;
  /** Sum of the squares of residuals over their standard deviations, per degree of freedom. */
  readonly chi2: number;
  readonly hypotheses: number;
  readonly milliseconds: number;
}

/** What came of a frame. */
export type Identification = Solved | Declined;

/** What a solution is made from. */
export interface Findings {
  readonly found: NativeIdentification;
  readonly seen: readonly SeenStar[];
  readonly camera: Camera;
  /** Of the identifier; `camera` is that, or as a frame before has had it fitted. */
  readonly nominal: Camera;
  readonly isFollowed: boolean;
  readonly catalogue: StarCatalogue;
  readonly epochYear: number;
  /** Over that of light. */
  readonly velocity: Vector;
  readonly milliseconds: number;
}

/** The result for callers. */
export function toIdentification(findings: Findings): Identification {
  const { found, milliseconds } = findings;
  const { end, hypotheses } = found;
  if (end !== 'solved') return { status: 'declined', reason: end, hypotheses, milliseconds };
  const camera = refine(findings.camera, found);
  if (!seesItsCorners(camera)) return { status: 'declined', reason: 'nothing-fits', hypotheses, milliseconds };
  const matrix = toMatrix(found.rotation);
  const matches = matchesOf(findings, matrix, camera);
  const taken = new Set(matches.map(({ seen }) => seen));
  const freedom = Math.max(1, 2 * matches.length - 3);
  return {
    status: 'solved',
    attitude: attitudeOf(found, matrix, matches, camera),
    pointing: pointingOf(matrix),
    middle: placeOf(transform(transpose(matrix), camera.direction((camera.width - 1) / 2, (camera.height - 1) / 2))),
    fieldDegrees: fieldOf(camera),
    camera,
    isMirrored: handOf(camera) !== handOf(findings.nominal),
    magnitudeZero: zeroOf(matches),
    isFollowed: findings.isFollowed,
    matches,
    unmatched: findings.seen.filter((star) => !taken.has(star)),
    falseAlarm: Math.min(1, Math.exp(found.logFalseAlarm)),
    chi2: found.chi2 / freedom,
    hypotheses,
    milliseconds,
  };
}

const handOf = ({ axes: [[a, b], [c, d]] }: Camera): number => Math.sign(a * d - b * c);

const zeroOf = (matches: readonly StarMatch[]): number =>
  median(matches.map(({ seen, star }) => star.magnitude + 2.5 * Math.log10(seen.flux))) ?? 0;

const toMatrix = (m: Float64Array): Matrix3 => [
  [m[0]!, m[1]!, m[2]!],
  [m[3]!, m[4]!, m[5]!],
  [m[6]!, m[7]!, m[8]!],
];

/** The nominal camera with what was fitted. Turning u round is turning the sensor's X round. */
function refine(nominal: Camera, { scale, centreU, centreV, bend, isMirrored }: NativeIdentification): Camera {
  const { width, height, focalPx, principalPoint, distortion } = nominal;
  const [[a, b], [c, d]] = nominal.axes;
  const turn = isMirrored ? -1 : 1;
  const axes: AxisMatrix = [
    [turn * a + 0, b],
    [turn * c + 0, d],
  ];
  const [x, y] = [turn * a * centreU + b * centreV, turn * c * centreU + d * centreV];
  return new Camera({
    width,
    height,
    axes,
    focalPx: scale * focalPx,
    principalPoint: [principalPoint[0] + focalPx * x, principalPoint[1] + focalPx * y],
    distortion: bend === 0 ? distortion : [bend],
  });
}

/** Whether the distortion does not fold over within the frame: no lens does, but a fit to false matches may. */
function seesItsCorners(camera: Camera): boolean {
  const [right, bottom] = [camera.width - 0.5, camera.height - 0.5];
  const corners = [
    [-0.5, -0.5],
    [right, -0.5],
    [-0.5, bottom],
    [right, bottom],
  ] as const;
  return corners.every(([x, y]) => camera.directionIfAny(x, y) !== null);
}

function attitudeOf(
  { covariance }: NativeIdentification,
  matrix: Matrix3,
  matches: readonly StarMatch[],
  { focalPx }: Camera,
): Attitude {
  const squares = matches.reduce((sum, { residualPx: [dx, dy] }) => sum + dx * dx + dy * dy, 0);
  return {
    matrix,
    quaternion: quaternionOf(matrix),
    covarianceRad2: toMatrix(covariance),
    residualRad: Math.sqrt(squares / matches.length) / focalPx,
  };
}

function matchesOf(
  { found, seen, catalogue, epochYear, velocity }: Findings,
  matrix: Matrix3,
  camera: Camera,
): StarMatch[] {
  return Array.from({ length: found.matches.length / 2 }, (_, index) => {
    const star = seen[found.matches[2 * index]!]!;
    const known = found.matches[2 * index + 1]!;
    const [x, y, z] = catalogue.direction(known, epochYear);
    const apparent: Vector = [x + velocity[0], y + velocity[1], z + velocity[2]];
    const place = camera.project(transform(matrix, apparent)) ?? [star.x, star.y];
    const residualPx = [star.x - place[0], star.y - place[1]] as const;
    return { seen: star, star: catalogue.star(known, epochYear), residualPx };
  });
}

function placeOf([x, y, z]: Vector): { readonly raDegrees: number; readonly decDegrees: number } {
  return {
    raDegrees: (toDegrees(Math.atan2(y, x)) + 360) % 360,
    decDegrees: toDegrees(Math.atan2(z, Math.hypot(x, y))),
  };
}

/** What `pointingMatrix` gives the matrix for: without roll X is to the west and Y to the south. */
function pointingOf(matrix: Matrix3): Required<Pointing> {
  const place = placeOf(matrix[2]);
  const [west, south] = pointingMatrix(place);
  const along = (axis: Vector): number => axis.reduce((sum, part, i) => sum + part * matrix[0][i]!, 0);
  return { ...place, rollDegrees: toDegrees(Math.atan2(along(south), along(west))) };
}

function fieldOf(camera: Camera): number {
  const y = (camera.height - 1) / 2;
  const [left, right] = [camera.direction(-0.5, y), camera.direction(camera.width - 0.5, y)];
  return toDegrees(2 * Math.asin(Math.hypot(left[0] - right[0], left[1] - right[1], left[2] - right[2]) / 2));
}
