import type { PixelMap } from '../runtime/native/binding.js';

/** The network halves its scale twice, so both sides of a pass and every panel edge are multiples of this. */
export const GRID = 4;

export const alignUp = (value: number): number => Math.ceil(value / GRID) * GRID;
export const alignDown = (value: number): number => value - (value % GRID);

/**
 * Input pixels that one output pixel can depend on, before and after it, for n residual blocks per stage
 * (mimo-unet.md section 5: 241 / 238 for n = 8, 577 / 574 for n = 20), rounded up to the grid.
 */
export function exactHalo(residualBlocks: number): { before: number; after: number } {
  return { before: alignUp(28 * residualBlocks + 17), after: alignUp(28 * residualBlocks + 14) };
}

/** Which way one pass reads the frame, in frame terms: mirrored left-right, mirrored top-bottom. */
export interface Flip {
  readonly x: boolean;
  readonly y: boolean;
}

const FLIPS: readonly Flip[] = [
  { x: false, y: false },
  { x: true, y: false },
  { x: false, y: true },
  { x: true, y: true },
];

/** Passes of the geometric self-ensemble (mimo-unet.md section 7): identity, then left-right, then the other two. */
export function ensembleFlips(ensemble: 1 | 2 | 4): readonly Flip[] {
  return FLIPS.slice(0, ensemble);
}

/**
 * A column panel in pass columns: the pipeline sees [start, start + pipeline width), the core is what it contributes.
 */
export interface Panel {
  readonly start: number;
  readonly coreStart: number;
  readonly coreEnd: number;
}

/** Panels that share one pipeline width; one panel that covers everything when the frame is not split. */
export interface PanelLayout {
  readonly pipelineWidth: number;
  readonly panels: readonly Panel[];
}

/** Splits `width` pass columns (a multiple of 4) into cores of at most `coreWidth`, each with its exact halo. */
export function layoutPanels(width: number, coreWidth: number, residualBlocks: number): PanelLayout {
  const { before, after } = exactHalo(residualBlocks);
  const core = alignUp(width / Math.ceil(width / coreWidth));
  const spans = [];
  for (let start = 0; start < width; start += core) {
    const end = Math.min(width, start + core);
    spans.push({ start, end, from: Math.max(0, start - before), to: Math.min(width, end + after) });
  }
  const pipelineWidth = Math.max(...spans.map(({ from, to }) => to - from));
  return {
    pipelineWidth,
    panels: spans.map(({ start, end, from }) => ({
      start: Math.min(from, width - pipelineWidth),
      coreStart: start,
      coreEnd: end,
    })),
  };
}

/** One side of a frame as a pass walks along it: padded by reflection at its far end, then perhaps flipped. */
export interface Axis {
  /** Frame coordinate of every pass coordinate. */
  readonly indices: Uint32Array;
  /** Pass coordinates [begin, end) that are not padding. */
  readonly begin: number;
  readonly end: number;
}

/** Maps `size` >= 4 frame coordinates, padded to a multiple of 4 by reflection (size + i is size - 2 - i). */
export function createAxis(size: number, flipped: boolean): Axis {
  const padded = alignUp(size);
  const indices = Uint32Array.from({ length: padded }, (_, position) => {
    const coordinate = flipped ? padded - 1 - position : position;
    return coordinate < size ? coordinate : 2 * size - 2 - coordinate;
  });
  return flipped ? { indices, begin: padded - size, end: padded } : { indices, begin: 0, end: size };
}

/** Which pass rows and panel columns to write, and where their residuals lie. */
export interface WriteWindow {
  readonly map: PixelMap;
  /** Rows of the residual block that precede the first one to write: padding. */
  readonly skippedRows: number;
  /** Columns of the pipeline that precede the first one to write: halo or padding. */
  readonly firstColumn: number;
}

/** The geometry of one pass: every pixel lookup as tables. */
export class PassGeometry {
  readonly #rows: Axis;
  readonly #columns: Axis;
  readonly #rowPixels: Uint32Array;
  readonly #colPixels: Uint32Array;

  constructor(frame: { readonly width: number; readonly height: number }, transposed: boolean, flip: Flip) {
    const horizontal = createAxis(frame.width, flip.x);
    const vertical = createAxis(frame.height, flip.y);
    this.#rows = transposed ? horizontal : vertical;
    this.#columns = transposed ? vertical : horizontal;
    this.#rowPixels = this.#rows.indices.map((index) => (transposed ? index : index * frame.width));
    this.#colPixels = this.#columns.indices.map((index) => (transposed ? index * frame.width : index));
  }

  /** Pass rows, a multiple of 4. */
  get height(): number {
    return this.#rowPixels.length;
  }

  /** The pixels that feed `count` pass rows of a pipeline whose first column is `startColumn`. */
  readMap(row: number, count: number, startColumn: number, pipelineWidth: number): PixelMap {
    return {
      rowPixels: this.#rowPixels.subarray(row, row + count),
      colPixels: this.#colPixels.subarray(startColumn, startColumn + pipelineWidth),
    };
  }

  /** The pixels that `count` residual rows of a panel are written to, or null when all of them are padding. */
  writeWindow(row: number, count: number, panel: Panel): WriteWindow | null {
    const rowBegin = Math.max(row, this.#rows.begin);
    const rowEnd = Math.min(row + count, this.#rows.end);
    const columnBegin = Math.max(panel.coreStart, this.#columns.begin);
    const columnEnd = Math.min(panel.coreEnd, this.#columns.end);
    if (rowBegin >= rowEnd || columnBegin >= columnEnd) return null;
    return {
      map: {
        rowPixels: this.#rowPixels.subarray(rowBegin, rowEnd),
        colPixels: this.#colPixels.subarray(columnBegin, columnEnd),
      },
      skippedRows: rowBegin - row,
      firstColumn: columnBegin - panel.start,
    };
  }
}
