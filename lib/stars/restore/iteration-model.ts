import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ModelError } from '../../runtime/errors.js';

const PATH = fileURLToPath(new URL('../../../models/stars/iterations.json', import.meta.url));

/** One network with a hidden layer of sigmoids: a row of weights and a bias for each unit; weights of the units and a bias. */
export interface Network {
  readonly hidden: readonly (readonly number[])[];
  readonly output: readonly number[];
}

/** Bagged networks, and the pairs that are compared with a query (star-sensor A.5). */
export interface Ensemble {
  /** Range of each input: scaled to [0, 1], and cut there. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly networks: readonly Network[];
  /** 1 / e of each network's error e, their sum 1. */
  readonly weights: readonly number[];
  /** How many of the most similar pairs a query uses; 0: the networks as they are. */
  readonly neighbours: number;
  /** Scaled inputs, and what is predicted of them. */
  readonly pairs: readonly (readonly number[])[];
}

/** What models/stars/iterations.md describes. Predictions are natural logarithms of iterations. */
export interface IterationModel {
  readonly kind: 'star-iterations';
  readonly most: number;
  /** k = scale m^exponent */
  readonly powerLaw: { readonly scale: number; readonly exponent: number };
  /** Input: m. */
  readonly paper: Ensemble;
  /** Inputs: natural logarithms of what the kernel passes of a star, SNR, sigma and side of the windows. */
  readonly networks: Ensemble;
}

let cached: Promise<IterationModel> | null = null;

/** The packaged model; read once. Rejects with ModelError. */
export function iterationModel(): Promise<IterationModel> {
  cached ??= read();
  return cached;
}

async function read(): Promise<IterationModel> {
  try {
    return checkIterationModel(JSON.parse(await readFile(PATH, 'utf8')));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(
      'MODEL_UNREADABLE',
      `Cannot read the model of iterations ${PATH}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The value as a model. Throws ModelError that names what is wrong. */
export function checkIterationModel(value: unknown): IterationModel {
  const model = (typeof value === 'object' && value !== null ? value : {}) as Partial<IterationModel>;
  const problem =
    model.kind !== 'star-iterations'
      ? "is no model of kind 'star-iterations'"
      : !Number.isInteger(model.most) || model.most! < 1
        ? 'most is not a whole number above 0'
        : !isVector([model.powerLaw?.scale, model.powerLaw?.exponent], 2)
          ? 'powerLaw is not a scale and an exponent'
          : (problemOf('paper', model.paper, 1) ?? problemOf('networks', model.networks, 4));
  if (problem !== null) throw new ModelError('MODEL_INVALID', `The model of iterations ${problem}`);
  return model as IterationModel;
}

const isVector = (value: unknown, length: number): value is number[] =>
  Array.isArray(value) && value.length === length && value.every(Number.isFinite);
const isTable = (value: unknown, columns: number): value is number[][] =>
  Array.isArray(value) && value.every((row) => isVector(row, columns));

function problemOf(name: string, ensemble: Partial<Ensemble> | undefined, inputs: number): string | null {
  const { low, high, networks = [], weights, neighbours, pairs } = ensemble ?? {};
  if (!isVector(low, inputs) || !isVector(high, inputs) || low.some((value, index) => value >= high[index]!))
    return `${name} has no ranges of ${inputs} inputs`;
  if (
    !Array.isArray(networks) ||
    networks.length === 0 ||
    !networks.every(
      (network: Partial<Network> | null) =>
        isTable(network?.hidden, inputs + 1) && isVector(network?.output, network.hidden.length + 1),
    )
  ) {
    return `${name} has no networks of ${inputs} inputs`;
  }
  if (!isVector(weights, networks.length)) return `${name} has not one weight for each network`;
  if (!isTable(pairs, inputs + 1)) return `${name} has no pairs of ${inputs} inputs`;
  return Number.isInteger(neighbours) && neighbours! >= 0 && neighbours! <= pairs.length
    ? null
    : `${name} asks for ${String(neighbours)} of ${pairs.length} pairs`;
}
