/**
 * Tiles along one axis: equal sides, neighbours overlap by at least what was asked for, the last ends at the frame's
 * end.
 */
export interface TileAxis {
  /** Pixels of a tile. */
  readonly side: number;
  readonly starts: readonly number[];
}

/** How a frame is cut into tiles. */
export interface TileLayout {
  readonly columns: TileAxis;
  readonly rows: TileAxis;
}

/** The most tiles along an axis such that no pixel lies in more than two of them. */
export function mostTiles(length: number, overlap: number): number {
  return Math.max(1, Math.floor((length - overlap) / overlap));
}

/** @param overlap at least 1 pixel */
export function layoutAxis(length: number, count: number, overlap: number): TileAxis {
  const side = Math.ceil((length + (count - 1) * overlap) / count);
  const starts = Array.from({ length: count }, (_, index) => Math.min(index * (side - overlap), length - side));
  return { side, starts };
}

/**
 * How much each pixel of a tile counts along one axis. The weights of two neighbours sum to 1: a raised cosine over the
 * middle quarter of their overlap, so that the edge of a tile, where it knows least, does not count.
 */
export function blendWeights({ side, starts }: TileAxis, index: number): Float32Array {
  const weights = new Float32Array(side).fill(1);
  const start = starts[index]!;
  if (index > 0) {
    const overlap = starts[index - 1]! + side - start;
    for (let pixel = 0; pixel < overlap; pixel += 1) weights[pixel] = ramp(pixel, overlap);
  }
  if (index + 1 < starts.length) {
    const overlap = start + side - starts[index + 1]!;
    for (let pixel = 0; pixel < overlap; pixel += 1) weights[side - overlap + pixel] = 1 - ramp(pixel, overlap);
  }
  return weights;
}

/** From 0 to 1 over the middle quarter of an overlap. */
function ramp(pixel: number, overlap: number): number {
  const position = Math.max(0, Math.min(1, 4 * ((pixel + 0.5) / overlap) - 1.5));
  return (1 - Math.cos(Math.PI * position)) / 2;
}
