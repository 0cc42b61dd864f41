/**
 * Corners of blocks along one side from one end to the other, `count` of them as evenly apart as whole pixels allow.
 */
export function spreadStarts(length: number, side: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    count === 1 ? 0 : Math.round(((length - side) * index) / (count - 1)),
  );
}

/** Corners of whole blocks along one side, `step` apart from its beginning; none where no block fits. */
export function stepStarts(length: number, side: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor((length - side) / step) + 1) }, (_, index) => index * step);
}

/** The step between blocks that is at least `least`, and leaves about `most` blocks in an area at most. */
export function stepForAtMost(areaPx: number, most: number, least: number): number {
  return Math.max(least, Math.ceil(Math.sqrt(areaPx / most)));
}

/** All corners of a grid, row by row. */
export function gridCorners(xs: readonly number[], ys: readonly number[]): (readonly [x: number, y: number])[] {
  return ys.flatMap((y) => xs.map((x) => [x, y] as const));
}
