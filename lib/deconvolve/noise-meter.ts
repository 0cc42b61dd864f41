import { gridCorners, stepForAtMost, stepStarts } from '../image/blocks.js';
import { findJpegNoise, passingVariance } from '../estimate/jpeg/jpeg-noise.js';
import type { JpegNoise } from '../estimate/jpeg/jpeg-noise.js';
import type { AnyFrame, Region } from '../image/frame.js';
import { colourPlanes } from '../image/planes.js';
import { isClipped, isCounted } from './defects/clipped.js';
import type { Scope } from '../runtime/scope.js';
import { transferMagnitude } from '../psf/transfer.js';
import type { Psf } from '../psf/psf.js';
import { fullScale, windowOf } from '../image/samples.js';
import { placeOf } from './part-solver.js';
import type { PartSource } from './part-solver.js';
import type { TilePsfs } from './psf-source.js';

/** Side of the blocks whose spectra are taken. */
const BLOCK = 64;
/** Part of the frequencies that are taken: those where the least of the scene is left. */
const QUIET_PART = 0.05;
/** Blocks of a plane; more would make the estimate better by less than 1 %. */
const MOST_BLOCKS = 48;
/** Blocks with a larger part of clipped samples are not used: their noise is clipped too. */
const MOST_CLIPPED = 0.01;
/** Nor are blocks with a larger part of pixels that do not count, unless all are such: what fills them has no noise. */
const MOST_MISSING = 0.02;
/** A clipped sample makes a block as unfit as this part of its pixels would, were they missing. */
const WEIGHT_OF_CLIPPED = 0.05;

/** Which noise is asked for: that of samples, or its density where the blur lets a scene pass; white noise has one. */
export type NoiseKind = 'all' | 'passing';

/**
 * Measures the noise of a frame: from the power at those frequencies that the blur has all but extinguished, where only
 * noise is left. A filter that knows nothing of the blur (Immerkaer 1996) takes edges along the direction of a motion
 * for noise. Where the frame has 8 bits, or is a copy of such, and was compressed as JPEG, in whatever file it is now,
 * these frequencies have lost their noise, and others have errors: its steps of rounding tell them.
 */
export class NoiseMeter {
  readonly source: PartSource;
  readonly #psfs: TilePsfs;
  readonly #scope: Scope;
  readonly #kind: NoiseKind;
  #jpeg: JpegNoise | null | undefined;

  constructor(source: PartSource, psfs: TilePsfs, kind: NoiseKind, scope: Scope) {
    this.source = source;
    this.#psfs = psfs;
    this.#kind = kind;
    this.#scope = scope;
  }

