import { MAX_SIDE, MIN_SIDE } from '../../image/frame.js';
import type { Vector } from '../../math/linear.js';
import { requireVector } from '../../math/linear.js';
import { ArgumentError } from '../../runtime/errors.js';
import { RUNTIME_OPTIONS } from '../../runtime/runtime.js';
import type { RuntimeChoice } from '../../runtime/runtime.js';
import { expected, requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import { toRad } from '../sky/angles.js';
import { Camera } from '../sky/camera.js';
import { StarCatalogue } from '../sky/star-catalogue.js';
import { checkPrior } from './prior.js';
import type { AttitudePrior } from './prior.js';

/** Whether pictures are mirrored. */
export const HANDEDNESSES = ['normal', 'mirrored', 'unknown'] as const;
/** Whether frames show the sky as it is seen, or as in a mirror. */
export type Handedness = (typeof HANDEDNESSES)[number];

/** What a {@link StarIdentifier} knows of all its frames. */
export interface IdentifierOptions extends RuntimeChoice {
  /** The camera, or `fieldDegrees` with `width` and `height`. */
  readonly camera?: Camera;
  /** Width of the field in degrees, 2 to 90: or the least and the most that it may be. */
  readonly fieldDegrees?: number | readonly [number, number];
  /** Size of the frames in pixels, 16 to 65535, with `fieldDegrees`. */
  readonly width?: number;
  readonly height?: number;
  /** The packaged one by default. */
  readonly catalogue?: StarCatalogue;
  /** Julian year to whose middle of motion stars are moved, 1000 to 3000; the year of today. */
  readonly epochYear?: number;
  /** Part by which the focal length may be off, 0 to 0.5; 0 for a camera, 0.02 for one `fieldDegrees`. */
  readonly focalTolerance?: number;
  /**
   * How far stars may be off for distortion and a shifted axis, in parts of half the diagonal of the frame, 0 to 0.05:
   * above 0, principal point and one term of distortion are fitted. 0 for a camera, 0.008 for `fieldDegrees`.
   */
  readonly lensTolerance?: number;
  /** 'normal' by default. */
  readonly handedness?: Handedness;
}

/** How a frame is identified. */
export interface IdentifyOptions {
  /** The brightest stars that are used, 4 to 200; 30. */
  readonly maxStars?: number;
  /** Standard deviation of a star without covariance, in pixels, 1e-6 to 100; 0.3. */
  readonly sigmaPx?: number;
  /**
   * Added to the errors of all places, as a standard deviation in pixels, 0 to 100: what the camera differs from its
   * model. 0.01 by default, as bright stars are not placed as well as their noise alone allows.
   */
  readonly extraPx?: number;
  /** Standard deviation of brightness against the catalogue, in magnitudes, 0.01 to 10; 0.4. */
  readonly magnitudeSigma?: number;
  /** Probability of a wrong solution that is accepted, 1e-30 to 0.01; 1e-6. */
  readonly falsePositive?: number;
  /** Pairs of stars of the catalogue that are tried, 1 to 1e12; 5e7. */
  readonly mostHypotheses?: number;
  /** The search ends after so many milliseconds, 1 to 1e9; 1000. */
  readonly timeoutMs?: number;
  /** Of the camera in the ICRS, against the barycentre, in metres a second: what aberration comes of; none. */
  readonly velocity?: Vector;
  /** Stars are first looked for where they are expected: two suffice. The sky is searched where that fails. */
  readonly prior?: AttitudePrior;
  readonly signal?: AbortSignal;
}

const IDENTIFIER_KEYS: readonly (keyof IdentifierOptions)[] = [
  ...RUNTIME_OPTIONS,
  ...([
    'camera',
    'fieldDegrees',
    'width',
    'height',
    'catalogue',
    'epochYear',
    'focalTolerance',
    'lensTolerance',
    'handedness',
  ] as const),
];
const IDENTIFY_KEYS = [
  'maxStars',
  'sigmaPx',
  'extraPx',
  'magnitudeSigma',
  'falsePositive',
  'mostHypotheses',
  'timeoutMs',
  'velocity',
  'prior',
  'signal',
] as const satisfies (keyof IdentifyOptions)[];

const SPEED_OF_LIGHT = 299_792_458;
/** Far above that of any spacecraft; aberration is then 700 arc seconds. */
const FASTEST = 1e6;
/** Bright stars are not placed as well as their noise alone allows. */
export const LEAST_PX = 0.01;
const ONE_FIELD_TOLERANCE = 0.02;
const FIELD_LENS = 0.008;

/** {@link IdentifierOptions}, checked. */
export interface IdentifierSettings {
  /** The nominal one. */
  readonly camera: Camera;
  readonly lowScale: number;
  readonly highScale: number;
  readonly lensTolerance: number;
  readonly handedness: Handedness;
  readonly epochYear: number;
}

/** Throws ArgumentError. */
export function checkIdentifier(options: IdentifierOptions): IdentifierSettings {
  requireKnownKeys('options', options, IDENTIFIER_KEYS);
  const { camera, fieldDegrees, catalogue } = options;
  if ((camera === undefined) === (fieldDegrees === undefined))
    throw new ArgumentError('Give either a camera, or fieldDegrees with width and height');
  if (catalogue !== undefined && !(catalogue instanceof StarCatalogue))
    throw expected('StarCatalogue', 'catalogue', catalogue);
  const shared = {
    handedness: requireOneOf('handedness', options.handedness ?? 'normal', HANDEDNESSES),
    epochYear: requireNumber('epochYear', options.epochYear ?? thisYear(), 1000, 3000),
  };
  return { ...shared, ...(camera === undefined ? ofField(options) : ofCamera(camera, options)) };
}

type CameraSettings = Pick<IdentifierSettings, 'camera' | 'lowScale' | 'highScale' | 'lensTolerance'>;

function ofCamera(
  camera: Camera,
  { width, height, focalTolerance = 0, lensTolerance = 0 }: IdentifierOptions,
): CameraSettings {
  if (!(camera instanceof Camera)) throw expected('Camera', 'camera', camera);
  if (width !== undefined || height !== undefined)
    throw new ArgumentError('A camera has a size of its own: give no width and height beside it');
  const tolerance = requireNumber('focalTolerance', focalTolerance, 0, 0.5);
  const lens = requireNumber('lensTolerance', lensTolerance, 0, 0.05);
  if (lens > 0 && camera.distortion.length > 0)
    throw new ArgumentError('A camera with a distortion has a lens that is known: give no lensTolerance');
  return { camera, lowScale: 1 / (1 + tolerance), highScale: 1 + tolerance, lensTolerance: lens };
}

function ofField({
  fieldDegrees,
  width,
  height,
  focalTolerance,
  lensTolerance = FIELD_LENS,
}: IdentifierOptions): CameraSettings {
  const isRange = Array.isArray(fieldDegrees);
  const [low, high] = (isRange ? fieldDegrees : [fieldDegrees, fieldDegrees]) as [number, number];
  const least = requireNumber(isRange ? 'fieldDegrees[0]' : 'fieldDegrees', low, 2, 90);
  const most = requireNumber('fieldDegrees[1]', high, least, 90);
  const tolerance = requireNumber('focalTolerance', focalTolerance ?? (isRange ? 0 : ONE_FIELD_TOLERANCE), 0, 0.5);
  const size = {
    width: requireInteger('width', width, MIN_SIDE, MAX_SIDE),
    height: requireInteger('height', height, MIN_SIDE, MAX_SIDE),
  };
  const focalOf = (field: number): number => size.width / 2 / Math.tan(toRad(field / 2));
  const [shortest, longest] = [focalOf(most) / (1 + tolerance), focalOf(least) * (1 + tolerance)];
  const focalPx = Math.sqrt(shortest * longest);
  return {
    camera: new Camera({ ...size, focalPx }),
    lowScale: shortest / focalPx,
    highScale: longest / focalPx,
    lensTolerance: requireNumber('lensTolerance', lensTolerance, 0, 0.05),
  };
}

const thisYear = (): number => 2000 + (Date.now() / 86_400_000 - 10_957.5) / 365.25;

/** {@link IdentifyOptions}, checked. */
export interface IdentifySettings {
  readonly maxStars: number;
  readonly sigmaPx: number;
  readonly extraPx: number;
  readonly magnitudeSigma: number;
  readonly falsePositive: number;
  readonly mostHypotheses: number;
  readonly seconds: number;
  /** Over that of light. */
  readonly velocity: Vector;
  readonly prior: AttitudePrior | null;
}

/** Throws ArgumentError. */
export function checkIdentify(options: IdentifyOptions): IdentifySettings {
  requireKnownKeys('options', options, IDENTIFY_KEYS);
  const velocity = requireVector('velocity', options.velocity ?? [0, 0, 0]);
  requireNumber('the speed of velocity', Math.hypot(...velocity), 0, FASTEST);
  return {
    maxStars: requireInteger('maxStars', options.maxStars ?? 30, 4, 200),
    sigmaPx: requireNumber('sigmaPx', options.sigmaPx ?? 0.3, 1e-6, 100),
    extraPx: requireNumber('extraPx', options.extraPx ?? LEAST_PX, 0, 100),
    magnitudeSigma: requireNumber('magnitudeSigma', options.magnitudeSigma ?? 0.4, 0.01, 10),
    falsePositive: requireNumber('falsePositive', options.falsePositive ?? 1e-6, 1e-30, 0.01),
    mostHypotheses: requireInteger('mostHypotheses', options.mostHypotheses ?? 5e7, 1, 1e12),
    seconds: requireNumber('timeoutMs', options.timeoutMs ?? 1000, 1, 1e9) / 1000,
    velocity: velocity.map((part) => part / SPEED_OF_LIGHT) as unknown as Vector,
    prior: options.prior === undefined ? null : checkPrior(options.prior),
  };
}
