import { stars } from '../../lib/index.js';
import { createRandom, sampleNormal } from '../../lib/math/random.js';
import { multiply, transform } from '../../lib/math/linear.js';

/** What a simulated frame is like. */
export interface SceneOptions {
  readonly camera: stars.Camera;
  readonly seed: number;
  readonly count?: number;
  readonly pointing?: stars.Pointing;
  readonly sigmaPx?: number;
  readonly magnitudeSigma?: number;
  readonly falseStars?: number;
  /** Part of the stars that is not seen. */
  readonly missing?: number;
  /** Over that of light. */
  readonly velocity?: stars.Vector;
  readonly epochYear?: number;
}

export interface Scene {
  readonly seen: stars.SeenStar[];
  readonly matrix: stars.Matrix3;
}

/** A random direction with a random roll. */
export function randomPointing(random: () => number): Required<stars.Pointing> {
  const decDegrees = (Math.asin(2 * random() - 1) * 180) / Math.PI;
  return { raDegrees: 360 * random(), decDegrees, rollDegrees: 360 * random() - 180 };
}

/** The brightest stars of a catalogue in a frame, with errors of place and brightness. */
export function simulateScene(catalogue: stars.StarCatalogue, options: SceneOptions): Scene {
  const { camera, seed, count = 20, sigmaPx = 0.1, magnitudeSigma = 0.2, falseStars = 0, missing = 0 } = options;
  const { velocity = [0, 0, 0], epochYear = 2026 } = options;
  const random = createRandom(seed);
  const matrix = stars.pointingMatrix(options.pointing ?? randomPointing(random));
  const seen: stars.SeenStar[] = [];
  const covariance = { xx: sigmaPx ** 2, yy: sigmaPx ** 2, xy: 0 };
  const add = (x: number, y: number, magnitude: number): void => {
    seen.push({ x, y, flux: 10 ** (-0.4 * (magnitude - 20)), covariance });
  };
  for (let i = 0; i < catalogue.count && seen.length < count; i += 1) {
    const [x, y, z] = catalogue.direction(i, epochYear);
    const place = camera.project(transform(matrix, [x + velocity[0], y + velocity[1], z + velocity[2]]));
    if (place === null || !isInside(camera, place) || random() < missing) continue;
    const error = (): number => sigmaPx * sampleNormal(random);
    add(place[0] + error(), place[1] + error(), catalogue.magnitude(i) + magnitudeSigma * sampleNormal(random));
  }
  const magnitudes = seen.map(({ flux }) => 20 - 2.5 * Math.log10(flux));
  const [least, most] = seen.length > 0 ? [Math.min(...magnitudes), Math.max(...magnitudes)] : [2, 6];
  for (let i = 0; i < falseStars; i += 1)
    add(camera.width * random(), camera.height * random(), least + (most - least) * random());
  return { seen, matrix };
}

const isInside = ({ width, height }: stars.Camera, [x, y]: readonly [number, number]): boolean =>
  x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1;

/** The small rotation from one attitude to another, in the frame of the sensor. */
export function rotationBetween(from: stars.Matrix3, to: stars.Matrix3): stars.Vector {
  const m = multiply(to, [
    [from[0][0], from[1][0], from[2][0]],
    [from[0][1], from[1][1], from[2][1]],
    [from[0][2], from[1][2], from[2][2]],
  ]);
  return [(m[2][1] - m[1][2]) / 2, (m[0][2] - m[2][0]) / 2, (m[1][0] - m[0][1]) / 2];
}
