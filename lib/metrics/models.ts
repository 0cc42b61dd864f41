import { fileURLToPath } from 'node:url';
import { readBoundedFile } from '../files/read-file.js';
import { ModelError } from '../runtime/errors.js';
import { requireString } from '../runtime/validate.js';

/** Of natural scene statistics: 18 of each of two scales. */
export const SCENE_FEATURES = 36;
const FOLDER = fileURLToPath(new URL('../../models/metrics/', import.meta.url));
/** Far above any model of these metrics; keeps a wrong path from being read into memory. */
const MAX_MODEL_BYTES = 16 * 2 ** 20;
const MAX_VECTORS = 100_000;

/** What pristine pictures look like to NIQE: a multivariate Gaussian distribution of the features of their blocks. */
export interface NiqeModel {
  readonly kind: 'niqe';
  readonly name: string;
  /** 36 */
  readonly mean: readonly number[];
  /** 36 x 36 */
  readonly covariance: readonly (readonly number[])[];
}

/** A support vector regression of features scaled from their ranges to [-1, 1]. */
export interface BrisqueModel {
  readonly kind: 'brisque';
  readonly name: string;
  readonly gamma: number;
  readonly rho: number;
  /** Minimum and maximum of each of the 36 features. */
  readonly ranges: readonly (readonly number[])[];
  /** One per support vector of 36 numbers. */
  readonly coefficients: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** A model, or the path of a JSON file that holds one (docs/metrics.md). */
export type ModelSource<M> = string | M;

const cache = new Map<string, Promise<unknown>>();

/** A packaged model; read once. */
export function packagedModel<M extends NiqeModel | BrisqueModel>(kind: M['kind'], name: string): Promise<M> {
  if (!cache.has(name)) cache.set(name, readModel(kind, `${FOLDER}${name}.json`));
  return cache.get(name) as Promise<M>;
}

/** Reads and checks a model. Rejects with ModelError that names what is wrong, or ArgumentError. */
export async function loadModel<M extends NiqeModel | BrisqueModel>(
  kind: M['kind'],
  source: ModelSource<M>,
): Promise<M> {
  if (typeof source === 'string') return readModel(kind, requireString('model', source));
  return checkModel(kind, source, 'model');
}

async function readModel<M extends NiqeModel | BrisqueModel>(kind: M['kind'], path: string): Promise<M> {
  let value: unknown;
  try {
    value = JSON.parse((await readBoundedFile(path, MAX_MODEL_BYTES)).toString('utf8'));
  } catch (cause) {
    throw new ModelError('MODEL_UNREADABLE', `Cannot read the metric's model ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  return checkModel(kind, value, path);
}

function checkModel<M extends NiqeModel | BrisqueModel>(kind: M['kind'], value: unknown, label: string): M {
  const problem = problemOf(kind, value);
  if (problem) throw new ModelError('MODEL_INVALID', `${label}: ${problem}`);
  return value as M;
}

function problemOf(kind: string, value: unknown): string | null {
  const model = (typeof value === 'object' && value !== null ? value : {}) as Partial<
    Record<keyof NiqeModel | keyof BrisqueModel, unknown>
  >;
  if (model.kind !== kind) return `is no model of kind '${kind}'`;
  if (typeof model.name !== 'string') return 'has no name';
  return kind === 'niqe' ? problemOfNiqe(model) : problemOfBrisque(model);
}

const isVector = (value: unknown, length: number): value is number[] =>
  Array.isArray(value) && value.length === length && value.every(Number.isFinite);
const isMatrix = (value: unknown, rows: number, columns: number): value is number[][] =>
  Array.isArray(value) && value.length === rows && value.every((row) => isVector(row, columns));

function problemOfNiqe({ mean, covariance }: Partial<Record<keyof NiqeModel, unknown>>): string | null {
  if (!isVector(mean, SCENE_FEATURES)) return `mean is not ${SCENE_FEATURES} numbers`;
  if (!isMatrix(covariance, SCENE_FEATURES, SCENE_FEATURES))
    return `covariance is not ${SCENE_FEATURES} x ${SCENE_FEATURES} numbers`;
  const isSymmetric = covariance.every((row, i) =>
    row.every((entry, j) => Math.abs(entry - covariance[j]![i]!) <= 1e-9 * Math.sqrt(row[i]! * covariance[j]![j]!)),
  );
  return isSymmetric ? null : 'covariance is no covariance: it is not symmetric, or has a negative diagonal';
}

function problemOfBrisque({
  gamma,
  rho,
  ranges,
  coefficients,
  vectors,
}: Partial<Record<keyof BrisqueModel, unknown>>): string | null {
  if (!(Number.isFinite(gamma) && (gamma as number) > 0) || !Number.isFinite(rho))
    return 'gamma is not a number above 0, or rho no number';
  if (!isMatrix(ranges, SCENE_FEATURES, 2) || ranges.some(([low, high]) => low! >= high!))
    return `ranges are not ${SCENE_FEATURES} pairs of a minimum and a larger maximum`;
  const count = Array.isArray(coefficients) ? coefficients.length : 0;
  if (count === 0 || count > MAX_VECTORS || !isVector(coefficients, count))
    return `coefficients are not 1 to ${MAX_VECTORS} numbers`;
  return isMatrix(vectors, count, SCENE_FEATURES) ? null : `vectors are not ${count} x ${SCENE_FEATURES} numbers`;
}
