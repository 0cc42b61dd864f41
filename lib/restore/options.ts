import type { DeconvolveOptions } from '../deconvolve/settings.js';
import type { PsfSource } from '../deconvolve/psf-source.js';
import { ConvCache } from '../network/conv-cache.js';
import { chooseConv } from '../network/convolutions.js';
import type { ConvChoice } from '../network/convolutions.js';
import type { NetworkSettings } from '../network/open.js';
import { ArgumentError } from '../runtime/errors.js';
import { INTEGRITY_MODES } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import { RUNTIME_OPTIONS } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { requireInteger, requireKnownKeys, requireOneOf, requireString } from '../runtime/validate.js';
import type { Camera } from './camera.js';

/** Stands for a model where the means are chosen. */
export const AUTO_MODEL = 'auto';
/** Pass rows per native call: a multiple of 4, small enough that an abort is noticed soon. */
const DEFAULT_STRIP_ROWS = 16;

/** Passes that are averaged per frame. */
export type Ensemble = 1 | 2 | 4;

/** How a network restores frames. Unless told otherwise, the whole process may take 300 MB. */
export interface NetworkOptions extends RuntimeChoice {
  /**
   * How 3x3 convolutions are summed: 'direct', 'winograd', or 'auto', what is faster on this machine, which takes at
   * most 0.3 s to find out; by default `PERIFOCAL_CONV`, or 'auto'. The output does not depend on it.
   */
  readonly conv?: ConvChoice;
  /**
   * File in which 'auto' keeps what it has found, by processor and network; made when it is missing. By default nothing
   * is kept.
   */
  readonly convCache?: string;
  /**
   * How much of the network's work is checked, so that a flipped bit is found and the work done again: 'off' (default),
   * 'checked' by exact sums, 'full', which evaluates every epilogue twice, or 'twice': checked, and every frame is
   * computed twice, in other buffers. The output does not depend on it.
   */
  readonly integrity?: IntegrityMode;
  /** Passes averaged per frame (MIMO-UNet++): 1 (default), or 2 with left-right, or 4 with all flips. */
  readonly ensemble?: Ensemble;
  /** Pass rows per native call, 1 to 65535; 16. The output does not depend on it. */
  readonly stripRows?: number;
}

/** How frames are restored by a network that is named. */
export interface RestorerOptions extends NetworkOptions {
  /** Name of a packaged model, path of a model file, or the bytes of one; 'eo-defocus-small'. */
  readonly model?: string | Uint8Array;
  /**
   * How to deconvolve instead where the model is missing or damaged, on the runtime of this restorer, and with its
   * integrity unless another is given.
   */
  readonly fallback?: Omit<DeconvolveOptions, keyof RuntimeChoice>;
}

/** How frames are restored by means that are chosen: a packaged network, deconvolution, or none. */
export interface ChoosingOptions extends NetworkOptions {
  /** The means are chosen by the blur and the noise. */
  readonly model: typeof AUTO_MODEL;
  /** The kernel; by default that of each frame is estimated. */
  readonly psf?: PsfSource;
  /** A camera that has been characterised, or the path of its file, instead of `psf`. */
  readonly camera?: string | Camera;
}

const NETWORK_KEYS: readonly (keyof NetworkOptions)[] = [
  'conv',
  'convCache',
  'integrity',
  'ensemble',
  'stripRows',
  ...RUNTIME_OPTIONS,
];

/** Throws ArgumentError. */
export function checkRestorerOptions(options: RestorerOptions): NetworkSettings {
  requireKnownKeys('options', options, ['model', 'fallback', ...NETWORK_KEYS]);
  const { model } = options;
  if (model !== undefined && !(model instanceof Uint8Array)) requireString('model', model);
  return checkNetworkOptions(options);
}

/** Throws ArgumentError. */
export function checkChoosingOptions(options: ChoosingOptions): NetworkSettings {
  requireKnownKeys(`options with model '${AUTO_MODEL}'`, options, ['model', 'psf', 'camera', ...NETWORK_KEYS]);
  if (options.psf !== undefined && options.camera !== undefined)
    throw new ArgumentError('psf and camera both say what the kernel is: give one of them');
  return checkNetworkOptions(options);
}

function checkNetworkOptions(options: NetworkOptions): NetworkSettings {
  const { convCache } = options;
  if (convCache !== undefined) requireString('convCache', convCache);
  return {
    conv: chooseConv(options.conv),
    cache: convCache === undefined ? null : new ConvCache(convCache),
    integrity: requireOneOf('integrity', options.integrity ?? 'off', INTEGRITY_MODES),
    ensemble: requireOneOf('ensemble', options.ensemble ?? 1, [1, 2, 4]),
    stripRows: requireInteger('stripRows', options.stripRows ?? DEFAULT_STRIP_ROWS, 1, 65_535),
  };
}