  /**
   * Standard deviations in a part of the frame, per colour, 1 being full scale: at least those of rounding to samples.
   */
  async measure(region: Region = wholeOf(this.source.frame)): Promise<number[]> {
    const { frame } = this.source;
    const sigmas: number[] = [];
    for (let plane = 0; plane < colourPlanes(frame); plane += 1) {
      sigmas.push(await this.#measurePlane(plane, region));
    }
    return sigmas;
  }

  async #measurePlane(channel: number, region: Region): Promise<number> {
    const { frame, isJpeg } = this.source;
    const kernel = this.#psfs.middle(channel, placeOf(this.source, region));
    const estimates = [
      roundingSigma(frame),
      await measureQuietPower(this.#scope, this.source, channel, region, kernel),
    ];
    const jpeg = this.#jpegNoise();
    if (jpeg) estimates.push(Math.sqrt(this.#kind === 'all' ? jpeg.variance : passingVariance(jpeg, kernel)));
    // The compression may have taken noise out of the high frequencies, and left no more than that in the others.
    if (isJpeg || !Number.isFinite(estimates[1])) {
      estimates.push(await estimateByLaplacian(this.#scope, this.source, channel, region));
    }
    return Math.max(...estimates.filter(Number.isFinite));
  }

  /** The same for all planes and parts of the frame. */
  #jpegNoise(): JpegNoise | null {
    if (this.#jpeg === undefined) this.#jpeg = findJpegNoise(this.source.frame);
    return this.#jpeg;
  }
}

const wholeOf = ({ width, height }: AnyFrame): Region => ({ left: 0, top: 0, width, height });

async function estimateByLaplacian(
  scope: Scope,
  { frame, isJpeg }: PartSource,
  channel: number,
  { left, top, width, height }: Region,
): Promise<number> {
  const window = windowOf(frame, frame.data, channel, left, top);
  const request = { window, width, height, saturation: 1, jpeg: isJpeg, form: 'mean' } as const;
  return (await scope.call((binding, ticket) => binding.estimateNoise(request, ticket))).sigma;
}

/**
 * Rounding is uniform over one step; floats have steps too small to matter, but a sigma of 0 would mean no noise at
 * all.
 */
function roundingSigma(frame: AnyFrame): number {
  return 1 / (frame.depth === 32 ? 65_535 : fullScale(frame)) / Math.sqrt(12);
}

/** Root mean power of the quietest frequencies over blocks of the region; NaN where no block is fit. */
async function measureQuietPower(
  scope: Scope,
  { frame, validOf }: PartSource,
  channel: number,
  region: Region,
  kernel: Psf,
): Promise<number> {
  if (Math.min(region.width, region.height) < BLOCK) return NaN;
  const valid = validOf(channel);
  const { corners, share } = valid ? listKnownBlocks(region, frame, valid) : { corners: listBlocks(region), share: 1 };
  const request = {
    window: windowOf(frame, frame.data, channel, 0, 0),
    side: BLOCK,
    corners: Uint32Array.from(corners.flat()),
    mostClipped: MOST_CLIPPED,
  };
  const { power, blocks } = await scope.call((binding, ticket) =>
    binding.measurePeriodogram(request, scope.isa, ticket),
  );
  const quiet = quietBins(kernel);
  return blocks > 0 ? Math.sqrt(quiet.reduce((sum, bin) => sum + power[bin]!, 0) / quiet.length / share) : NaN;
}

type Corner = readonly [x: number, y: number];

/** Corners of blocks that overlap by half, or lie as far apart as their number allows. */
function listBlocks({ left, top, width, height }: Region, most = MOST_BLOCKS): Corner[] {
  const step = stepForAtMost(width * height, most, BLOCK / 2);
  const [xs, ys] = [stepStarts(width, BLOCK, step), stepStarts(height, BLOCK, step)];
  return gridCorners(xs, ys).map(([x, y]) => [left + x, top + y]);
}

/** Those of the blocks with the fewest pixels that do not count, and the share of pixels in them that do. */
function listKnownBlocks(
  region: Region,
  { width }: AnyFrame,
  valid: Uint8Array,
): { readonly corners: Corner[]; readonly share: number } {
  const ranked = listBlocks(region, 8 * MOST_BLOCKS)
    .map((corner) => ({ corner, ...countStates(valid, width, corner) }))
    .sort((a, b) => b.fitness - a.fitness);
  const known = ranked.filter(({ fitness }) => fitness >= 1 - MOST_MISSING);
  const best = known.length > 0 ? known : ranked.slice(0, Math.ceil(ranked.length / 4));
  const step = Math.max(1, best.length / MOST_BLOCKS);
  const chosen = best.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  const share = chosen.reduce((sum, block) => sum + block.share, 0) / chosen.length;
  return { corners: chosen.map(({ corner }) => corner), share: Math.max(share, 1 / BLOCK ** 2) };
}

/** The share of a block's pixels that count. Nothing fills clipped ones smoothly: they weigh against it. */
function countStates(
  valid: Uint8Array,
  frameWidth: number,
  [left, top]: Corner,
): { readonly share: number; readonly fitness: number } {
  let [counted, clipped] = [0, 0];
  for (let y = top; y < top + BLOCK; y += 1) {
    for (let x = left; x < left + BLOCK; x += 1) {
      const state = valid[y * frameWidth + x]!;
      if (isCounted(state)) counted += 1;
      if (isClipped(state)) clipped += 1;
    }
  }
  return { share: counted / BLOCK ** 2, fitness: counted / BLOCK ** 2 - WEIGHT_OF_CLIPPED * clipped };
}

/**
 * Bins of a periodogram with the least expected power of a scene: |H|^2 / f^2, with what the window of a block leaks
 * from its neighbours.
 */
function quietBins(kernel: Psf): number[] {
  const half = BLOCK / 2;
  const transfer = transferMagnitude(kernel, BLOCK);
  const expected = (u: number, v: number): number => {
    const [x, y] = [(u + BLOCK) % BLOCK, (v + BLOCK) % BLOCK];
    return transfer[y * BLOCK + x]! ** 2 / Math.max(1, (x - half) ** 2 + (y - half) ** 2);
  };
  const leaked = (u: number, v: number): number =>
    [-1, 0, 1].reduce(
      (sum, dv) =>
        sum + [-1, 0, 1].reduce((row, du) => row + expected(u + du, v + dv) / 4 ** (Math.abs(du) + Math.abs(dv)), 0),
      0,
    );
  // The axes of the first and the last column mirror themselves: they would count twice.
  const all = Array.from(
    { length: (half - 1) * BLOCK },
    (_, index) => [1 + (index % (half - 1)), Math.floor(index / (half - 1))] as const,
  );
  const ranked = all
    .map(([u, v]) => ({ bin: v * (half + 1) + u, power: leaked(half + u, half + v) }))
    .sort((a, b) => a.power - b.power);
  return ranked.slice(0, Math.round(QUIET_PART * ranked.length)).map(({ bin }) => bin);
}

/** One number for several colours. */
export function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
}
