import type { Coefficient, SceneModel } from '../runtime/native/binding.js';
import { cellFrequencies, ringFrequencies } from './frequencies.js';
import type { SpectrumPlane } from './motion/spectrum-plane.js';
import type { Curve } from './rings.js';

/**
 * Scenes: log power = a + b L + c L^2, L = ln(rho / 0.1); b is about -2.6 for scenes from above, c stays small, lest it
 * stand in for a blur. Noise: log power = n, and with JPEG, which takes more from high frequencies, + m X + o X^2, X =
 * 2 rho - 1.
 */
const SCENE: readonly Coefficient[] = [
  { expected: 0, weight: 1e-6 },
  { expected: -2.6, weight: 0.05 },
  { expected: 0, weight: 1 },
];
const WHITE_NOISE: readonly Coefficient[] = [{ expected: 0, weight: 1e-6 }];
const JPEG_NOISE: readonly Coefficient[] = [
  ...WHITE_NOISE,
  { expected: 0, weight: 0.02 },
  { expected: 0, weight: 0.01 },
];
/** JPEG takes by rows and columns of frequencies, x and y: n + m (x + y) + o (x^2 + y^2) + p x y, without signs. */
const JPEG_PLANE_NOISE: readonly Coefficient[] = [...JPEG_NOISE, { expected: 0, weight: 0.01 }];
/**
 * Of the terms cos 2t, sin 2t, L cos 2t, L sin 2t, cos 4t, sin 4t of the direction t: streets and furrows have few
 * directions.
 */
const DIRECTIONS: readonly Coefficient[] = [0.02, 0.02, 0.1, 0.1, 0.02, 0.02].map((weight) => ({
  expected: 0,
  weight,
}));

const CURVE_HUBER = 0.1;
/** Not the very first, in which the window has left something of the mean. */
const LOW_RINGS = Uint32Array.of(2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
/**
 * Single places of a spectrum scatter more than means over rings; and so many of them count as one point of a curve.
 */
const PLANE_HUBER = 0.3;
const PLANE_SHARE = 1 / 100;
const LOW_RHO = 0.06;

const scale = (coefficients: readonly Coefficient[], factor: number): readonly Coefficient[] =>
  coefficients.map(({ expected, weight }) => ({ expected, weight: factor * weight }));

/** A spectrum's mean over rings. @param side of its blocks */
export function modelCurve({ rho, logPower, isJpeg }: Curve, side: number): SceneModel {
  const noise = isJpeg ? JPEG_NOISE : WHITE_NOISE;
  const terms = new Float64Array(rho.length * (SCENE.length + noise.length));
  rho.forEach((value, point) => {
    terms.set([...sceneTerms(value), ...noiseTerms(value, noise.length)], point * (SCENE.length + noise.length));
  });
  const coefficients = scale([...SCENE, ...noise], CURVE_HUBER);
  return {
    at: ringFrequencies(rho, side),
    logPower,
    coefficients,
    sceneCount: SCENE.length,
    terms,
    low: LOW_RINGS,
    huber: CURVE_HUBER,
  };
}

/** A spectrum over the plane, whose scene may prefer directions. */
export function modelPlane(plane: SpectrumPlane): SceneModel {
  const { x, y, rho, logPower, isJpeg } = plane;
  const noise = isJpeg ? JPEG_PLANE_NOISE : WHITE_NOISE;
  const coefficients = [...SCENE, ...DIRECTIONS, ...noise];
  const terms = new Float64Array(rho.length * coefficients.length);
  rho.forEach((value, point) => {
    const [across, along] = [Math.abs(x[point]!), Math.abs(y[point]!)];
    const noises = [1, across + along, across ** 2 + along ** 2, across * along].slice(0, noise.length);
    terms.set(
      [...sceneTerms(value), ...directionTerms(value, Math.atan2(y[point]!, x[point]!)), ...noises],
      point * coefficients.length,
    );
  });
  const low = Uint32Array.from(rho.keys()).filter((point) => rho[point]! < LOW_RHO);
  const factor = PLANE_HUBER ** 2 * PLANE_SHARE * rho.length;
  const sceneCount = SCENE.length + DIRECTIONS.length;
  return {
    at: cellFrequencies(plane),
    logPower,
    coefficients: scale(coefficients, factor),
    sceneCount,
    terms,
    low,
    huber: PLANE_HUBER,
  };
}

function sceneTerms(rho: number): readonly number[] {
  const scene = Math.log(rho / 0.1);
  return [1, scene, scene ** 2];
}

function noiseTerms(rho: number, count: number): readonly number[] {
  return [1, 2 * rho - 1, (2 * rho - 1) ** 2].slice(0, count);
}

function directionTerms(rho: number, direction: number): readonly number[] {
  const [cos, sin] = [Math.cos(2 * direction), Math.sin(2 * direction)];
  const scene = Math.log(rho / 0.1);
  return [cos, sin, scene * cos, scene * sin, Math.cos(4 * direction), Math.sin(4 * direction)];
}
