import type { AnyFrame } from '../image/frame.js';
import type { NativeSolver } from '../runtime/native/binding.js';
import { fullScale, windowOf } from '../image/samples.js';
import type { Scope } from '../runtime/scope.js';
import { blendWeights } from './tiles.js';
import type { TileLayout } from './tiles.js';

/** One tile of a plane of a frame. */
export interface Tile {
  readonly plane: number;
  readonly column: number;
  readonly row: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Puts the tiles of one plane after the other together: row by row of tiles, in floats of as many rows as a tile has.
 * The frame's samples are replaced once no later tile reads them.
 */
export class TileBlender {
  readonly #scope: Scope;
  readonly #frame: AnyFrame;
  readonly #layout: TileLayout;
  /** Rows of the plane from the top of the current row of tiles on, 0 after the last; null where one tile is all. */
  readonly #band: Float32Array | null;

  constructor(scope: Scope, frame: AnyFrame, layout: TileLayout) {
    this.#scope = scope;
    this.#frame = frame;
    this.#layout = layout;
    const isTiled = layout.columns.starts.length * layout.rows.starts.length > 1;
    this.#band = isTiled ? new Float32Array(frame.width * layout.rows.side) : null;
  }

  /** All tiles of a plane, in the order in which they are to be written. */
  *tiles(plane: number): Generator<Tile, void, void> {
    const { columns, rows } = this.#layout;
    for (const [row, top] of rows.starts.entries()) {
      for (const [column, left] of columns.starts.entries()) yield { plane, column, row, left, top };
    }
  }

  /** Takes a tile from its solver, or from the source where there is none. */
  async write(tile: Tile, solver: NativeSolver | null): Promise<void> {
    if (!this.#band) {
      const target = windowOf(this.#frame, this.#frame.data, tile.plane, tile.left, tile.top);
      if (solver) await this.#scope.call((_, ticket) => solver.store(target, ticket));
      return;
    }
    const { columns, rows } = this.#layout;
    const [rowWeights, columnWeights] = [blendWeights(rows, tile.row), blendWeights(columns, tile.column)];
    const [plane, planeWidth] = [this.#band, this.#frame.width];
    const target = { plane, planeWidth, left: tile.left, top: 0, rowWeights, columnWeights };
    if (solver) await this.#scope.call((_, ticket) => solver.blend(target, ticket));
    else this.#blendSource(this.#band, tile, rowWeights, columnWeights);
    if (tile.column === columns.starts.length - 1) this.#finishRow(this.#band, tile);
  }

  #blendSource(
    band: Float32Array,
    { plane, left, top }: Tile,
    rowWeights: Float32Array,
    columnWeights: Float32Array,
  ): void {
    const { width, channels, data } = this.#frame;
    const scale = 1 / fullScale(this.#frame);
    rowWeights.forEach((rowWeight, y) => {
      columnWeights.forEach((columnWeight, x) => {
        band[y * width + left + x]! +=
          rowWeight * columnWeight * scale * data[((top + y) * width + left + x) * channels + plane]!;
      });
    });
  }

  /** Writes the rows that no later tile touches, and moves the others up. */
  #finishRow(band: Float32Array, { plane, row, top }: Tile): void {
    const { width } = this.#frame;
    const { side, starts } = this.#layout.rows;
    const count = row + 1 < starts.length ? starts[row + 1]! - top : side;
    this.#scope.binding.storePlane(band, width, count, windowOf(this.#frame, this.#frame.data, plane, 0, top));
    band.copyWithin(0, count * width);
    band.fill(0, (side - count) * width);
  }
}
