import { gridCorners, spreadStarts } from '../image/blocks.js';
import { allocateSamples } from '../image/frame.js';
import type { AnyFrame, AnyFrameSize, Region } from '../image/frame.js';
import { fullScale } from '../image/samples.js';
import type { FrameSource } from '../image/source.js';
import { Pauses } from '../runtime/pauses.js';

/** Side of the part, in pixels: 49 blocks of the estimate, which tell as much as all of a frame do. */
const MOST_SIDE = 1024;
/** Of so many pixels along both axes, one is looked at. */
const STEP = 4;
/** Parts along an axis that are compared, at most. */
const MOST_PARTS = 5;

type Sides = Pick<AnyFrameSize, 'width' | 'height'>;

/** The size of the part of a frame that its blur is told by. */
export function partSize({ width, height }: Sides): Sides {
  return { width: Math.min(width, MOST_SIDE), height: Math.min(height, MOST_SIDE) };
}

/** The part of a frame with the most to tell: edges neither cut off nor missing. A small frame is all of it. */
export async function busiestPart(source: FrameSource, signal: AbortSignal): Promise<FrameSource> {
  const { frame, valid } = source;
  const { width, height } = partSize(frame);
  if (width === frame.width && height === frame.height) return source;
  const [xs, ys] = [partStarts(frame.width, width), partStarts(frame.height, height)];
  const pauses = new Pauses(signal);
  let best: { readonly region: Region; readonly edges: number } | null = null;
  for (const [left, top] of gridCorners(xs, ys)) {
    const region = { left, top, width, height };
    const edges = await measureEdges(frame, valid, region, pauses);
    if (!best || edges > best.edges) best = { region, edges };
  }
  return cut(source, best!.region);
}

function partStarts(length: number, side: number): number[] {
  return spreadStarts(length, side, Math.min(MOST_PARTS, Math.ceil((2 * length) / side) - 1));
}

/** Sum of squared differences to the next pixel, of its first band, of what is there and not cut off. */
async function measureEdges(
  frame: AnyFrame,
  valid: Uint8Array | null,
  { left, top, width, height }: Region,
  pauses: Pauses,
): Promise<number> {
  const { channels, data } = frame;
  const white = fullScale(frame);
  let edges = 0;
  for (let y = top; y < top + height; y += STEP) {
    if (pauses.isDue) await pauses.take();
    for (let x = left; x < left + width - 1; x += STEP) {
      const pixel = y * frame.width + x;
      const [value, next] = [data[pixel * channels]!, data[(pixel + 1) * channels]!];
      if (value > 0 && value < white && valid?.[pixel] !== 0 && valid?.[pixel + 1] !== 0) edges += (next - value) ** 2;
    }
  }
  return edges;
}

function cut({ frame, valid, isJpeg }: FrameSource, { left, top, width, height }: Region): FrameSource {
  const { channels } = frame;
  const data = allocateSamples(width * height * channels, frame.depth);
  const known = valid && new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const first = (top + row) * frame.width + left;
    data.set(frame.data.subarray(first * channels, (first + width) * channels), row * width * channels);
    known?.set(valid!.subarray(first, first + width), row * width);
  }
  return { frame: { ...frame, width, height, data } as AnyFrame, valid: known, isJpeg };
}
