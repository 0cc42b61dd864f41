import { ArgumentError } from '../../runtime/errors.js';
import { MAX_SIDE, MIN_SIDE } from '../../image/frame.js';
import type { Frame } from '../../image/frame.js';
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import type { Camera } from '../sky/camera.js';
import { EPOCHS, tracePath } from '../sky/motion-path.js';
import type { Epoch, GyroMotion, PathPoint } from '../sky/motion-path.js';
import { Random } from './random.js';
import { addStar } from '../restore/render.js';

/** A star in a frame. */
export interface Star {
  /** Pixel coordinates at the epoch; (0, 0) is the centre of the first pixel, y goes downwards. */
  readonly x: number;
  readonly y: number;
  /** Electrons. */
  readonly flux: number;
}

/** The same straight trail everywhere. */
export interface StraightMotion {
  /** Pixels. */
  readonly length: number;
  /** Where stars go, in degrees, anticlockwise from the right. */
  readonly angle: number;
}

export interface SimulateOptions {
  readonly width: number;
  readonly height: number;
  /** How many at random places, or which; 20. */
  readonly stars?: number | readonly Star[];
  /** Electrons of random stars: one number, or the range of a log-uniform draw; 1,000 to 50,000. */
  readonly flux?: number | readonly [number, number];
  /** Random stars keep this distance from the edges and from each other, in pixels; 32. */
  readonly separation?: number;
  /** A straight trail, or rates of a camera; by default none. */
  readonly motion?: StraightMotion | (GyroMotion & { readonly camera: Camera });
  readonly epoch?: Epoch;
  /** Standard deviation of a sharp star in pixels, without the pixel's own width; 1. */
  readonly sigma?: number;
  /** Radius in pixels of the disk of a defocused star; 0. */
  readonly defocusRadius?: number;
  /** Electrons per pixel; 50. */
  readonly background?: number;
  /** Standard deviation in electrons; 5. */
  readonly readNoise?: number;
  /** Electrons per count; 1. */
  readonly gain?: number;
  /** Counts of a dark pixel without noise; 0. */
  readonly offset?: number;
  /** Electrons at which a pixel is full; by default only the largest count limits it. */
  readonly fullWell?: number;
  /** Bits of a sample, 8 to 16. Beyond 8 the frame holds 16, the counts as they are; 16. */
  readonly bits?: number;
  /** Any integer of 32 bits; 1. */
  readonly seed?: number;
}

/** A frame with what it was made of. */
export interface SimulatedFrame {
  readonly frame: Frame;
  readonly stars: readonly Star[];
  /** Mean electrons of every pixel, background included, without noise or saturation. */
  readonly electrons: Float32Array;
}

const KEYS = [
  'width',
  'height',
  'stars',
  'flux',
  'separation',
  'motion',
  'epoch',
  'sigma',
  'defocusRadius',
  'background',
  'readNoise',
  'gain',
  'offset',
  'fullWell',
  'bits',
  'seed',
];
/** Draws of a place before a field counts as full. */
const MOST_DRAWS = 10_000;

/**
 * A star frame with known truth, the same for the same seed: streaks (star-sensor B.1) or trails of a turning camera, defocus, background,
 * shot and read noise, gain, saturation, rounding. Throws ArgumentError.
 */
export function simulate(options: SimulateOptions): SimulatedFrame {
  const settings = checkOptions(options);
  const { width, height, epoch, sigma, defocusRadius, background, motion } = settings;
  const random = new Random(settings.seed);
  const stars = Array.isArray(settings.stars) ? settings.stars.map(checkStar) : drawStars(settings, random);
  const electrons = new Float32Array(width * height).fill(background);
  for (const { x, y, flux } of stars) {
    addStar({ width, height, data: electrons }, x, y, flux, pathOf(motion, x, y, epoch), { sigma, defocusRadius });
  }
  return {
    frame: { width, height, channels: 1, depth: settings.bits > 8 ? 16 : 8, data: expose(electrons, settings, random) },
    stars,
    electrons,
  };
}

