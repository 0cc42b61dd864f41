import type { RowWindow } from '../../image/stored.js';

/** Windows begin at multiples of this, so that the grids of all methods fit one another: the network's has 4. */
const GRID = 4;
/** Windows of a scene, at most: after each, what is known of all is written anew. */
const MOST_WINDOWS = 1024;

/** What a window needs beyond the rows that it gives. */
export interface WindowRule {
  /** Rows above a restored row, and below it, on which it may depend. */
  readonly before: number;
  readonly after: number;
  /** Rows in which a window passes into the one before; 0: both would give the same bytes. */
  readonly fade: number;
}

/** Some rows of a scene that are restored together. */
export interface SceneWindow {
  /** The rows that it gives: from `top` to before `end`. */
  readonly top: number;
  readonly end: number;
  /** The first of them pass from the window before into this one, so many. */
  readonly fade: number;
  /** Rows below `end` that the next window passes from. */
  readonly carry: number;
  /** What is read for it. */
  readonly read: RowWindow;
}

const alignDown = (row: number): number => row - (row % GRID);
const alignUp = (row: number): number => alignDown(row + GRID - 1);

/** Rows of a window, at least, so that a scene has not too many. */
export const leastRows = (height: number): number => Math.ceil(height / MOST_WINDOWS);

/**
 * Cuts a scene into windows that give `rows` rows each, the last one fewer. All read equally many, but for 3 at most:
 * one whose rows are few, or at an edge, reads more beyond them.
 * @param rows at least `rule.fade`
 */
export function layoutWindows(height: number, rows: number, { before, after, fade }: WindowRule): SceneWindow[] {
  const side = Math.min(height, alignUp(before + rows + fade + after + GRID - 1));
  const last = alignUp(height - side);
  return Array.from({ length: Math.ceil(height / rows) }, (_, index) => {
    const top = index * rows;
    const end = Math.min(height, top + rows);
    const from = Math.max(0, Math.min(alignDown(Math.max(0, top - before)), last));
    return {
      top,
      end,
      fade: index === 0 ? 0 : Math.min(fade, end - top),
      carry: Math.min(fade, height - end),
      read: { top: from, count: Math.min(height, from + side) - from },
    };
  });
}

/** How much a row counts that passes from one window into the next: a raised cosine. @param row from 0 */
export function fadeWeight(row: number, fade: number): number {
  return (1 - Math.cos((Math.PI * (row + 0.5)) / fade)) / 2;
}

/** Windows of at most `rows` rows each, spread evenly over a scene. */
export function spreadWindows(height: number, rows: number, most: number): RowWindow[] {
  const count = Math.min(rows, height);
  const number = Math.max(1, Math.min(most, Math.floor(height / count)));
  const step = number > 1 ? (height - count) / (number - 1) : 0;
  return Array.from({ length: number }, (_, index) => ({ top: alignDown(Math.floor(index * step)), count }));
}
