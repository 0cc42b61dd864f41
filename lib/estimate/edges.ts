import type { AnyFrame } from '../image/frame.js';
import { spreadStarts } from '../image/blocks.js';
import { colourPlanes } from '../image/planes.js';
import { fullScale } from '../image/samples.js';
import type { FrameSource } from '../image/source.js';
import { median } from '../math/median.js';
import { profilesOf } from '../psf/profiles.js';
import type { Psf } from '../psf/psf.js';
import { Pauses } from '../runtime/pauses.js';

/** Rows, and as many columns, that are looked at. */
const MOST_LINES = 192;
/** A step counts as an edge where it is so many times the usual one, which noise and texture make. */
const EDGE_STEPS = 9;
/** Steps of so many codes are no edges: rounding makes some of them. */
const ROUNDING_STEPS = 3;
/** Fewer edges tell nothing, nor do those of less than this part of the steps: noise is left of compressed frames. */
const FEWEST_EDGES = { count: 64, part: 0.001 };
/** So many times steeper than a blur lets an edge of its own contrast be, an edge speaks against that blur. */
const STEEPER = 1.7;
/**
 * Blurs are refuted where more than this part of the edges speak against them. In the cases of bench/choice.mjs up to
 * 0.28 do against the true disk, and 0.46 and more against disks that sharp frames are taken for.
 */
const MOST_AGAINST = 0.35;
/** Side of a block of JPEG. */
const BLOCK = 8;
/** Kernels that let so much of an edge pass in one step leave nothing to tell. */
const STEEPEST = 0.5;

/** A line of brightness, row or column, and how steep the blur lets an edge across it be. */
interface Direction {
  readonly length: number;
  readonly lines: number;
  /** Pixels from one sample of a line to the next, and from one line to the next. */
  readonly step: number;
  readonly across: number;
  /** The largest part of an edge's contrast that lies between two neighbours. */
  readonly steepest: number;
  /** Samples to both sides, between which an edge has its whole contrast. */
  readonly reach: number;
}

/** Edges of a line, by their place in it modulo the side of a block of JPEG: how many, and how many speak against. */
interface EdgeCount {
  edges: number;
  against: number;
}

/**
 * Whether edges of a frame are steeper than a kernel lets them be, as where sharp things of one size leave the same
 * dark rings in the spectrum as a disk does. The step between neighbours is at most the largest weight of the kernel's
 * projection on their line, times the contrast within its reach. Rejects with the signal's reason.
 */
export async function refutesByEdges(source: FrameSource, kernel: Psf, signal: AbortSignal): Promise<boolean> {
  const pauses = new Pauses(signal);
  let [edges, against, steps] = [0, 0, 0];
  for (const direction of directionsOf(source.frame, kernel)) {
    if (direction.steepest >= STEEPEST) continue;
    const counts = withoutBlockBorders(await countEdges(source, direction, pauses));
    edges += sumOf(counts, 'edges');
    against += sumOf(counts, 'against');
    steps += direction.length * Math.min(direction.lines, MOST_LINES);
  }
  const { count, part } = FEWEST_EDGES;
  return edges >= Math.max(count, part * steps) && against > MOST_AGAINST * edges;
}

const sumOf = (counts: readonly EdgeCount[], what: keyof EdgeCount): number =>
  counts.reduce((sum, count) => sum + count[what], 0);

function directionsOf({ width, height }: AnyFrame, kernel: Psf): Direction[] {
  const { columns, rows } = profilesOf(kernel);
  const along = { length: width, lines: height, step: 1, across: width };
  const down = { length: height, lines: width, step: width, across: 1 };
  return [
    { ...along, steepest: Math.max(...columns), reach: (kernel.width + 1) / 2 },
    { ...down, steepest: Math.max(...rows), reach: (kernel.height + 1) / 2 },
  ];
}

/** Edges along all lines, by their phase. */
async function countEdges(source: FrameSource, direction: Direction, pauses: Pauses): Promise<EdgeCount[]> {
  const lines = spreadStarts(direction.lines, 1, Math.min(direction.lines, MOST_LINES));
  const usual: number[] = [];
  for (const line of lines) {
    if (pauses.isDue) await pauses.take();
    usual.push(usualStep(readLine(source, direction, line)));
  }
  const noise = EDGE_STEPS * (median(usual.filter((step) => step >= 0)) ?? 0);
  const least = Math.max(noise, source.frame.depth === 32 ? 0 : ROUNDING_STEPS);
  const counts = Array.from({ length: BLOCK }, (): EdgeCount => ({ edges: 0, against: 0 }));
  for (const line of lines) {
    if (pauses.isDue) await pauses.take();
    addEdges(readLine(source, direction, line), least, direction, counts);
  }
  return counts;
}

/** JPEG makes edges of its own along the borders of its blocks, wherever these lie: those of the fullest phase. */
const withoutBlockBorders = (counts: readonly EdgeCount[]): EdgeCount[] =>
  [...counts].sort((a, b) => a.edges - b.edges).slice(0, -1);

/** The mean of the bands of a picture in colour, or of all; NaN where the pixel is missing or a band is cut off. */
function readLine({ frame, valid }: FrameSource, { length, step, across }: Direction, line: number): Float64Array {
  const { data, channels } = frame;
  const planes = colourPlanes(frame);
  const white = fullScale(frame);
  return Float64Array.from({ length }, (_, index) => {
    const pixel = line * across + index * step;
    if (valid?.[pixel] === 0) return NaN;
    let sum = 0;
    for (let channel = 0; channel < planes; channel += 1) {
      const sample = data[pixel * channels + channel]!;
      sum += sample < white ? sample : NaN;
    }
    return sum / planes;
  });
}

/** Median of the steps between neighbours; -1 where all are missing. */
function usualStep(line: Float64Array): number {
  const steps: number[] = [];
  for (let index = 1; index < line.length; index += 1) {
    const step = Math.abs(line[index]! - line[index - 1]!);
    if (step >= 0) steps.push(step);
  }
  return median(steps) ?? -1;
}

/** Counts steps of a line that are the largest within reach, where nothing around is missing or cut off. */
function addEdges(
  line: Float64Array,
  least: number,
  { reach, steepest }: Pick<Direction, 'reach' | 'steepest'>,
  counts: readonly EdgeCount[],
): void {
  const steps = line.map((value, index) => Math.abs(line[index + 1]! - value));
  for (let index = reach; index + 1 + reach < line.length; index += 1) {
    const step = steps[index]!;
    if (!(step > least) || step < rangeOf(steps, index - reach, index + reach).high) continue;
    const { low, high } = rangeOf(line, index - reach, index + 1 + reach);
    if (!(high >= low)) continue;
    const count = counts[index % BLOCK]!;
    count.edges += 1;
    if (step > STEEPER * steepest * (high - low)) count.against += 1;
  }
}

/** Both NaN where a sample is. */
function rangeOf(line: Float64Array, first: number, last: number): { readonly low: number; readonly high: number } {
  let [low, high] = [Infinity, -Infinity];
  for (let index = first; index <= last; index += 1) {
    low = Math.min(low, line[index]!);
    high = Math.max(high, line[index]!);
  }
  return { low, high };
}
