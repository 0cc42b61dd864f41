import { stars } from '../../lib/index.js';
import { multiply, rotationOf, scale, transform } from '../../lib/math/linear.js';
import { createRandom, sampleNormal } from '../../lib/math/random.js';

/** One frame of a pass. */
export interface PassFrame {
  readonly seconds: number;
  /** Brightest first; false ones among them. */
  readonly seen: stars.SeenStar[];
  /** The real stars of `seen`. */
  readonly real: readonly { readonly seen: stars.SeenStar; readonly direction: stars.Vector }[];
  readonly matrix: stars.Matrix3;
  /** In the frame of the sensor. */
  readonly ratesRadPerSecond: stars.Vector;
}

/** What a pass is like. */
export interface PassOptions {
  readonly catalogue: stars.StarCatalogue;
  readonly camera: stars.Camera;
  readonly frames: number;
  readonly sigmaPx: number;
  /** Frames whose stars within 400 pixels of a corner are hidden by the moon's glare, which shows false ones there. */
  isGlare(frame: number): boolean;
  /** Frames without a star. */
  isBlind(frame: number): boolean;
}

const EPOCH = 2026;
const INTERVAL_SECONDS = 0.1;
const FASTEST_RAD = (3 * Math.PI) / 180;
const BRIGHTEST_KNOWN = 9000;
const GLARE_PX = 400;
const BRIGHTEST_SEEN = 25;

/** A sensor that begins at rest, turns at 3 degrees a second about a wandering axis, and comes to rest again. */
export function* simulatePass(options: PassOptions): Generator<PassFrame> {
  const { catalogue, frames } = options;
  const random = createRandom(77);
  const known = Array.from({ length: BRIGHTEST_KNOWN }, (_, index) => ({
    direction: catalogue.direction(index, EPOCH),
    magnitude: catalogue.magnitude(index),
  }));
  let matrix = stars.pointingMatrix({ raDegrees: 40, decDegrees: 20, rollDegrees: 10 });
  const rateAt = (seconds: number): stars.Vector => {
    const speed = FASTEST_RAD * Math.sin((Math.PI * seconds) / (frames * INTERVAL_SECONDS)) ** 2;
    const axis: stars.Vector = [Math.cos(seconds / 40), Math.sin(seconds / 40), 0.3];
    return scale(axis, speed / Math.hypot(...axis));
  };
  for (let frame = 0; frame < frames; frame += 1) {
    const seconds = frame * INTERVAL_SECONDS;
    yield { seconds, matrix, ratesRadPerSecond: rateAt(seconds), ...seenAt(frame, matrix, known, options, random) };
    const [steps, step] = [20, INTERVAL_SECONDS / 20];
    for (let i = 0; i < steps; i += 1)
      matrix = multiply(rotationOf(scale(rateAt(seconds + (i + 0.5) * step), -step)), matrix);
  }
}

interface Known {
  readonly direction: stars.Vector;
  readonly magnitude: number;
}

function seenAt(
  frame: number,
  matrix: stars.Matrix3,
  known: readonly Known[],
  { camera, sigmaPx, isGlare, isBlind }: PassOptions,
  random: () => number,
): Pick<PassFrame, 'seen' | 'real'> {
  const real: { seen: stars.SeenStar; direction: stars.Vector }[] = [];
  if (isBlind(frame)) return { seen: [], real };
  const covariance = { xx: sigmaPx ** 2, yy: sigmaPx ** 2, xy: 0 };
  const fluxOf = (magnitude: number): number => 10 ** (0.4 * (20 - magnitude));
  for (const { direction, magnitude } of known) {
    if (real.length === BRIGHTEST_SEEN) break;
    const turned = transform(matrix, direction);
    const place = turned[2] > 0.9 ? camera.project(turned) : null;
    if (place === null) continue;
    const [x, y] = place;
    if (!(x >= 0 && y >= 0 && x <= camera.width - 1 && y <= camera.height - 1)) continue;
    if (isGlare(frame) && Math.hypot(x, y) < GLARE_PX) continue;
    const noise = (): number => sigmaPx * sampleNormal(random);
    const flux = fluxOf(magnitude + 0.2 * sampleNormal(random));
    real.push({ seen: { x: x + noise(), y: y + noise(), flux, covariance }, direction });
  }
  const seen = real.map((star) => star.seen);
  // Two satellites cross the field, and glare has its own spots.
  for (const speed of [3, 7])
    seen.push({
      x: (speed * frame) % camera.width,
      y: (2 * speed * frame) % camera.height,
      flux: fluxOf(1),
      covariance,
    });
  for (let i = 0; i < 12 && isGlare(frame); i += 1)
    seen.push({ x: 280 * random(), y: 280 * random(), flux: fluxOf(2 + 3 * random()), covariance });
  return { seen, real };
}
