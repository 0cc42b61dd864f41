import type { ImageInput } from '../image/reading.js';
import { IMAGE_OPTIONS } from '../operation/options.js';
import type { ImageOptions } from '../operation/options.js';
import { ArgumentError } from '../runtime/errors.js';
import { RUNTIME_OPTIONS } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { expected, requireInteger, requireKnownKeys, requireNumber, requireOneOf } from '../runtime/validate.js';
import { ESTIMATE_KINDS } from './blur.js';
import type { EstimateKind } from './blur.js';
import { KERNEL_SYMMETRIES } from './reference/measured-kernel.js';
import type { KernelSymmetry } from './reference/measured-kernel.js';

/** How `estimate` looks for a blur, and what it runs on. */
export interface EstimateOptions extends RuntimeChoice, ImageOptions {
  /**
   * What is looked for: 'auto' (default), 'defocus', 'motion' or 'blind'. It cannot be given with a reference, which
   * shows a kernel of any kind.
   */
  readonly kind?: EstimateKind;
  /** A sharp picture of the same ground, of the same or a finer grid: the kernel is then measured against it. */
  readonly reference?: ImageInput;
  /** Pixels of the reference per pixel of the frame, 0.5 to 100; by default as if both showed the same ground. */
  readonly referenceScale?: number;
  /**
   * What a kernel measured against a reference equals itself under: 'radial' (a turn by any angle), 'point' (a turn by
   * 180 degrees, the default: kernels of lenses do) or 'none'.
   */
  readonly symmetry?: KernelSymmetry;
  /** Columns and rows of kernels over the frame, each 1 to 4, to be measured against a reference; 1 x 1 by default. */
  readonly grid?: readonly [columns: number, rows: number];
}

/** Checked options, complete. */
export interface EstimateSettings {
  readonly kind: EstimateKind;
  readonly hasReference: boolean;
  /** Null: as if frame and reference showed the same ground. */
  readonly referenceScale: number | null;
  readonly symmetry: KernelSymmetry;
  readonly columns: number;
  readonly rows: number;
}

/** Of a grid of kernels along an axis. */
const MOST_NODES = 4;

const OPTION_KEYS: readonly (keyof EstimateOptions)[] = [
  'kind',
  'reference',
  'referenceScale',
  'symmetry',
  'grid',
  ...IMAGE_OPTIONS,
  ...RUNTIME_OPTIONS,
];

/** Throws ArgumentError. */
export function checkEstimateOptions(options: EstimateOptions): EstimateSettings {
  requireKnownKeys('options', options, OPTION_KEYS);
  const { kind = 'auto', referenceScale = null, symmetry = 'point', grid = [1, 1], reference } = options;
  const hasReference = reference !== undefined;
  requireOneOf('kind', kind, ESTIMATE_KINDS);
  if (options.kind !== undefined && hasReference) {
    throw new ArgumentError(
      `kind '${kind}' cannot be used with a reference, which shows a kernel of any kind: leave one of them out`,
    );
  }
  if (referenceScale !== null) requireNumber('referenceScale', referenceScale, 0.5, 100);
  requireOneOf('symmetry', symmetry, KERNEL_SYMMETRIES);
  const [columns, rows] = checkGrid(grid);
  if (options.grid !== undefined && !hasReference) throw new ArgumentError('A grid of kernels needs a reference');
  return { kind, hasReference, referenceScale, symmetry, columns, rows };
}

function checkGrid(grid: unknown): readonly [columns: number, rows: number] {
  if (!Array.isArray(grid) || grid.length !== 2) throw expected('[columns, rows]', 'grid', grid);
  return [
    requireInteger('columns of the grid', grid[0], 1, MOST_NODES),
    requireInteger('rows of the grid', grid[1], 1, MOST_NODES),
  ];
}
