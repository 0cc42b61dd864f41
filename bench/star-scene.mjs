import { stars } from '../dist/index.js';
import { createRandom, sampleNormal } from '../dist/math/random.js';
import { transform } from '../dist/math/linear.js';

/** Unit of flux of a star of magnitude 0. */
const ZERO_MAGNITUDE = 20;

/**
 * The brightest stars in a frame that looks anywhere, with errors of place and brightness, and false ones among them.
 * @param {stars.StarCatalogue} catalogue
 * @param {{ camera: stars.Camera, seed: number, count: number, sigmaPx?: number, magnitudeSigma?: number,
 *   falseStars?: number, missing?: number }} options
 */
export function simulateScene(catalogue, options) {
  const { camera, seed, count, sigmaPx = 0.1, magnitudeSigma = 0.2, falseStars = 0, missing = 0 } = options;
  const random = createRandom(seed);
  const decDegrees = (Math.asin(2 * random() - 1) * 180) / Math.PI;
  const matrix = stars.pointingMatrix({ raDegrees: 360 * random(), decDegrees, rollDegrees: 360 * random() - 180 });
  const covariance = { xx: sigmaPx ** 2, yy: sigmaPx ** 2, xy: 0 };
  const seen = [];
  let [brightest, faintest] = [2, 6];
  const add = (x, y, magnitude) => seen.push({ x, y, flux: 10 ** (-0.4 * (magnitude - ZERO_MAGNITUDE)), covariance });
  for (let i = 0; i < catalogue.count && seen.length < count; i += 1) {
    const place = camera.project(transform(matrix, catalogue.direction(i, 2026)));
    if (place === null || !isInside(camera, place) || random() < missing) continue;
    const magnitude = catalogue.magnitude(i) + magnitudeSigma * sampleNormal(random);
    if (seen.length === 0) [brightest, faintest] = [magnitude, magnitude];
    [brightest, faintest] = [Math.min(brightest, magnitude), Math.max(faintest, magnitude)];
    add(place[0] + sigmaPx * sampleNormal(random), place[1] + sigmaPx * sampleNormal(random), magnitude);
  }
  for (let i = 0; i < falseStars; i += 1)
    add(camera.width * random(), camera.height * random(), brightest + (faintest - brightest) * random());
  return { seen, direction: matrix[2] };
}

const isInside = ({ width, height }, [x, y]) => x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1;
