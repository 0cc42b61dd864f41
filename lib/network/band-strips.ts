import type { AnyFrame } from '../image/frame.js';
import { fullScale } from '../image/samples.js';
import type { BandGroup, Binding, PixelMap } from '../runtime/native/binding.js';
import { createAxis } from './passes.js';
import type { Axis } from './passes.js';
import type { Plan } from './plan.js';
import type { ResidualBlock } from './run-pass.js';

/** Where residuals belong. */
export interface ResidualPlace {
  /** Rows of the residuals before the first that is used. */
  readonly skipped: number;
  /** The rows of the frame that it is for, from `top` on. */
  readonly top: number;
  readonly count: number;
  /** Which of two computations, where there are two; 0. */
  readonly computation?: 0 | 1;
}

/**
 * Rows of a stream, on their way into the network and out of it: every group of bands has a pipeline of its own, and
 * another one where all is computed twice.
 */
export class BandStrips {
  readonly #binding: Binding;
  readonly #groups: Plan['groups'];
  readonly #strips: readonly Uint8Array[];
  readonly #columns: Axis;

  /** @param plan of a stream */
  constructor(binding: Binding, { frame, groups, pipelines, pass }: Plan) {
    this.#binding = binding;
    this.#groups = groups;
    this.#strips = Array.from({ length: pipelines }, () => new Uint8Array(pass.stripRows * pass.width * 3));
    this.#columns = createAxis(frame.width, false);
  }

  /**
   * Pass rows for each pipeline, in memory that the next call uses again.
   * @param rows of the frame, from 0, at most a strip of them
   */
  gather(frame: AnyFrame, rows: ArrayLike<number>): { rows: Uint8Array[]; map: PixelMap } {
    const map = mapOf(frame, rows, this.#columns.indices);
    const bands = this.#bandsOf(frame);
    const strips = this.#strips.map((room, index) => {
      const strip = room.subarray(0, rows.length * this.#columns.indices.length * 3);
      this.#binding.gatherRows(frame.data, bands[index % bands.length]!, map, strip);
      return strip;
    });
    return { rows: strips, map };
  }

  /**
   * Adds residuals to rows of a frame.
   * @param output laid out as the frame
   */
  compose(
    { residuals }: Pick<ResidualBlock, 'residuals'>,
    frame: AnyFrame,
    output: AnyFrame['data'],
    { skipped, top, count, computation = 0 }: ResidualPlace,
  ): void {
    const { end, indices } = this.#columns;
    const rows = Array.from({ length: count }, (_, index) => top + index);
    const map = mapOf(frame, rows, indices.subarray(0, end));
    for (const [index, bands] of this.#bandsOf(frame).entries()) {
      const { residual, shared } = residuals[computation * this.#groups.length + index]!;
      this.#binding.composeRows({
        residual: residual.subarray(skipped * indices.length * 3),
        shared: shared?.subarray(skipped * indices.length) ?? null,
        ...{ residualWidth: indices.length, firstColumn: 0, map },
        ...{ sums: null, passes: 1, source: frame.data, output, bands },
      });
    }
  }

  #bandsOf(frame: AnyFrame): BandGroup[] {
    return this.#groups.map((group) => ({ channels: frame.channels, group, white: fullScale(frame) }));
  }
}

function mapOf({ width }: AnyFrame, rows: ArrayLike<number>, colPixels: Uint32Array): PixelMap {
  return { rowPixels: Uint32Array.from(rows, (row) => row * width), colPixels };
}
