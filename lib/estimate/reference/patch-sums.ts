import { interpolate } from '../../psf/field.js';
import type { HalfSpectrum } from '../../fft/shape.js';
import { CholeskyInverter } from '../../math/cholesky.js';
import { NativeError } from '../../runtime/errors.js';
import type { Pauses } from '../../runtime/pauses.js';

/** Standard deviation by which transfer functions of neighbouring nodes are expected to differ. */
const NEIGHBOUR_DIFFERENCE = 1;

/** Nodes of a field over the frame, the first at its first pixel, the last at its last; 1x1 where one kernel does. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** A transfer function, and the variance of each frequency of it. */
export interface MeasuredTransfer {
  readonly transfer: HalfSpectrum;
  readonly variance: Float64Array;
}

/** What {@link PatchSums} holds, with what `solve` gives, in bytes. */
export function bytesOfSums(bins: number, nodes: number): number {
  const [blurred, cross, power, solved] = [1, 2 * nodes, (nodes * (nodes + 1)) / 2, 2 * nodes];
  return bins * 8 * (blurred + cross + power + solved);
}

/**
 * Sums over patches of |S|^2, |B|^2 and conj(S) B, all that kernels are estimated from; those of a field with the
 * bilinear weights w of its nodes at each patch: B = S sum_n w_n K_n.
 */
export class PatchSums {
  readonly #grid: Grid;
  readonly #bins: number;
  readonly #blurred: Float64Array;
  /** Of w_n conj(S) B, node by node. */
  readonly #re: Float64Array[];
  readonly #im: Float64Array[];
  /** Of w_n w_m |S|^2, m <= n, row by row of a triangle. */
  readonly #power: Float64Array[];
  readonly #support: Float64Array;
  #patches = 0;

  constructor(bins: number, grid: Grid) {
    const nodes = grid.columns * grid.rows;
    const create = (count: number): Float64Array[] => Array.from({ length: count }, () => new Float64Array(bins));
    [this.#grid, this.#bins, this.#blurred, this.#support] = [
      grid,
      bins,
      new Float64Array(bins),
      new Float64Array(nodes),
    ];
    [this.#re, this.#im, this.#power] = [create(nodes), create(nodes), create((nodes * (nodes + 1)) / 2)];
  }

  /** @param s of the sharp patch @param b of the blurred one @param x, y of its middle, 0 to 1 over the frame */
  add(s: HalfSpectrum, b: HalfSpectrum, x: number, y: number): void {
    const around = interpolate(this.#grid.columns, this.#grid.rows, x, y).filter(([, weight]) => weight > 0);
    for (const [node, weight] of around) {
      this.#support[node]! += weight ** 2;
      addCross(this.#re[node]!, this.#im[node]!, s, b, weight);
      for (const [other, share] of around)
        if (other <= node) addPower(this.#power[(node * (node + 1)) / 2 + other]!, s, weight * share);
    }
    addPower(this.#blurred, b, 1);
    this.#patches += 1;
  }

  /** What it holds, with what `solve` gives, in bytes. */
  get bytes(): number {
    return bytesOfSums(this.#bins, this.#re.length);
  }

  /** How many patches stand for the node about which there are fewest. */
  get leastSupport(): number {
    return Math.min(...this.#support);
  }

  /** Least squares per frequency, with the variance that S leaves unexplained of B over the patches. */
  async solve(pauses: Pauses): Promise<MeasuredTransfer[]> {
    const nodes = this.#re.length;
    const found = this.#re.map(
      (): MeasuredTransfer => ({
        transfer: { re: new Float32Array(this.#bins), im: new Float32Array(this.#bins) },
        variance: new Float64Array(this.#bins),
      }),
    );
    const floor =
      1e-9 * this.#power.reduce((largest, power) => power.reduce((most, value) => Math.max(most, value), largest), 0);
    const matrix = new Float64Array(nodes ** 2);
    const inverter = new CholeskyInverter(nodes);
    for (let bin = 0; bin < this.#bins; bin += 1) {
      if (pauses.isDue) await pauses.take();
      this.#fill(matrix, bin, floor, 0);
      if (nodes > 1)
        this.#fill(matrix, bin, floor, this.#noise(inverter.invert(matrix), bin) / NEIGHBOUR_DIFFERENCE ** 2);
      const inverse = inverter.invert(matrix);
      if (!inverse) throw new NativeError('INTERNAL', 'The sums of patches are no numbers');
      const noise = this.#noise(inverse, bin);
      found.forEach(({ transfer, variance }, node) => {
        transfer.re[bin] = solveNode(inverse, this.#re, node, bin);
        transfer.im[bin] = solveNode(inverse, this.#im, node, bin);
        variance[bin] = noise * inverse[node * nodes + node]!;
      });
    }
    return found;
  }

  /** The normal equations of one frequency. @param coupling weight of the squared differences of neighbouring nodes */
  #fill(matrix: Float64Array, bin: number, floor: number, coupling: number): void {
    const { columns, rows } = this.#grid;
    const nodes = columns * rows;
    for (let n = 0; n < nodes; n += 1) {
      for (let m = 0; m <= n; m += 1)
        matrix[n * nodes + m] = matrix[m * nodes + n] = this.#power[(n * (n + 1)) / 2 + m]![bin]!;
      matrix[n * nodes + n]! += floor;
    }
    if (coupling === 0) return;
    for (let n = 0; n < nodes; n += 1) {
      for (const m of [n % columns < columns - 1 ? n + 1 : -1, n + columns < nodes ? n + columns : -1]) {
        if (m < 0) continue;
        matrix[n * nodes + n]! += coupling;
        matrix[m * nodes + m]! += coupling;
        matrix[n * nodes + m]! -= coupling;
        matrix[m * nodes + n]! -= coupling;
      }
    }
  }

  /** The mean power of B per patch that the solution leaves. */
  #noise(inverse: Float64Array | null, bin: number): number {
    let explained = 0;
    for (let node = 0; inverse && node < this.#re.length; node += 1) {
      explained +=
        this.#re[node]![bin]! * solveNode(inverse, this.#re, node, bin) +
        this.#im[node]![bin]! * solveNode(inverse, this.#im, node, bin);
    }
    return Math.max(this.#blurred[bin]! - explained, 0) / Math.max(this.#patches - this.#re.length, 1);
  }
}

function solveNode(inverse: Float64Array, values: readonly Float64Array[], node: number, bin: number): number {
  let sum = 0;
  for (let other = 0; other < values.length; other += 1)
    sum += inverse[node * values.length + other]! * values[other]![bin]!;
  return sum;
}

function addPower(sums: Float64Array, { re, im }: HalfSpectrum, weight: number): void {
  for (let bin = 0; bin < sums.length; bin += 1) sums[bin]! += weight * (re[bin]! * re[bin]! + im[bin]! * im[bin]!);
}

/** Adds conj(S) B. */
function addCross(re: Float64Array, im: Float64Array, s: HalfSpectrum, b: HalfSpectrum, weight: number): void {
  for (let bin = 0; bin < re.length; bin += 1) {
    const [sr, si, br, bi] = [s.re[bin]!, s.im[bin]!, b.re[bin]!, b.im[bin]!];
    re[bin]! += weight * (sr * br + si * bi);
    im[bin]! += weight * (sr * bi - si * br);
  }
}
