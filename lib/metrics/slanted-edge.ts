import type { Pauses } from '../runtime/pauses.js';

/** Bins per pixel of the edge profile. */
const OVERSAMPLING = 4;
/** Frequencies looked at, in cycles per pixel: up to that of the samples, in steps of 1/512. */
const FREQUENCY_STEP = 1 / 512;
/** Least contrast of an edge, in full scales, and its noise in parts of the contrast. */
const MIN_CONTRAST = 0.04;
const MAX_NOISE = 0.15;
/** Pixels on each side of the edge that are looked at. */
const MAX_REACH = 24;
/** How far the edge may stray from a straight line, root mean square, in pixels. */
const MAX_BEND = 0.35;
/** Least slant against the pixel grid (tangent), so that the profile is sampled between pixels. */
const MIN_SLANT = 0.03;

/** Luminance of a part of a frame, 1 being full scale. */
export interface Patch {
  readonly width: number;
  readonly height: number;
  readonly data: Float64Array;
}

/** A straight edge: x = offset + slope * y. */
interface Line {
  readonly slope: number;
  readonly offset: number;
}

/**
 * MTF50 across the slanted edge in a patch (the method of ISO 12233): the frequency, in cycles per pixel, at which the
 * transfer has fallen to one half. A string says why there is none.
 */
export async function measureSlantedEdge(patch: Patch, pauses: Pauses): Promise<number | string> {
  const upright = (await isUpright(patch, pauses)) ? patch : await transpose(patch, pauses);
  const line = await fitLine(upright, pauses);
  if (typeof line === 'string') return line;
  const profile = await edgeProfile(upright, line, pauses);
  return typeof profile === 'string' ? profile : halfFrequency(profile);
}

/** Whether values change more along rows than along columns. */
async function isUpright({ width, height, data }: Patch, pauses: Pauses): Promise<boolean> {
  let [across, down] = [0, 0];
  for (let y = 0; y + 1 < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    for (let x = 0; x + 1 < width; x += 1) {
      const here = data[y * width + x]!;
      across += Math.abs(data[y * width + x + 1]! - here);
      down += Math.abs(data[(y + 1) * width + x]! - here);
    }
  }
  return across >= down;
}

async function transpose({ width, height, data }: Patch, pauses: Pauses): Promise<Patch> {
  const turned = new Float64Array(data.length);
  for (let row = 0, target = 0; row < width; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let source = row; source < data.length; source += width, target += 1) turned[target] = data[source]!;
  }
  return { width: height, height: width, data: turned };
}

/** A line through the centres of the gradient of every row; the second time of its surroundings only. */
async function fitLine(patch: Patch, pauses: Pauses): Promise<Line | string> {
  let line = await fitCentres(patch, pauses, () => [0, patch.width - 1]);
  if (line === null) return 'most of its rows cross no edge';
  const first = line;
  const reach = Math.max(6, patch.width / 5);
  line = await fitCentres(patch, pauses, (y) => {
    const middle = first.offset + first.slope * y;
    return [Math.max(0, Math.floor(middle - reach)), Math.min(patch.width - 1, Math.ceil(middle + reach))];
  });
  if (line === null) return 'its edge leaves it';
  if (line.bend > MAX_BEND) return `its edge is no straight line (it strays by ${line.bend.toFixed(2)} pixels)`;
  const tangent = Math.abs(line.slope);
  if (tangent < MIN_SLANT || tangent > 1 - MIN_SLANT)
    return 'its edge runs along the pixels; it must be slanted by some degrees';
  return line;
}

async function fitCentres(
  { width, height, data }: Patch,
  pauses: Pauses,
  spanOf: (y: number) => readonly [number, number],
): Promise<(Line & { bend: number }) | null> {
  const centres: (readonly [number, number])[] = [];
  for (let y = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    const [first, last] = spanOf(y);
    // The edge goes up or down: signs must not cancel with noise.
    const sign = Math.sign(data[y * width + last]! - data[y * width + first]!);
    let [weight, moment] = [0, 0];
    for (let x = first; x < last; x += 1) {
      const step = sign * (data[y * width + x + 1]! - data[y * width + x]!);
      weight += step;
      moment += step * (x + 0.5);
    }
    const centre = moment / weight;
    if (weight > MIN_CONTRAST / 2 && centre >= first && centre <= last) centres.push([y, centre]);
  }
  if (centres.length < 0.9 * height) return null;
  const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanY, meanX] = [meanOf(centres.map(([y]) => y)), meanOf(centres.map(([, x]) => x))];
  const slope =
    meanOf(centres.map(([y, x]) => (y - meanY) * (x - meanX))) / meanOf(centres.map(([y]) => (y - meanY) ** 2));
  const offset = meanX - slope * meanY;
  return { slope, offset, bend: Math.sqrt(meanOf(centres.map(([y, x]) => (x - offset - slope * y) ** 2))) };
}

