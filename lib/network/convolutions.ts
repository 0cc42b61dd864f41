import { ArgumentError } from '../runtime/errors.js';
import { requireOneOf } from '../runtime/validate.js';
import type { Algorithm, ConvShape, ConvUse, NetworkShape } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import type { ConvCache } from './conv-cache.js';

/** How 3x3 convolutions are summed: what is faster here, or always one of the two. The bytes are the same. */
export type ConvChoice = 'auto' | Algorithm;

export const CONV_CHOICES: readonly ConvChoice[] = ['auto', 'direct', 'winograd'];

/** All measurements together, in milliseconds; what is left unmeasured is summed directly. */
const TIME_LIMIT_MS = 300;
const ROUNDS = 3;
/** Pixels times channels of a row: a thread's share of a frame 1000 pixels wide. */
const ROW_SAMPLES = 16_384;
const STEP_ROWS = 4;

/** What measures. */
type MeasuringScope = Pick<Scope, 'isa' | 'binding' | 'call'>;

/** Shapes found faster by Winograd, per instruction set and network shape: one process measures once. */
const measured = new Map<string, Promise<readonly ConvShape[]>>();

/** The choice asked for, else what `PERIFOCAL_CONV` names, else 'auto'. Throws ArgumentError. */
export function chooseConv(requested: unknown = process.env.PERIFOCAL_CONV || 'auto'): ConvChoice {
  return requireOneOf('conv', requested as ConvChoice, CONV_CHOICES);
}

/**
 * The shapes of layers that Winograd is to sum. What is measured for 'auto' is kept in `cache`, if there is one. Throws
 * ArgumentError where Winograd is asked for and there is none.
 */
export async function chooseWinograd(
  scope: MeasuringScope,
  shape: NetworkShape,
  choice: ConvChoice,
  cache: ConvCache | null,
): Promise<readonly ConvShape[]> {
  const { binding, isa } = scope;
  const { winograd } = binding.isas().find(({ name }) => name === isa)!;
  if (choice === 'winograd' && !winograd) {
    throw new ArgumentError(
      `The instruction set '${isa}' has no Winograd kernels, its dot products are faster; use conv 'auto' or 'direct'`,
    );
  }
  const shapes = binding.convolutionsOf(shape, new Uint8Array());
  if (choice === 'winograd') return shapes;
  // The scalar kernels are there to be read; neither is fast.
  if (choice === 'direct' || !winograd || isa === 'scalar') return [];
  const key = JSON.stringify([isa, shape]);
  const measure = (): Promise<readonly ConvShape[]> => {
    const found = measured.get(key) ?? measureWinograd(scope, shapes);
    measured.set(key, found);
    // Whoever asks next measures again.
    found.catch(() => measured.delete(key));
    return found;
  };
  return cache ? cache.find(key, shapes, measure) : measure();
}

/**
 * The shapes that Winograd sums faster. Each is timed several times, alternating with its rival, and the best times
 * count.
 */
async function measureWinograd(scope: MeasuringScope, shapes: readonly ConvShape[]): Promise<readonly ConvShape[]> {
  const { isa } = scope;
  const start = performance.now();
  const best = shapes.map(() => ({ direct: Infinity, winograd: Infinity }));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { inputs, outputs }] of shapes.entries()) {
      for (const algorithm of ['winograd', 'direct'] as const) {
        // Rounds after the first must end in time, judged by how long this one took.
        const elapsed = performance.now() - start;
        if (elapsed + (round > 0 ? elapsed / round / shapes.length : 0) > TIME_LIMIT_MS) return faster(shapes, best);
        const request = {
          isa,
          algorithm,
          inputs,
          outputs,
          width: Math.ceil(ROW_SAMPLES / inputs),
          rows: STEP_ROWS,
          repeats: 1,
        };
        const { seconds } = await scope.call((binding, ticket) => binding.benchmarkConvolution(request, ticket), 1);
        best[index]![algorithm] = Math.min(best[index]![algorithm], seconds);
      }
    }
  }
  return faster(shapes, best);
}

const faster = (shapes: readonly ConvShape[], best: readonly Record<Algorithm, number>[]): readonly ConvShape[] =>
  shapes.filter((_, index) => best[index]!.winograd < best[index]!.direct);

/** Such as "32 -> 32: winograd (40 layers)". */
export const describeConvolution = ({ inputs, outputs, algorithm, layers }: ConvUse): string =>
  `${inputs} -> ${outputs}: ${algorithm} (${layers} layer${layers === 1 ? '' : 's'})`;
