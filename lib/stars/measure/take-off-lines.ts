import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import type { Place } from '../sky/place.js';
import { alongLine, besideLine } from './lines.js';
import type { Line } from './lines.js';
import { holdIfRoom } from './memory.js';
import { sigmaAt } from './noise-map.js';
import { NO_STAR } from './plane.js';
import type { StarPlane } from './plane.js';
import { fitStrip } from './strip-model.js';
import type { StripModel, StripPixel } from './strip-model.js';

/** Half the length of a part whose light is one quadratic along the line: in pixels, and in reaches of a star. */
const LEAST_HALF_PX = 16;
const HALF_REACHES = 3;
/** How far light beside a line is looked for: in reaches of a star, and in pixels at most. */
const SIDE_REACHES = 2;
const MOST_SIDE_PX = 40;
/** Of every pixel beside a line. */
const STRIP_PIXEL_BYTES = 160;
/** Lanes are one pixel wide, so many a pixel. */
const LANES = 2;
/** Pixels that are darkened before others may have the thread. */
const AT_ONCE = 4096;
/** Light of less than so many deviations of the sky is none. */
const DARK = 0.5;
/** Pixels that are noisier than the sky by this factor are not used any more, but for what is far brighter still. */
const DROWNED = 4;
const FAR_BRIGHTER = 8;

/** A line that was taken off, and how much noisier than the sky it has left its parts. */
export interface FormerLine {
  readonly line: Line;
  /** Parts have so many pixels, from the start of the line. */
  readonly stepPx: number;
  readonly noise: readonly number[];
}

/** What was done with lines. */
interface TakenOff {
  readonly former: readonly FormerLine[];
  /** Lines that were left, as there is no room in memory: stars upon them are lost. */
  readonly left: number;
}

/**
 * Takes the light of lines off the plane: what stars stand upon it stay. Pixels in which it leaves nothing but noise
 * are not used any more. @param reachPx of a star
 */
export async function takeOffLines(
  plane: StarPlane,
  lines: readonly Line[],
  reachPx: number,
  scope: Scope,
): Promise<TakenOff> {
  const former: FormerLine[] = [];
  const pauses = new Pauses(scope.signal);
  for (const line of lines) {
    const bytes = 2 * sideOf(reachPx) * (line.to - line.from) * STRIP_PIXEL_BYTES;
    using room = holdIfRoom(bytes, scope);
    if (room) former.push(await takeOff(plane, line, reachPx, pauses));
  }
  return { former, left: lines.length - former.length };
}

/** How many times the noise of the sky the noise is where lines were. */
export function noiseOfLines(former: readonly FormerLine[], place: Place, reachPx: number): number {
  return former.reduce((most, { line, stepPx, noise }) => {
    const along = alongLine(line, place);
    if (Math.abs(besideLine(line, place)) > reachPx || along < line.from || along > line.to) return most;
    return Math.max(most, noise[Math.round((along - line.from) / stepPx)] ?? 1);
  }, 1);
}

const sideOf = (reachPx: number): number => Math.min(MOST_SIDE_PX, Math.ceil(SIDE_REACHES * reachPx));

async function takeOff(plane: StarPlane, line: Line, reachPx: number, pauses: Pauses): Promise<FormerLine> {
  const halfPx = Math.max(LEAST_HALF_PX, HALF_REACHES * reachPx);
  const parts = Math.max(1, Math.round((line.to - line.from) / halfPx));
  const stepPx = Math.max(1, (line.to - line.from) / parts);
  const sidePx = sideOf(reachPx);
  const strip = stripOf(plane, line, sidePx);
  const steps = stepsOf(strip, line.from, stepPx);
  const reach = Math.ceil(halfPx / stepPx);
  const models: (StripModel | null)[][] = [];
  for (let part = 0; part <= parts; part += 1) {
    if (pauses.isDue) await pauses.take();
    const near = steps.slice(Math.max(0, part - reach), part + reach + 1).flat();
    models.push(fitPart(plane, line, near, { middle: line.from + part * stepPx, halfPx, sidePx }));
  }
  for (const [index, pixel] of strip.entries()) {
    if (index % AT_ONCE === 0 && pauses.isDue) await pauses.take();
    darken(plane, line, pixel, models, { stepPx, halfPx, sidePx });
  }
  const noise = models.map((lanes) => {
    const middle = lanes.slice((sidePx - 1) * LANES, (sidePx + 1) * LANES + 1);
    return Math.max(1, ...middle.map((lane) => (lane?.deviation ?? 0) / plane.sigma));
  });
  return { line, stepPx, noise };
}

