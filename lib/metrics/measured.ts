import type { AnyFrame, AnyFrameSize } from '../image/frame.js';
import { luminanceOf } from '../image/luminance.js';
import { fillBytes, fillMissing } from '../image/missing/fill.js';
import { countValid } from '../image/missing/whole.js';
import { colourPlanes, rgbBands } from '../image/planes.js';
import { fullScale } from '../image/samples.js';
import type { SourceFrame } from '../image/source.js';
import type { PlannedInput } from '../operation/operation.js';
import { ImageError } from '../runtime/errors.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import type { Places } from './windows.js';

/** What a frame is measured by. */
interface MeasuredParts {
  /** All bands. White is the same in frames that are compared. */
  readonly frame: AnyFrame & { readonly bands: number };
  /** The brightness, or a frame of which the addon knows it. */
  readonly brightness: AnyFrame;
  /** One byte per pixel, 0 where it does not count: it is missing in a frame that is compared; null: all count. */
  readonly valid: Uint8Array | null;
  /** How many count. */
  readonly pixels: number;
}

/** A frame as metrics look at it. */
export class MeasuredFrame implements MeasuredParts {
  readonly frame: MeasuredParts['frame'];
  readonly brightness: AnyFrame;
  readonly valid: Uint8Array | null;
  readonly pixels: number;
  #filled: Promise<AnyFrame> | undefined;

  constructor({ frame, brightness, valid, pixels }: MeasuredParts) {
    this.frame = frame;
    this.brightness = brightness;
    this.valid = valid;
    this.pixels = pixels;
  }

  /** The brightness, continued over the pixels that do not count: no edge is where they begin. Made once. */
  withoutGaps(pauses: Pauses): Promise<AnyFrame> {
    this.#filled ??= this.valid
      ? luminanceOf(this.frame, pauses).then((grey) => fillMissing(grey, this.valid!, pauses))
      : Promise.resolve(this.brightness);
    return this.#filled;
  }

  /** {@link valid} as places. Only where pixels are missing. */
  get places(): Places {
    const { width, height } = this.frame;
    return { width, height, data: this.valid! };
  }
}

/**
 * Frames of one scene as they are measured: what is missing in one counts in none, and all have one white. That is the
 * white of the reference, unless only another frame's file says what is white. Throws ImageError.
 * @param reference the frame whose white counts
 */
export async function toMeasured(
  { signal }: Scope,
  sources: readonly SourceFrame[],
  reference: SourceFrame,
): Promise<MeasuredFrame[]> {
  const pauses = new Pauses(signal);
  const white = chooseWhite(sources, reference);
  const valid = joinValid(sources);
  const pixels = countValid(reference.frame, valid);
  if (pixels === 0)
    throw new ImageError('IMAGE_INVALID', 'No pixel is left to be measured: each is missing in one of the frames');
  const measured: MeasuredFrame[] = [];
  for (const source of sources) {
    const frame = { ...source.frame, white, bands: colourPlanes(source.frame) };
    const brightness = hasLuminance(frame) ? frame : await luminanceOf(frame, pauses);
    measured.push(new MeasuredFrame({ frame, brightness, valid, pixels }));
  }
  return measured;
}

/** Whether the addon takes the brightness from the frame itself. */
function hasLuminance(frame: AnyFrameSize): boolean {
  const [triple] = rgbBands(frame);
  return (
    colourPlanes(frame) === 1 || (frame.channels <= 4 && triple?.every((channel, index) => channel === index) === true)
  );
}

/** What {@link toMeasured}, and metrics of the pixels that count, take besides the frames. */
export function measuredBuffers(inputs: readonly PlannedInput[]): PlannedBuffer[] {
  const { width, height } = inputs[0]!.size;
  const pixels = width * height;
  const grey = inputs.filter(({ size }) => !hasLuminance(size)).length;
  const isMasked = inputs.some((input) => input.isMasked);
  return [
    { name: 'brightness', bytes: 4 * grey * pixels },
    // Which pixels count; and which windows, at one scale and the next.
    { name: 'pixels that count', bytes: isMasked ? 4 * pixels : 0 },
    { name: 'brightness without gaps', bytes: isMasked ? 2 * 4 * pixels + fillBytes(inputs[0]!.size) : 0 },
  ];
}

function chooseWhite(sources: readonly SourceFrame[], reference: SourceFrame): number {
  const isSaid = ({ whiteFrom }: SourceFrame): boolean => whiteFrom === 'given' || whiteFrom === 'file';
  const said = [reference, ...sources].filter(isSaid).map(({ frame }) => fullScale(frame));
  const other = said.find((white) => white !== said[0]);
  if (other !== undefined)
    throw new ImageError(
      'IMAGE_INVALID',
      `The files say different values of white, ${said[0]} and ${other}; convert one of them, or give a white for both`,
    );
  return said[0] ?? fullScale(reference.frame);
}

/** The pixels that are there in all frames. */
function joinValid(sources: readonly SourceFrame[]): Uint8Array | null {
  const planes = sources.map(({ valid }) => valid).filter((plane) => plane !== null);
  if (planes.length < 2) return planes[0] ?? null;
  const joined = new Uint8Array(planes[0]!);
  for (const plane of planes.slice(1)) {
    for (let pixel = 0; pixel < joined.length; pixel += 1) if (plane[pixel] === 0) joined[pixel] = 0;
  }
  return joined;
}