function checkOptions(
  options: SimulateOptions,
): Required<Omit<SimulateOptions, 'motion' | 'stars'>> &
  Pick<SimulateOptions, 'motion'> & { stars: number | readonly Star[] } {
  requireKnownKeys('options', options, KEYS);
  const { stars = 20, motion, fullWell = Infinity } = options;
  return {
    width: requireInteger('width', options.width, MIN_SIDE, MAX_SIDE),
    height: requireInteger('height', options.height, MIN_SIDE, MAX_SIDE),
    stars: Array.isArray(stars) ? stars : requireInteger('stars', stars, 0, 100_000),
    flux: checkFlux(options.flux ?? [1000, 50_000]),
    separation: requireNumber('separation', options.separation ?? 32, 0, MAX_SIDE),
    epoch: requireOneOf('epoch', options.epoch ?? 'mid', EPOCHS),
    sigma: requireNumber('sigma', options.sigma ?? 1, 0.1, 50),
    defocusRadius: requireNumber('defocusRadius', options.defocusRadius ?? 0, 0, 250),
    background: requireNumber('background', options.background ?? 50, 0, 1e9),
    readNoise: requireNumber('readNoise', options.readNoise ?? 5, 0, 1e6),
    gain: requireNumber('gain', options.gain ?? 1, 1e-6, 1e6),
    offset: requireNumber('offset', options.offset ?? 0, 0, 65_535),
    fullWell: fullWell === Infinity ? fullWell : requireNumber('fullWell', fullWell, 1, 1e12),
    bits: requireInteger('bits', options.bits ?? 16, 8, 16),
    seed: requireInteger('seed', options.seed ?? 1, -(2 ** 31), 2 ** 32 - 1),
    ...(motion && { motion }),
  };
}

function checkFlux(flux: number | readonly [number, number]): readonly [number, number] {
  const [low, high] = typeof flux === 'number' ? [flux, flux] : flux;
  requireNumber('flux', low, 0, 1e12);
  return [low, requireNumber('flux', high, low, 1e12)];
}

function checkStar(star: Star, index: number): Star {
  requireKnownKeys(`stars[${index}]`, star, ['x', 'y', 'flux']);
  requireNumber(`stars[${index}].x`, star.x, -1e6, 1e6);
  requireNumber(`stars[${index}].y`, star.y, -1e6, 1e6);
  requireNumber(`stars[${index}].flux`, star.flux, 0, 1e12);
  return star;
}

function drawStars(
  { width, height, stars, flux, separation }: ReturnType<typeof checkOptions>,
  random: Random,
): Star[] {
  const [low, high] = flux as readonly [number, number];
  const margin = Math.min(separation, (Math.min(width, height) - 1) / 2);
  const within = (side: number): number => margin + random.uniform() * (side - 1 - 2 * margin);
  const drawn: Star[] = [];
  for (let draw = 0; drawn.length < (stars as number); draw += 1) {
    if (draw === MOST_DRAWS)
      throw new ArgumentError(
        `${stars as number} stars ${separation} pixels apart do not fit into ${width}x${height} pixels: ask for fewer, or a smaller separation`,
      );
    const [x, y] = [within(width), within(height)];
    if (drawn.some((other) => Math.hypot(other.x - x, other.y - y) < separation)) continue;
    drawn.push({ x, y, flux: low === high ? low : low * (high / low) ** random.uniform() });
    draw = -1;
  }
  return drawn;
}

/** The trail of a star, from its place at the epoch. */
function pathOf(motion: SimulateOptions['motion'], x: number, y: number, epoch: Epoch): PathPoint[] {
  if (motion === undefined)
    return [
      [0, 0],
      [0, 0],
    ];
  if ('camera' in motion) {
    const { camera, ...gyro } = motion;
    return tracePath(camera, gyro, x, y, epoch);
  }
  requireKnownKeys('motion', motion, ['length', 'angle']);
  const length = requireNumber('length', motion.length, 0, MAX_SIDE);
  const radians = (requireNumber('angle', motion.angle, -360, 360) * Math.PI) / 180;
  const at = (distance: number): PathPoint => [distance * Math.cos(radians), -distance * Math.sin(radians)];
  const start = { start: 0, mid: -length / 2, end: -length }[epoch];
  return [at(start), at(start + length)];
}

/** Counts from mean electrons. */
function expose(
  electrons: Float32Array,
  { readNoise, gain, offset, fullWell, bits }: ReturnType<typeof checkOptions>,
  random: Random,
): Frame['data'] {
  const most = 2 ** bits - 1;
  const data = bits > 8 ? new Uint16Array(electrons.length) : new Uint8Array(electrons.length);
  electrons.forEach((mean, index) => {
    const collected = Math.min(fullWell, random.poisson(mean)) + readNoise * random.normal();
    data[index] = Math.max(0, Math.min(most, Math.round(collected / gain + offset)));
  });
  return data;
}
