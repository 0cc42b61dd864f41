import { ArgumentError } from '../runtime/errors.js';
import { expected } from '../runtime/validate.js';

/** x, y, z. */
export type Vector = readonly [number, number, number];
/** Row by row. */
export type Matrix3 = readonly [Vector, Vector, Vector];

export const IDENTITY: Matrix3 = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
/** How far a matrix may be from a rotation: what a table of five digits leaves. */
const ROTATION_TOLERANCE = 1e-4;

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

export const scale = (a: Vector, factor: number): Vector => [a[0] * factor, a[1] * factor, a[2] * factor];

export const transform = (m: Matrix3, v: Vector): Vector => [dot(m[0], v), dot(m[1], v), dot(m[2], v)];

export const transpose = ([a, b, c]: Matrix3): Matrix3 => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];

export function multiply(a: Matrix3, b: Matrix3): Matrix3 {
  const columns = transpose(b);
  return [transform(columns, a[0]), transform(columns, a[1]), transform(columns, a[2])];
}

export const determinant = ([a, b, c]: Matrix3): number => dot(a, cross(b, c));

/** The inverse; null where the determinant is 0. */
export function invert(m: Matrix3): Matrix3 | null {
  const size = determinant(m);
  if (!(Math.abs(size) > 0)) return null;
  const [a, b, c] = m;
  return transpose([scale(cross(b, c), 1 / size), scale(cross(c, a), 1 / size), scale(cross(a, b), 1 / size)]);
}

/** Rotation by |v| radians about v (Rodrigues). */
export function rotationOf(v: Vector): Matrix3 {
  const angle = Math.hypot(...v);
  if (angle === 0) return IDENTITY;
  const [x, y, z] = scale(v, 1 / angle);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const t = 2 * Math.sin(angle / 2) ** 2;
  return [
    [c + t * x * x, t * x * y - s * z, t * x * z + s * y],
    [t * x * y + s * z, c + t * y * y, t * y * z - s * x],
    [t * x * z - s * y, t * y * z + s * x, c + t * z * z],
  ];
}

/** Angle in radians of the rotation from one attitude to another; exact for small ones too. */
export function angleBetween(a: Matrix3, b: Matrix3): number {
  const difference = a.flatMap((row, i) => row.map((value, j) => value - b[i]![j]!));
  return 2 * Math.asin(Math.min(1, Math.hypot(...difference) / Math.sqrt(8)));
}

/** Throws ArgumentError unless the value is a vector of three finite numbers. */
export function requireVector(name: string, value: unknown): Vector {
  if (!Array.isArray(value) || value.length !== 3) throw expected('three numbers', name, value);
  const bad = value.findIndex((entry) => typeof entry !== 'number' || !Number.isFinite(entry));
  if (bad >= 0) throw expected('finite number', `${name}[${bad}]`, value[bad]);
  return value as unknown as Vector;
}

/** Throws ArgumentError unless the value is a rotation, within what five printed digits leave. */
export function requireRotation(name: string, value: unknown): Matrix3 {
  if (!Array.isArray(value) || value.length !== 3) throw expected('3x3 matrix', name, value);
  const matrix = value.map((row, index) => requireVector(`${name}[${index}]`, row)) as unknown as Matrix3;
  const size = determinant(matrix);
  const product = multiply(matrix, transpose(matrix));
  const error = Math.max(...product.flatMap((row, i) => row.map((entry, j) => Math.abs(entry - (i === j ? 1 : 0)))));
  if (error <= ROTATION_TOLERANCE && size > 0) return matrix;
  const reason =
    Math.abs(size) < ROTATION_TOLERANCE
      ? 'it is singular'
      : size < 0
        ? 'it mirrors'
        : 'its rows are not perpendicular unit vectors';
  throw new ArgumentError(`Expected a rotation for ${name}, but ${reason} (determinant ${size.toPrecision(4)})`);
}
