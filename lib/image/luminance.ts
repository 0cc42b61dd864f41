import type { AnyFrame } from './frame.js';
import { fullScale } from './samples.js';
import type { Plane } from './planes.js';
import { Pauses } from '../runtime/pauses.js';

/** ITU-R BT.601: what JPEG's first channel holds. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

/** The brightness of a frame, 1 being full scale; a frame of one colour as it is. */
export async function luminanceOf(frame: AnyFrame, pauses = new Pauses()): Promise<AnyFrame> {
  const { width, height, channels, data } = frame;
  if (channels < 3) return frame;
  const grey = new Float32Array(width * height);
  const scale = 1 / fullScale(frame);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (
      let pixel = row * width, sample = pixel * channels;
      pixel < (row + 1) * width;
      pixel += 1, sample += channels
    ) {
      grey[pixel] = scale * (RED * data[sample]! + GREEN * data[sample + 1]! + BLUE * data[sample + 2]!);
    }
  }
  return { width, height, channels: 1, depth: 32, data: grey };
}

/** The brightness of a frame as floats, 1 being full scale. */
export async function luminancePlane(frame: AnyFrame, pauses = new Pauses()): Promise<Plane> {
  const grey = await luminanceOf(frame, pauses);
  const { width, height, channels, data } = grey;
  if (grey.depth === 32 && channels === 1) return { width, height, data: grey.data as Float32Array };
  const scale = 1 / fullScale(grey);
  const plane = new Float32Array(width * height);
  for (let row = 0; row < height; row += 1) {
    if (pauses.isDue) await pauses.take();
    for (let pixel = row * width; pixel < (row + 1) * width; pixel += 1) plane[pixel] = data[pixel * channels]! * scale;
  }
  return { width, height, data: plane };
}
