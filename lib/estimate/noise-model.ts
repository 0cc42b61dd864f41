import { gridCorners, stepForAtMost, stepStarts } from '../image/blocks.js';
import type { AnyFrame } from '../image/frame.js';
import { countValid, isWhole } from '../image/missing/whole.js';
import type { FrameSource } from '../image/source.js';
import { colourPlanes } from '../image/planes.js';
import { fullScale, windowOf } from '../image/samples.js';
import { median } from '../math/median.js';
import type { Scope } from '../runtime/scope.js';
import { settleAll } from '../runtime/settle-all.js';

/** Side of the tiles whose noise is measured by itself. */
export const TILE = 48;
const MOST_TILES = 500;
/**
 * Levels are told apart in so many steps between the darkest tile and the brightest; those with fewer tiles say
 * nothing.
 */
const LEVELS = 12;
const LEAST_TILES = 4;
/** Part of the places that JPEG's block borders leave, somewhat less than (6 / 8)^2. */
const JPEG_INSIDE = 0.5;
/** The scene adds to the noise of most tiles. So of those of one level, the one at this rank is taken. */
const QUIET_RANK = 0.25;

/**
 * Noise of variance readNoise^2 + level / electronsAtFullScale. Levels and standard deviations are in parts of full
 * scale.
 */
export interface NoiseEstimate {
  /** Electrons at full scale, for `train.specialise --electrons`; null where no shot noise shows. */
  readonly electronsAtFullScale: number | null;
  /** Standard deviation at level 0, without that of rounding, for `train.specialise --noise`. */
  readonly readNoise: number;
  /** Standard deviation at the mean level of the frame, rounding included. */
  readonly sigma: number;
  /** What tells it: the frame by itself, or what it shows beyond its prediction from a reference. */
  readonly from: 'frame' | 'residual';
  /** Tiles that it comes from. */
  readonly tiles: number;
  /** Why the numbers are no more than a bound, or null. */
  readonly caveat: string | null;
}

/** Mean and variance of the noise of a tile, 1 being full scale. */
export interface Tile {
  readonly level: number;
  readonly variance: number;
}

/**
 * The noise of all colours together: variances of small tiles (Immerkaer 1996), the quietest at every level, and a
 * straight line through them (Foi et al. 2008). Null where no tile is free of clipped samples and missing pixels.
 */
export async function estimateNoiseModel(scope: Scope, source: FrameSource): Promise<NoiseEstimate | null> {
  const tiles: Tile[] = [];
  for (let channel = 0; channel < colourPlanes(source.frame); channel += 1)
    tiles.push(...(await measureTiles(scope, source, channel)));
  return fitNoise(tiles, source, 'frame');
}

/** Null without tiles. */
export function fitNoise(
  tiles: readonly Tile[],
  source: FrameSource,
  from: NoiseEstimate['from'],
): NoiseEstimate | null {
  if (tiles.length === 0) return null;
  const rounding = source.frame.depth === 32 ? 0 : 1 / (12 * fullScale(source.frame) ** 2);
  // The scene has been taken off residuals: outliers are few.
  const quiet = from === 'frame' ? quietestByLevel(tiles) : tiles;
  const { offset, slope } = fitLine(
    quiet.map(({ level, variance }) => ({ level, variance: Math.max(0, variance - rounding) })),
  );
  const level = tiles.reduce((sum, tile) => sum + tile.level / tiles.length, 0);
  return {
    electronsAtFullScale: Number.isFinite(1 / slope) ? 1 / slope : null,
    readNoise: Math.sqrt(offset),
    sigma: Math.sqrt(offset + slope * level + rounding),
    from,
    tiles: tiles.length,
    caveat: source.isJpeg ? 'JPEG has taken noise away: the sensor has more' : null,
  };
}

