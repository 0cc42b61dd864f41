import { ArgumentError } from '../../runtime/errors.js';
import { MAX_SIDE, MIN_SIDE } from '../../image/frame.js';
import type { Frame } from '../../image/frame.js';
import { requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../../runtime/validate.js';
import { toRad } from '../sky/angles.js';
import type { Camera } from '../sky/camera.js';
import { EPOCHS, tracePath } from '../sky/motion-path.js';
import type { Epoch, GyroMotion, PathPoint } from '../sky/motion-path.js';
import type { Star } from '../sky/place.js';
import { checkTrail } from '../sky/trail.js';
import type { StraightMotion } from '../sky/trail.js';
import { RESTING, addStar } from './light.js';
import { Random } from './random.js';

/** What {@link simulate} exposes. */
export interface SimulateOptions {
  /** Size of the frame in pixels, 16 to 65535 each. */
  readonly width: number;
  readonly height: number;
  /** How many stars at random places, 0 to 100000, or which; 20. A star's place is that at the epoch. */
  readonly stars?: number | readonly Star[];
  /** Electrons of random stars, 0 to 1e12: one number, or the range of a log-uniform draw; 1,000 to 50,000. */
  readonly flux?: number | readonly [number, number];
  /** Random stars keep this distance from the edges and from each other, 0 to 65535; 32. */
  readonly separationPx?: number;
  /** A straight trail, or rates of a camera; by default none. */
  readonly motion?: StraightMotion | (GyroMotion & { readonly camera: Camera });
  /** When during the exposure stars are at their places; 'mid'. */
  readonly epoch?: Epoch;
  /** Standard deviation of a sharp star without the pixel's own width, 0.1 to 50; 1. */
  readonly sigmaPx?: number;
  /** Radius of the disk of a defocused star, 0 to 250; 0. */
  readonly defocusRadiusPx?: number;
  /** Electrons of the sky in each pixel, 0 to 1e9; 50. */
  readonly background?: number;
  /** Standard deviation of the noise of reading in electrons, 0 to 1e6; 5. */
  readonly readNoise?: number;
  /** Electrons of one count, 1e-6 to 1e6; 1. */
  readonly electronsPerCount?: number;
  /** Counts of a dark pixel without noise, 0 to 65535; 0. */
  readonly offset?: number;
  /** Electrons at which a pixel is full, 1 to 1e12; by default only the largest count limits it. */
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
  'separationPx',
  'motion',
  'epoch',
  'sigmaPx',
  'defocusRadiusPx',
  'background',
  'readNoise',
  'electronsPerCount',
  'offset',
  'fullWell',
  'bits',
  'seed',
] as const satisfies (keyof SimulateOptions)[];
/** Draws of a place before a field counts as full. */
const MOST_DRAWS = 10_000;

/**
 * A star frame of one colour with known truth, the same for the same seed: streaks (star-sensor B.1) or trails of a
 * turning camera, defocus, background, shot and read noise, saturation, rounding. Throws ArgumentError.
 */
export function simulate(options: SimulateOptions): SimulatedFrame {
  const settings = checkOptions(options);
  const { width, height, epoch, background, motion } = settings;
  const random = new Random(settings.seed);
  const stars = Array.isArray(settings.stars) ? settings.stars.map(checkStar) : drawPlaces(settings, random);
  const electrons = new Float32Array(width * height).fill(background);
  const plane = { width, height, data: electrons };
  for (const star of stars) addStar(plane, star, pathOf(motion, star, epoch), settings);
  const depth = settings.bits > 8 ? 16 : 8;
  const data = expose(electrons, settings, random);
  return { frame: { width, height, channels: 1, depth, data }, stars, electrons };
}

type Settings = Required<Omit<SimulateOptions, 'motion'>> & Pick<SimulateOptions, 'motion'>;

function checkOptions(options: SimulateOptions): Settings {
  requireKnownKeys('options', options, KEYS);
  const { stars = 20, motion, fullWell = Infinity } = options;
  return {
    width: requireInteger('width', options.width, MIN_SIDE, MAX_SIDE),
    height: requireInteger('height', options.height, MIN_SIDE, MAX_SIDE),
    stars: Array.isArray(stars) ? stars : requireInteger('stars', stars, 0, 100_000),
    flux: checkFlux(options.flux ?? [1000, 50_000]),
    separationPx: requireNumber('separationPx', options.separationPx ?? 32, 0, MAX_SIDE),
    epoch: requireOneOf('epoch', options.epoch ?? 'mid', EPOCHS),
    sigmaPx: requireNumber('sigmaPx', options.sigmaPx ?? 1, 0.1, 50),
    defocusRadiusPx: requireNumber('defocusRadiusPx', options.defocusRadiusPx ?? 0, 0, 250),
    background: requireNumber('background', options.background ?? 50, 0, 1e9),
    readNoise: requireNumber('readNoise', options.readNoise ?? 5, 0, 1e6),
    electronsPerCount: requireNumber('electronsPerCount', options.electronsPerCount ?? 1, 1e-6, 1e6),
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
  requireKnownKeys(`stars[${index}]`, star, ['x', 'y', 'flux'] satisfies (keyof Star)[]);
  requireNumber(`stars[${index}].x`, star.x, -1e6, 1e6);
  requireNumber(`stars[${index}].y`, star.y, -1e6, 1e6);
  requireNumber(`stars[${index}].flux`, star.flux, 0, 1e12);
  return star;
}

function drawPlaces({ width, height, stars, flux, separationPx }: Settings, random: Random): Star[] {
  const [low, high] = flux as readonly [number, number];
  const margin = Math.min(separationPx, (Math.min(width, height) - 1) / 2);
  const within = (side: number): number => margin + random.uniform() * (side - 1 - 2 * margin);
  const drawn: Star[] = [];
  for (let draw = 0; drawn.length < (stars as number); draw += 1) {
    if (draw === MOST_DRAWS)
      throw new ArgumentError(
        `${stars as number} stars ${separationPx} pixels apart do not fit into ${width}x${height} pixels: ` +
          'ask for fewer, or a smaller separationPx',
      );
    const [x, y] = [within(width), within(height)];
    if (drawn.some((other) => Math.hypot(other.x - x, other.y - y) < separationPx)) continue;
    drawn.push({ x, y, flux: low === high ? low : low * (high / low) ** random.uniform() });
    draw = -1;
  }
  return drawn;
}

/** The trail of a star, from its place at the epoch. */
function pathOf(motion: SimulateOptions['motion'], { x, y }: Star, epoch: Epoch): readonly PathPoint[] {
  if (motion === undefined) return RESTING;
  if ('camera' in motion) {
    const { camera, ...gyro } = motion;
    return tracePath(camera, gyro, x, y, epoch);
  }
  const { lengthPx, angleDegrees } = checkTrail(motion, MAX_SIDE);
  const angleRad = toRad(angleDegrees);
  const at = (distance: number): PathPoint => [distance * Math.cos(angleRad), -distance * Math.sin(angleRad)];
  const start = { start: 0, mid: -lengthPx / 2, end: -lengthPx }[epoch];
  return [at(start), at(start + lengthPx)];
}

/** Counts from mean electrons. */
function expose(
  electrons: Float32Array,
  { readNoise, electronsPerCount, offset, fullWell, bits }: Settings,
  random: Random,
): Frame['data'] {
  const most = 2 ** bits - 1;
  const data = bits > 8 ? new Uint16Array(electrons.length) : new Uint8Array(electrons.length);
  electrons.forEach((mean, index) => {
    const collected = Math.min(fullWell, random.poisson(mean)) + readNoise * random.normal();
    data[index] = Math.max(0, Math.min(most, Math.round(collected / electronsPerCount + offset)));
  });
  return data;
}
