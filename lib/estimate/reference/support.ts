/** Weights, averaged over 3x3 pixels, from this part of the largest on are the kernel, where they are connected. */
const LEAST_PART = 0.05;
/** Beyond them the kernel fades out within so many pixels. */
const MARGIN = 2;

/**
 * Where a kernel is, as 1 and 0: the pixels connected to its largest weight, with a margin.
 * @param taps (2 radius + 1)^2 weights
 */
export function findSupport(taps: Float64Array, radius: number): Uint8Array {
  const side = 2 * radius + 1;
  const smooth = taps.map((_, index) => neighbours(index, side, 1).reduce((sum, at) => sum + taps[at]!, 0));
  const peak = smooth.reduce((best, value, index) => (value > smooth[best]! ? index : best), 0);
  const core = new Uint8Array(taps.length);
  const open = [peak];
  core[peak] = 1;
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    for (const next of neighbours(index, side, 1)) {
      if (core[next] || smooth[next]! < LEAST_PART * smooth[peak]!) continue;
      core[next] = 1;
      open.push(next);
    }
  }
  return core.map((_, index) => Number(neighbours(index, side, MARGIN).some((at) => core[at])));
}

/** The pixels at most `reach` away along both axes, with the pixel itself. */
function neighbours(index: number, side: number, reach: number): number[] {
  const [x, y] = [index % side, Math.floor(index / side)];
  const found: number[] = [];
  for (let row = Math.max(0, y - reach); row <= Math.min(side - 1, y + reach); row += 1) {
    for (let column = Math.max(0, x - reach); column <= Math.min(side - 1, x + reach); column += 1)
      found.push(row * side + column);
  }
  return found;
}
