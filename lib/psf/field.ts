import { ArgumentError } from '../runtime/errors.js';
import { expected, requireArray, requireInteger, requireKnownKeys, requireObject } from '../runtime/validate.js';
import { decomposeSymmetric } from './eigen.js';
import { fromArray, normalise } from './psf.js';
import type { Psf, PsfWeights } from './psf.js';

/** Nodes of a field in all: their decomposition takes the cube of their number. */
const MAX_NODES = 256;

/**
 * A PSF that varies over the frame: kernels at the nodes of a grid, interpolated bilinearly between them. The first
 * node is at the first pixel of the frame, the last at its last pixel.
 */
export interface PsfField {
  readonly columns: number;
  readonly rows: number;
  /** Row by row, all of one size. */
  readonly kernels: readonly Psf[];
}

/**
 * A PSF field as few kernels, each times a coefficient that varies: kernel(x, y) = sum_k coefficient_k(x, y) kernel_k.
 */
export interface PsfModes {
  readonly modes: number;
  /** modes x rows x columns of a kernel. */
  readonly kernels: Float64Array;
  /** modes x rows x columns of the grid. */
  readonly coefficients: Float64Array;
  /** Part of the energy of the field (sum of squares) that the modes keep. */
  readonly energy: number;
}

/** A field from kernels in rows of `columns`, of any sizes. Throws ArgumentError. */
export function fromGrid(columns: number, kernels: readonly PsfWeights[]): PsfField {
  requireInteger('columns of the PSF field', columns, 1, MAX_NODES);
  if (!Array.isArray(kernels)) throw expected('array of PSFs', 'kernels of the PSF field', kernels);
  const count = requireInteger('number of PSFs of the field', kernels.length, 1, MAX_NODES);
  if (count % columns !== 0) throw new ArgumentError(`${count} PSFs do not fill rows of ${columns}`);
  const checked = kernels.map((kernel: PsfWeights) => fromArray(kernel));
  const [width, height] = [
    Math.max(...checked.map((kernel) => kernel.width)),
    Math.max(...checked.map((kernel) => kernel.height)),
  ];
  return { columns, rows: count / columns, kernels: checked.map((kernel) => enlarge(kernel, width, height)) };
}

/** A field as a caller may have made it, checked. Throws ArgumentError. */
export function checkField(field: PsfField): PsfField {
  requireKnownKeys('PSF field', field, ['columns', 'rows', 'kernels']);
  const checked = fromGrid(field.columns, field.kernels);
  if (checked.rows !== field.rows) throw expected(`${checked.rows}`, 'rows of the PSF field', field.rows);
  return checked;
}

/** Throws ArgumentError where there are no kernels. */
function requireKernels(field: PsfField): PsfField {
  requireObject('PSF field', field);
  requireArray('kernels of the PSF field', field.kernels);
  return field;
}

/** The same kernel with a border of zeros. Both sides are odd, and not smaller than before. */
export function enlarge({ width, height, data, symmetric }: Psf, newWidth: number, newHeight: number): Psf {
  if (width === newWidth && height === newHeight) return { width, height, data, symmetric };
  const enlarged = new Float64Array(newWidth * newHeight);
  const origin = ((newHeight - height) / 2) * newWidth + (newWidth - width) / 2;
  for (let row = 0; row < height; row += 1)
    enlarged.set(data.subarray(row * width, (row + 1) * width), origin + row * newWidth);
  return { width: newWidth, height: newHeight, data: enlarged, symmetric };
}

/** The nodes around a place along one axis, and the weight of the second. @param place 0 to 1 over the frame */
function bracket(
  place: number,
  nodes: number,
): { readonly first: number; readonly second: number; readonly share: number } {
  const position = Math.max(0, Math.min(1, place)) * (nodes - 1);
  const first = Math.min(Math.floor(position), Math.max(0, nodes - 2));
  return { first, second: Math.min(first + 1, nodes - 1), share: position - first };
}

/** Nodes of a grid around a place and their bilinear weights. @param x, y from 0 to 1 over the frame */
export function interpolate(
  columns: number,
  rows: number,
  x: number,
  y: number,
): readonly (readonly [node: number, weight: number])[] {
  const [across, down] = [bracket(x, columns), bracket(y, rows)];
  return [
    [down.first * columns + across.first, (1 - down.share) * (1 - across.share)],
    [down.first * columns + across.second, (1 - down.share) * across.share],
    [down.second * columns + across.first, down.share * (1 - across.share)],
    [down.second * columns + across.second, down.share * across.share],
  ];
}

/** The kernel at a place of the frame, x and y being from 0 to 1 over it. Throws ArgumentError. */
export function kernelAt(field: PsfField, x: number, y: number): Psf {
  const { columns, rows, kernels } = requireKernels(field);
  const { width, height } = kernels[0]!;
  const data = new Float64Array(width * height);
  for (const [node, weight] of interpolate(columns, rows, x, y)) {
    if (weight === 0) continue;
    kernels[node]!.data.forEach((value, index) => {
      data[index]! += weight * value;
    });
  }
  return normalise({ width, height, data });
}

/**
 * The `modes` kernels that span a field best (a singular value decomposition of its kernels; Flicker and Rigaut 2005),
 * with coefficients such that the kernel of every node still sums to 1.
 */
export function decompose(field: PsfField, modes: number): PsfModes {
  const { kernels } = requireKernels(field);
  const count = kernels.length;
  requireInteger('modes', modes, 1, count);
  const gram = kernels.map(({ data: a }) =>
    kernels.map(({ data: b }) => a.reduce((sum, value, index) => sum + value * b[index]!, 0)),
  );
  const { values, vectors } = decomposeSymmetric(gram);
  const size = kernels[0]!.data.length;
  const found = new Float64Array(modes * size);
  const coefficients = new Float64Array(modes * count);
  for (let mode = 0; mode < modes; mode += 1) {
    kernels.forEach(({ data }, node) => {
      const share = vectors[mode]![node]!;
      coefficients[mode * count + node] = share;
      data.forEach((value, index) => {
        found[mode * size + index]! += share * value;
      });
    });
  }
  restoreSums(found, coefficients, modes, count);
  const energy = (through: number): number => values.slice(0, through).reduce((sum, value) => sum + value, 0);
  return { modes, kernels: found, coefficients, energy: energy(modes) / energy(count) };
}

/** Scales the coefficients of each node so that its kernel sums to 1. */
function restoreSums(kernels: Float64Array, coefficients: Float64Array, modes: number, count: number): void {
  const size = kernels.length / modes;
  const sums = Array.from({ length: modes }, (_, mode) =>
    kernels.subarray(mode * size, (mode + 1) * size).reduce((sum, value) => sum + value, 0),
  );
  for (let node = 0; node < count; node += 1) {
    const sum = sums.reduce((total, modeSum, mode) => total + modeSum * coefficients[mode * count + node]!, 0);
    if (!(sum > 0.5))
      throw new ArgumentError(
        `${modes} modes do not describe the PSF of node ${node}: its sum would be ${sum.toFixed(3)}`,
      );
    for (let mode = 0; mode < modes; mode += 1) coefficients[mode * count + node]! /= sum;
  }
}
