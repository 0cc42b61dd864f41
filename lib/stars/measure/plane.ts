import { fullScale, windowOf } from '../../image/samples.js';
import { colourPlanes } from '../../image/planes.js';
import { luminanceOf } from '../../image/luminance.js';
import type { AnyFrame } from '../../image/frame.js';
import type { FrameSource } from '../../image/source.js';
import type { NoiseMap, SampleWindow } from '../../runtime/native/binding.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import type { BlurSettings } from './blur-settings.js';
import { readKnownPixels } from './known-pixels.js';
import { takePlaneMemory } from './plane-memory.js';
import type { PlaneMemory } from './plane-memory.js';

/** Samples from this part of full scale on may be cut off: real 8-bit sensors end at 249 to 255. */
export const DEFAULT_SATURATION = 0.97;

/** Of a sky without any noise, as floats may have it: what floats resolve. No star is infinitely clear. */
const NO_NOISE = 1e-7;

/** The widest that a frame tells by itself, across. */
const WIDEST_STAR_PX = 36;

/** In {@link StarPlane.invalid}: not saturated, so that the rest of a star must be as a star is. native/stars/sky.h */
export const NO_STAR = 2;

/** The brightness of a frame above its background, in parts of full scale. */
export interface StarPlane extends PlaneMemory {
  readonly width: number;
  readonly height: number;
  /** Background subtracted; 0 for what is no number. */
  readonly data: Float32Array;
  /** 1 where a pixel is missing, saturated in any colour, or no number, {@link NO_STAR} where no star did it. */
  readonly invalid: Uint8Array;
  /** Standard deviation of the dark sky, above 0. */
  readonly sigma: number;
  /** Where the sky is noisier or quieter than that. */
  readonly noise: NoiseMap;
  /** Level of the dark sky, the median of its blocks; below 0 where it is cut off at black. */
  readonly background: number;
}

/**
 * The brightness plane of a frame, its background taken off block by block (star-sensor C). Missing pixels are no sky.
 * @param saturation part of full scale @param memory that the plane is written to @param widestStarPx across
 */
export async function readPlane(
  { frame, valid }: Pick<FrameSource, 'frame' | 'valid'>,
  saturation: number,
  scope: Scope,
  memory: PlaneMemory = takePlaneMemory(frame.width * frame.height),
  widestStarPx: number = WIDEST_STAR_PX,
): Promise<StarPlane> {
  const { width, height } = frame;
  const pauses = new Pauses(scope.signal);
  const source = valid ? await knownSource(frame, valid, pauses) : await wholeSource(frame, pauses);
  const { data, invalid } = memory;
  const request = {
    ...source,
    width,
    height,
    saturation: saturation * source.white,
    count: frame.depth === 32 ? 0 : 1 / fullScale(frame),
    widestStar: widestStarPx,
    threads: scope.threads,
  };
  const { sigma, level, noise } = await scope.call((binding, ticket) =>
    binding.measureSky(request, data, invalid, ticket),
  );
  return { width, height, data, invalid, sigma: sigma > 0 ? sigma : NO_NOISE, noise, background: level };
}

/** How wide stars may be across, by what is known of their blur. */
export function widestStar({ defocus }: BlurSettings): number {
  return defocus === null || defocus === 'auto' ? WIDEST_STAR_PX : Math.max(WIDEST_STAR_PX, 2.5 * defocus.radiusPx);
}

/** What the sky is measured in. */
interface SkySource {
  readonly brightness: SampleWindow;
  readonly colours: SampleWindow;
  readonly colourCount: number;
  /** Of the samples of the colours. */
  readonly white: number;
}

async function wholeSource(frame: AnyFrame, pauses: Pauses): Promise<SkySource> {
  const grey = await luminanceOf(frame, pauses);
  return {
    brightness: windowOf(grey, grey.data, 0, 0, 0),
    colours: windowOf(frame, frame.data, 0, 0, 0),
    colourCount: colourPlanes(frame),
    white: fullScale(frame),
  };
}

async function knownSource(frame: AnyFrame, valid: Uint8Array, pauses: Pauses): Promise<SkySource> {
  const { width, height } = frame;
  const { brightness, brightest } = await readKnownPixels(frame, valid, pauses);
  const windowFor = (data: Float32Array): SampleWindow =>
    windowOf({ width, height, channels: 1, depth: 32, data }, data, 0, 0, 0);
  return { brightness: windowFor(brightness), colours: windowFor(brightest), colourCount: 1, white: 1 };
}
