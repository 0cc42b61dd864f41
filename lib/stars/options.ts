import { checkEngineOptions } from '../runtime/machine-options.js';
import type { EngineOptions } from '../runtime/machine-options.js';
import { ArgumentError } from '../runtime/errors.js';
import {
  requireFunction,
  requireInteger,
  requireKnownKeys,
  requireNumber,
  requireOneOf,
  requireSignal,
} from '../runtime/validate.js';
import type { Progress } from '../runtime/progress.js';
import { Camera } from './sky/camera.js';
import { sensorRates } from './sky/motion-path.js';
import type { GyroMotion } from './sky/motion-path.js';
import { DEFAULT_SATURATION } from './measure/plane.js';
import type { StraightMotion } from './simulate/simulate.js';
import type { StarMethod } from './restore/window-steps.js';

/** 'ml': maximum likelihood on the blurred frame; the others on the restored one. */
export type CentroidMethod = 'ml' | 'iwcog' | 'cog';

export interface RestoreStarsOptions extends Pick<EngineOptions, 'threads' | 'isa'> {
  /** The trail: found in the frame ('auto', the default unless `defocus` is given; 'paper' as published, which is less sure), known, from rates of a camera, or 'none'. */
  readonly motion?: 'auto' | 'paper' | 'none' | StraightMotion | (GyroMotion & { readonly camera: Camera });
  /** Radius in pixels of defocused stars, or 'auto': found in the frame. Not together with a motion. */
  readonly defocus?: 'auto' | number;
  /**
   * What restores the windows around stars; 'render' draws the measured stars as spots of 1 pixel instead, for extractors that need such; 'none' measures only.
   */
  readonly method?: StarMethod | 'render' | 'none';
  readonly centroid?: CentroidMethod;
  /** Of Richardson-Lucy (predicted by default; 'settled': until no centroid moves by 0.002 pixels over 8 of them) or of the hyper-Laplacian's outer steps (6). */
  readonly iterations?: number | 'settled';
  /** Detection limit of the matched filter in standard deviations; 5.5. */
  readonly threshold?: number;
  /** The brightest stars that are measured; 100. */
  readonly maxStars?: number;
  /** Electrons per count, for shot noise; by default unknown, and stars count as 5 % uncertain in shape instead. */
  readonly gain?: number;
  /** Samples from this part of full scale on are left out of fits; 0.97. */
  readonly saturation?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface StarSettings {
  readonly motion: Exclude<RestoreStarsOptions['motion'], undefined>;
  readonly defocus: 'auto' | number | null;
  readonly method: StarMethod | 'render' | 'none';
  readonly centroid: CentroidMethod;
  readonly iterations: number | 'settled' | null;
  readonly threshold: number;
  readonly maxStars: number;
  readonly gain: number | null;
  readonly saturation: number;
  readonly threads: 1 | 2 | 3;
  readonly isa: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const KEYS = [
  'motion',
  'defocus',
  'method',
  'centroid',
  'iterations',
  'threshold',
  'maxStars',
  'gain',
  'saturation',
  'threads',
  'isa',
  'signal',
  'onProgress',
];
const MOST_LENGTH = 200;

/** Throws ArgumentError. */
export function checkStarOptions(options: RestoreStarsOptions): StarSettings {
  requireKnownKeys('options', options, KEYS);
  const { signal = new AbortController().signal, onProgress = () => {}, defocus, gain, iterations } = options;
  requireSignal(signal);
  requireFunction('onProgress', onProgress);
  const motion = options.motion ?? (defocus === undefined ? 'auto' : 'none');
  if (defocus !== undefined && motion !== 'none')
    throw new ArgumentError('Give either motion or defocus: stars with both are not modelled');
  const { threads } = checkEngineOptions(options, '1GB');
  const method = requireOneOf('method', options.method ?? 'hyper-laplacian', [
    'hyper-laplacian',
    'richardson-lucy',
    'render',
    'none',
  ] as const);
  if (iterations === 'settled' && method !== 'richardson-lucy')
    throw new ArgumentError(
      `Only iterations of 'richardson-lucy' run until they are settled: give '${method}' a number`,
    );
  const centroid = requireOneOf('centroid', options.centroid ?? 'ml', ['ml', 'iwcog', 'cog'] as const);
  if ((method === 'none' || method === 'render') && centroid !== 'ml')
    throw new ArgumentError(
      `Centroids '${centroid}' are taken from the restored frame: choose a method other than '${method}', or 'ml'`,
    );
  return {
    motion: checkMotion(motion),
    method,
    centroid,
    threads,
    isa: options.isa,
    signal,
    onProgress,
    defocus:
      defocus === undefined || defocus === 'auto' ? (defocus ?? null) : requireNumber('defocus', defocus, 0.5, 100),
    iterations:
      iterations === undefined
        ? null
        : iterations === 'settled'
          ? iterations
          : requireInteger('iterations', iterations, 1, 10_000),
    threshold: requireNumber('threshold', options.threshold ?? 5.5, 3, 1000),
    maxStars: requireInteger('maxStars', options.maxStars ?? 100, 1, 10_000),
    gain: gain === undefined ? null : requireNumber('gain', gain, 1e-6, 1e6),
    saturation: requireNumber('saturation', options.saturation ?? DEFAULT_SATURATION, 0.01, 1.01),
  };
}

function checkMotion(motion: StarSettings['motion']): StarSettings['motion'] {
  if (typeof motion === 'string') return requireOneOf('motion', motion, ['auto', 'paper', 'none'] as const);
  if (typeof motion === 'object' && motion !== null && 'camera' in motion) {
    const { camera, ...gyro } = motion;
    if (!(camera instanceof Camera)) throw new ArgumentError('Expected a Camera for motion.camera');
    sensorRates(gyro);
    return motion;
  }
  requireKnownKeys('motion', motion, ['length', 'angle']);
  requireNumber('motion.length', motion.length, 0, MOST_LENGTH);
  requireNumber('motion.angle', motion.angle, -360, 360);
  return motion;
}
