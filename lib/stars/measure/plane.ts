import { fullScale, windowOf } from '../../image/samples.js';
import { colourPlanes } from '../../image/planes.js';
import { luminanceOf } from '../../image/luminance.js';
import type { AnyFrame } from '../../image/frame.js';
import { callNative } from './native.js';
import type { NativeOptions } from './native.js';

/** Samples from this part of full scale on may be cut off: real 8-bit sensors end at 249 to 255. */
export const DEFAULT_SATURATION = 0.97;

/** The brightness of a frame above its background, in parts of full scale. */
export interface StarPlane {
  readonly width: number;
  readonly height: number;
  /** Background subtracted. */
  readonly data: Float32Array;
  /** 1 where a pixel tells nothing: saturated in any colour, or no number. */
  readonly invalid: Uint8Array;
  /** Standard deviation of the dark sky. */
  readonly sigma: number;
  /** Level of the dark sky, the median of its blocks. */
  readonly background: number;
}

type PlaneMemory = Pick<StarPlane, 'data' | 'invalid'>;

/** That of a frame that is done, unless it has been collected. */
let spare: WeakRef<PlaneMemory> | null = null;

function takeMemory(pixels: number): PlaneMemory {
  const memory = spare?.deref();
  spare = null;
  return memory?.data.length === pixels ? memory : { data: new Float32Array(pixels), invalid: new Uint8Array(pixels) };
}

/**
 * Lets the next frame of this size have the memory of a plane, which must not be used any more: the first touch of new memory takes nearly half the
 * time of measuring the sky, and collecting it more than that.
 */
export function recyclePlane({ data, invalid }: StarPlane): void {
  spare = new WeakRef({ data, invalid });
}

/** The brightness plane of a frame, its background taken off block by block (star-sensor C). @param saturation part of full scale */
export async function readPlane(frame: AnyFrame, saturation: number, options: NativeOptions = {}): Promise<StarPlane> {
  const { width, height } = frame;
  const grey = await luminanceOf(frame);
  const { data, invalid } = takeMemory(width * height);
  const request = {
    brightness: windowOf(grey, grey.data, 0, 0, 0),
    colours: windowOf(frame, frame.data, 0, 0, 0),
    colourCount: colourPlanes(frame),
    width,
    height,
    saturation: saturation * fullScale(frame),
    count: frame.depth === 32 ? 0 : 1 / fullScale(frame),
  };
  const { sigma, level } = await callNative(options, (binding, threads) =>
    binding.measureSky({ ...request, threads }, data, invalid),
  );
  return { width, height, data, invalid, sigma, background: level };
}
