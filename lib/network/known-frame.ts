import type { Frame } from '../image/frame.js';
import { frameBytes } from '../image/frame.js';
import { createRandom } from '../math/random.js';
import type { PlannedBuffer } from '../runtime/memory-plan.js';
import { bytesOf } from '../runtime/memory-plan.js';
import { buildPlan, createCandidate, pipelineBuffers } from './plan.js';
import type { Plan, PlanContext } from './plan.js';

const SIDE = 64;
const SEED = 64;
/** Samples keep this far from black and white, in 8 bits: what a network adds must not be clamped away. */
const MARGIN = 48;

/**
 * The frame whose restoration is known: 64 x 64 pixels of ramps, edges and noise, 3 channels of 16 bits, in which every
 * step of a residual shows. Made of whole numbers only, so that it is the same on every platform.
 */
export function knownFrame(): Frame {
  const random = createRandom(SEED);
  const range = 256 - 2 * MARGIN;
  const data = Uint16Array.from({ length: SIDE * SIDE * 3 }, (_, index) => {
    const [channel, pixel] = [index % 3, Math.floor(index / 3)];
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    const edge = (((x >> 3) ^ (y >> 4)) & 1) * 60;
    const value = (x + 2 * y + 40 * channel + edge + Math.floor(24 * random())) % range;
    return (MARGIN + value) * 256 + ((7 * index) & 255);
  });
  return { data, width: SIDE, height: SIDE, channels: 3, depth: 16 };
}

/** How the known frame is restored: once, by a pipeline of its own, which is checked as those of frames are. */
export function planKnownFrame(context: PlanContext): Plan {
  const integrity = context.integrity === 'full' ? 'full' : 'checked';
  const once: PlanContext = { ...context, integrity, ensemble: 1, knownBytes: 0 };
  const { data: _, ...size } = knownFrame();
  return buildPlan(size, once, createCandidate(size, once, false), []);
}

/** What asking for the known answer takes: the frame, what is restored of it, and the pipeline. */
export function knownFrameBytes({ frame, ...plan }: Plan): number {
  const frames: PlannedBuffer = { name: 'frames', bytes: 2 * frameBytes(frame) };
  return bytesOf([frames, ...pipelineBuffers(plan)]);
}