/** Means of the values by their distance from the line, OVERSAMPLING a pixel; from darker to brighter. */
async function edgeProfile(
  { width, height, data }: Patch,
  { slope, offset }: Line,
  pauses: Pauses,
): Promise<readonly number[] | string> {
  const scale = 1 / Math.hypot(1, slope);
  const middle = offset + (slope * (height - 1)) / 2;
  // Half of the rows still reach so far when the edge comes nearest to the border.
  const reach = Math.floor((Math.min(middle, width - 1 - middle, MAX_REACH) - (Math.abs(slope) * height) / 4) * scale);
  if (reach < 5) return 'its edge is too near to its border, or it is too small';
  const bins = 2 * reach * OVERSAMPLING;
  const [sums, counts] = [new Array<number>(bins).fill(0), new Array<number>(bins).fill(0)];
  for (let y = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    for (let x = 0; x < width; x += 1) {
      const bin = Math.floor(((x - offset - slope * y) * scale + reach) * OVERSAMPLING);
      if (bin < 0 || bin >= bins) continue;
      sums[bin]! += data[y * width + x]!;
      counts[bin]! += 1;
    }
  }
  if (counts.includes(0)) return 'its edge is not slanted enough for its length';
  const profile = sums.map((sum, bin) => sum / counts[bin]!);
  const problem = problemOfProfile(profile);
  return problem ?? profile;
}

/** Both sides must be even, and differ. */
function problemOfProfile(profile: readonly number[]): string | null {
  const tail = Math.floor(profile.length / 5);
  const statistics = (values: readonly number[]): readonly [number, number] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)];
  };
  const [left, leftNoise] = statistics(profile.slice(0, tail));
  const [right, rightNoise] = statistics(profile.slice(-tail));
  const contrast = Math.abs(right - left);
  if (contrast < MIN_CONTRAST) return `its contrast of ${contrast.toFixed(3)} is below ${MIN_CONTRAST} of full scale`;
  return Math.max(leftNoise, rightNoise) > MAX_NOISE * contrast ? 'its sides are not even' : null;
}

/** Where the spectrum of the profile's derivative falls to one half of its value at 0. */
function halfFrequency(profile: readonly number[]): number | string {
  const spread = profile.slice(1).map((value, index) => value - profile[index]!);
  const count = spread.length;
  // What is far from the edge is noise: faded out over the outer quarters.
  const windowed = spread.map(
    (value, index) =>
      value *
      (0.5 - 0.5 * Math.cos(Math.PI * Math.min(1, (4 * (Math.min(index, count - 1 - index) + 1)) / (count + 1)))),
  );
  const transferAt = (frequency: number): number => {
    const step = (2 * Math.PI * frequency) / OVERSAMPLING;
    let [re, im] = [0, 0];
    for (const [index, value] of windowed.entries()) {
      re += value * Math.cos(step * index);
      im += value * Math.sin(step * index);
    }
    // The difference of neighbours, and the mean over a bin, each take sinc(frequency / OVERSAMPLING) away.
    const half = step / 2;
    const taken = half === 0 ? 1 : (Math.sin(half) / half) ** 2;
    return Math.hypot(re, im) / taken;
  };
  const whole = transferAt(0);
  let before = 1;
  for (let frequency = FREQUENCY_STEP; frequency <= 1; frequency += FREQUENCY_STEP) {
    const here = transferAt(frequency) / whole;
    if (here <= 0.5) return frequency - (FREQUENCY_STEP * (0.5 - here)) / (before - here);
    before = here;
  }
  return 'its transfer does not fall to one half';
}