/** Pixels beside a line, and where they are. */
interface Beside {
  readonly pixel: number;
  readonly along: number;
  readonly beside: number;
}

function stripOf({ width, height }: StarPlane, line: Line, sidePx: number): Beside[] {
  const strip: Beside[] = [];
  const isSteep = Math.abs(line.uy) > Math.abs(line.ux);
  const slope = isSteep ? line.ux / line.uy : line.uy / line.ux;
  const reach = Math.ceil(sidePx * Math.hypot(1, slope)) + 1;
  for (let u = 0; u < (isSteep ? height : width); u += 1) {
    const middle = Math.round(isSteep ? line.x + slope * (u - line.y) : line.y + slope * (u - line.x));
    for (let v = Math.max(0, middle - reach); v <= Math.min((isSteep ? width : height) - 1, middle + reach); v += 1) {
      const place = isSteep ? { x: v, y: u } : { x: u, y: v };
      const [along, beside] = [alongLine(line, place), besideLine(line, place)];
      if (along >= line.from && along <= line.to && Math.abs(beside) <= sidePx)
        strip.push({ pixel: place.y * width + place.x, along, beside });
    }
  }
  return strip;
}

/** The pixels of every step along a line. */
function stepsOf(strip: readonly Beside[], from: number, stepPx: number): Beside[][] {
  const stepOf = ({ along }: Beside): number => Math.floor((along - from) / stepPx);
  const last = strip.reduce((most, pixel) => Math.max(most, stepOf(pixel)), 0);
  const steps: Beside[][] = Array.from({ length: last + 1 }, () => []);
  for (const pixel of strip) steps[stepOf(pixel)]!.push(pixel);
  return steps;
}

interface Part {
  readonly middle: number;
  readonly halfPx: number;
  readonly sidePx: number;
}

/** The light of a part, lane by lane from the one side to the other. */
function fitPart(plane: StarPlane, line: Line, strip: readonly Beside[], { middle, halfPx, sidePx }: Part) {
  const lanes: StripPixel[][] = Array.from({ length: 2 * sidePx * LANES + 1 }, () => []);
  for (const { pixel, along, beside } of strip) {
    const t = (along - middle) / halfPx;
    if (Math.abs(t) > 1 || plane.invalid[pixel] !== 0) continue;
    const place = (beside + sidePx) * LANES;
    for (let lane = Math.ceil(place - LANES / 2); lane <= place + LANES / 2; lane += 1) {
      const value = plane.data[pixel]!;
      lanes[lane]?.push({ pixel, t, d: (2 * (place - lane)) / LANES, value });
    }
  }
  const place = { x: line.x + middle * line.ux, y: line.y + middle * line.uy };
  const least = sigmaAt(plane, inside(plane, place));
  return lanes.map((pixels) => fitStrip(pixels, least));
}

function inside({ width, height }: StarPlane, { x, y }: Place): Place {
  return { x: Math.min(width - 1, Math.max(0, x)), y: Math.min(height - 1, Math.max(0, y)) };
}

function darken(
  { data, invalid, sigma }: StarPlane,
  line: Line,
  { pixel, along, beside }: Beside,
  models: readonly (readonly (StripModel | null)[])[],
  { stepPx, halfPx, sidePx }: { readonly stepPx: number; readonly halfPx: number; readonly sidePx: number },
): void {
  const place = (beside + sidePx) * LANES;
  const lane = Math.round(place);
  const at = (along - line.from) / stepPx;
  const first = Math.min(models.length - 1, Math.floor(at));
  let [light, noise, weight] = [0, 0, 0];
  for (const [part, share] of [
    [first, 1 - (at - first)],
    [first + 1, at - first],
  ] as const) {
    const model = models[part]?.[lane];
    if (!model) continue;
    light += share * model.at((along - line.from - part * stepPx) / halfPx, (2 * (place - lane)) / LANES);
    noise = Math.max(noise, model.deviation);
    weight += share;
  }
  if (weight === 0) return;
  const above = data[pixel]! - light / weight;
  if (noise > DROWNED * sigma && above < FAR_BRIGHTER * noise) {
    data[pixel] = 0;
    invalid[pixel] = NO_STAR;
  } else if (light / weight > DARK * sigma) data[pixel] = above;
}
