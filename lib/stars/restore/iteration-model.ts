import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ModelError } from '../../runtime/errors.js';

const PATH = fileURLToPath(new URL('../../../models/stars/iterations.json', import.meta.url));

/**
 * One network with a hidden layer of sigmoids: a row of weights and a bias for each unit; weights of the units and a
 * bias.
 */
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
  const problem = problemOf(model);
  if (problem !== null) throw new ModelError('MODEL_INVALID', `The model of iterations ${problem}`);
  return model as IterationModel;
}

function problemOf({ kind, most, powerLaw, paper, networks }: Partial<IterationModel>): string | null {
  if (kind !== 'star-iterations') return "is no model of kind 'star-iterations'";
  if (!Number.isInteger(most) || most! < 1) return 'most is not a whole number above 0';
  if (!isVector([powerLaw?.scale, powerLaw?.exponent], 2)) return 'powerLaw is not a scale and an exponent';
  return problemOfEnsemble('paper', paper, 1) ?? problemOfEnsemble('networks', networks, 4);
}

const isVector = (value: unknown, length: number): value is number[] =>
  Array.isArray(value) && value.length === length && value.every(Number.isFinite);
const isTable = (value: unknown, columns: number): value is number[][] =>
  Array.isArray(value) && value.every((row) => isVector(row, columns));

function problemOfEnsemble(name: string, ensemble: Partial<Ensemble> | undefined, inputs: number): string | null {
  const { low, high, networks, weights, neighbours, pairs } = ensemble ?? {};
  if (!areRanges(low, high, inputs)) return `${name} has no ranges of ${inputs} inputs`;
  if (!areNetworks(networks, inputs)) return `${name} has no networks of ${inputs} inputs`;
  if (!isVector(weights, networks.length)) return `${name} has not one weight for each network`;
  if (!isTable(pairs, inputs + 1)) return `${name} has no pairs of ${inputs} inputs`;
  const isPossible = Number.isInteger(neighbours) && neighbours! >= 0 && neighbours! <= pairs.length;
  return isPossible ? null : `${name} asks for ${String(neighbours)} of ${pairs.length} pairs`;
}

const areRanges = (low: unknown, high: unknown, inputs: number): boolean =>
  isVector(low, inputs) && isVector(high, inputs) && low.every((value, index) => value < high[index]!);

const areNetworks = (value: unknown, inputs: number): value is Network[] =>
  Array.isArray(value) && value.length > 0 && value.every((network) => isNetwork(network, inputs));

const isNetwork = (network: Partial<Network> | null, inputs: number): boolean =>
  isTable(network?.hidden, inputs + 1) && isVector(network?.output, network.hidden.length + 1);