async function measureTiles(scope: Scope, { frame, isJpeg, valid }: FrameSource, channel: number): Promise<Tile[]> {
  const corners = listTiles(frame, valid);
  const found: Tile[] = [];
  // Not all at once: fits of the blur wait for the same threads.
  for (let first = 0; first < corners.length; first += scope.threads) {
    found.push(
      ...(await settleAll(
        corners.slice(first, first + scope.threads).map(async ([left, top]) => {
          const window = windowOf(frame, frame.data, channel, left, top);
          const request = { window, width: TILE, height: TILE, saturation: 1, jpeg: isJpeg, form: 'mean' } as const;
          const { sigma, pixels } = await scope.call((binding, ticket) => binding.estimateNoise(request, ticket), 1);
          // A tile with clipped samples has lost noise with them.
          const isWhole = pixels >= (isJpeg ? JPEG_INSIDE : 1) * (TILE - 2) ** 2;
          return { level: isWhole ? meanOf(frame, channel, left, top) : NaN, variance: sigma ** 2 };
        }),
      )),
    );
  }
  return found.filter(({ level }) => level >= 0);
}

/** Corners of tiles without a missing pixel. */
function listTiles(frame: AnyFrame, valid: Uint8Array | null): (readonly [number, number])[] {
  const { width, height } = frame;
  const step = stepForAtMost(countValid(frame, valid), MOST_TILES, TILE);
  const corners = gridCorners(stepStarts(width, TILE, step), stepStarts(height, TILE, step));
  return corners.filter(([left, top]) => isWhole(valid, width, { left, top, width: TILE, height: TILE }));
}

function meanOf({ width, channels, data, ...frame }: AnyFrame, channel: number, left: number, top: number): number {
  let sum = 0;
  for (let y = top; y < top + TILE; y += 1) {
    for (let x = left; x < left + TILE; x += 1) sum += data[(y * width + x) * channels + channel]!;
  }
  return sum / TILE ** 2 / fullScale(frame as AnyFrame);
}

function quietestByLevel(tiles: readonly Tile[]): Tile[] {
  const levels = tiles.map(({ level }) => level);
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  const bins = Array.from({ length: LEVELS }, (): Tile[] => []);
  for (const tile of tiles)
    bins[Math.min(LEVELS - 1, Math.floor((LEVELS * (tile.level - low)) / Math.max(high - low, 1e-9)))]!.push(tile);
  const full = bins.filter((bin) => bin.length >= LEAST_TILES);
  return (full.length > 0 ? full : [tiles]).map(
    (bin) => [...bin].sort((a, b) => a.variance - b.variance)[Math.floor(QUIET_RANK * bin.length)]!,
  );
}

/**
 * Least squares with relative errors, which variances have, and Tukey's weights against levels without a quiet tile;
 * neither part negative.
 */
function fitLine(points: readonly Tile[]): { readonly offset: number; readonly slope: number } {
  const level = points.reduce((sum, point) => sum + point.level / points.length, 0);
  let [offset, slope] = [median(points.map(({ variance }) => variance))!, 0];
  for (let round = 0; round < 20; round += 1) {
    const model = points.map((point) => Math.max(offset + slope * point.level, 1e-12));
    const misfits = points.map((point, index) => (point.variance - model[index]!) / model[index]!);
    const scale = Math.max(4.7 * 1.48 * median(misfits.map(Math.abs))!, 0.05);
    const weights = misfits.map((misfit, index) => Math.max(0, 1 - (misfit / scale) ** 2) ** 2 / model[index]! ** 2);
    const total = (value: (point: Tile) => number): number =>
      points.reduce((sum, point, index) => sum + weights[index]! * value(point), 0);
    const [w, x, y] = [total(() => 1), total((point) => point.level - level), total((point) => point.variance)];
    const [xx, xy] = [
      total((point) => (point.level - level) ** 2),
      total((point) => (point.level - level) * point.variance),
    ];
    if (!(w > 0)) break;
    const spread = w * xx - x * x;
    slope = spread > 1e-9 * w * xx + 1e-300 ? Math.max(0, (w * xy - x * y) / spread) : 0;
    offset = (y - slope * x) / w - slope * level;
    if (offset >= 0) continue;
    // All of it is shot noise then.
    offset = 0;
    slope =
      total((point) => point.level * point.variance) /
      Math.max(
        total((point) => point.level ** 2),
        1e-300,
      );
  }
  return { offset, slope };
}
