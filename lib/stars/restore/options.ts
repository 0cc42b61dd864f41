import { IMAGE_OPTIONS } from '../../operation/options.js';
import type { ImageOptions } from '../../operation/options.js';
import { ArgumentError } from '../../runtime/errors.js';
import type { IntegrityMode } from '../../runtime/integrity.js';
import { RUNTIME_OPTIONS } from '../../runtime/runtime.js';
import type { RuntimeChoice } from '../../runtime/runtime.js';
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import type { BlurSettings, CameraMotion } from '../measure/blur-settings.js';
import { DEFAULT_SATURATION } from '../measure/plane.js';
import { checkCamera } from '../sky/camera.js';
import { sensorRates } from '../sky/motion-path.js';
import { checkTrail } from '../sky/trail.js';
import type { StraightMotion } from '../sky/trail.js';
import type { StarMethod } from './method.js';
import { STAR_METHODS, chooseMethod } from './methods.js';
import { CENTROIDS } from './recentre.js';
import type { CentroidMethod } from './recentre.js';
import type { StarSettings } from './settings.js';

/** The longest trail that is taken as known. */
const MOST_LENGTH_PX = 200;
/** Radii of disks that are taken as known. */
const RADII_PX = [0.5, 100] as const;

/** How star frames are restored and measured. */
export interface StarOptions {
  /**
   * The trail of the stars. 'auto': found in the frame. 'paper': found as published, which is less sure. 'none': stars
   * are sharp. Or a straight trail of up to 200 pixels. Or rates of a camera, which may be given apart from the size of
   * the frame, as `{ focalPx }`. 'auto' by default, 'none' where there is a `defocus`.
   */
  readonly motion?: BlurSettings['motion'];
  /** Radius of defocused stars, 0.5 to 100, or 'auto': found in the frame. Not together with a motion. */
  readonly defocus?: 'auto' | { readonly radiusPx: number };
  /**
   * What restores the windows around stars: 'hyper-laplacian' (the default) or 'richardson-lucy'. 'render' draws the
   * measured stars as spots of 1 pixel instead, for extractors that need such. 'none' measures only.
   */
  readonly method?: StarMethod;
  /** How stars are placed; 'ml'. The others need a method that restores light. */
  readonly centroid?: CentroidMethod;
  /**
   * Iterations of Richardson-Lucy, or outer steps of the hyper-Laplacian: 1 to 10000. By default the former are
   * predicted, the latter 6. 'converged': Richardson-Lucy until no centroid moves by 0.002 pixels over 8 iterations.
   */
  readonly iterations?: number | 'converged';
  /** Detection limit of the matched filter in standard deviations of the sky, 3 to 1000; 5.5. */
  readonly threshold?: number;
  /** The brightest stars that are measured, 1 to 10000; 100. */
  readonly maxStars?: number;
  /**
   * Electrons of one count, for shot noise, 1e-6 to 1e6. By default unknown: stars count as 5 % uncertain in shape
   * instead.
   */
  readonly electronsPerCount?: number;
  /** Samples from this part of full scale on are left out of fits, 0.01 to 1.01; 0.97. */
  readonly saturation?: number;
}

/** How much of the work on a star frame is checked against flipped bits. */
export type StarIntegrity = Extract<IntegrityMode, 'off' | 'full'>;

/** The words of {@link StarIntegrity}. */
export const STAR_INTEGRITY = ['off', 'full'] as const satisfies readonly StarIntegrity[];

/** What `restoreStars` takes. */
export interface RestoreStarsOptions extends StarOptions, RuntimeChoice, ImageOptions {
  /**
   * 'full': the input is decoded twice and compared, as `report.ends` says, and `toFile` reads back what it writes.
   * What is measured and restored between both ends is computed once, unchecked. 'off' by default.
   */
  readonly integrity?: StarIntegrity;
}

/** Keys of {@link StarOptions}. */
export const STAR_OPTIONS = [
  'motion',
  'defocus',
  'method',
  'centroid',
  'iterations',
  'threshold',
  'maxStars',
  'electronsPerCount',
  'saturation',
] as const satisfies (keyof StarOptions)[];

const KEYS: readonly (keyof RestoreStarsOptions)[] = [
  ...STAR_OPTIONS,
  ...RUNTIME_OPTIONS,
  ...IMAGE_OPTIONS,
  'integrity',
];

/** The settings of options, which may hold those of the runtime too. Throws ArgumentError. */
export function checkRestoreOptions(options: RestoreStarsOptions): StarSettings {
  requireKnownKeys('options', options, KEYS);
  return checkStarOptions(options);
}

/** How much is to be checked. Throws ArgumentError. */
export function checkStarIntegrity({ integrity = 'off' }: RestoreStarsOptions): StarIntegrity {
  return requireOneOf('integrity', integrity, STAR_INTEGRITY);
}

/** The settings of options, whose other keys are not looked at. Throws ArgumentError. */
export function checkStarOptions(options: StarOptions): StarSettings {
  const { electronsPerCount, iterations, threshold = 5.5, maxStars = 100 } = options;
  const name = requireOneOf('method', options.method ?? 'hyper-laplacian', STAR_METHODS);
  const centroid = requireOneOf('centroid', options.centroid ?? 'ml', Object.keys(CENTROIDS) as CentroidMethod[]);
  return {
    blur: checkBlur(options),
    search: {
      threshold: requireNumber('threshold', threshold, 3, 1000),
      maxStars: requireInteger('maxStars', maxStars, 1, 10_000),
    },
    restoration: chooseMethod(name, checkIterations(iterations), CENTROIDS[centroid] !== null),
    centroid,
    electronsPerCount:
      electronsPerCount === undefined ? null : requireNumber('electronsPerCount', electronsPerCount, 1e-6, 1e6),
    saturation: requireNumber('saturation', options.saturation ?? DEFAULT_SATURATION, 0.01, 1.01),
  };
}

function checkIterations(iterations: StarOptions['iterations']): number | 'converged' | null {
  if (iterations === undefined) return null;
  return iterations === 'converged' ? iterations : requireInteger('iterations', iterations, 1, 10_000);
}

function checkBlur({ motion, defocus }: StarOptions): BlurSettings {
  if (defocus === undefined) return { motion: checkMotion(motion ?? 'auto'), defocus: null };
  if (motion !== undefined && motion !== 'none')
    throw new ArgumentError('Give either motion or defocus: stars with both are not modelled');
  return { motion: 'none', defocus: checkDefocus(defocus) };
}

function checkMotion(motion: BlurSettings['motion']): BlurSettings['motion'] {
  if (typeof motion === 'string') return requireOneOf('motion', motion, ['auto', 'paper', 'none'] as const);
  return typeof motion === 'object' && motion !== null && 'camera' in motion
    ? checkCameraMotion(motion)
    : checkTrail(motion as StraightMotion, MOST_LENGTH_PX);
}

/** Kept as it is now: what the caller changes later is of no concern. */
function checkCameraMotion({ camera, ...gyro }: CameraMotion): CameraMotion {
  sensorRates(gyro);
  return { ...gyro, camera: checkCamera('motion.camera', camera) };
}

function checkDefocus(defocus: NonNullable<StarOptions['defocus']>): NonNullable<BlurSettings['defocus']> {
  if (typeof defocus === 'string') return requireOneOf('defocus', defocus, ['auto'] as const);
  requireKnownKeys('defocus', defocus, ['radiusPx']);
  return { radiusPx: requireNumber('defocus.radiusPx', defocus.radiusPx, ...RADII_PX) };
}
