import { luminancePlane } from '../../image/luminance.js';
import type { Plane } from '../../image/planes.js';
import type { FrameSource } from '../../image/source.js';
import type { Pauses } from '../../runtime/pauses.js';

/** The brightness of a frame, 1 being white; missing pixels are unknown. */
export async function knownBrightness({ frame, valid }: FrameSource, pauses: Pauses): Promise<Plane> {
  const plane = await luminancePlane(frame, pauses);
  if (!valid) return plane;
  const { width, height } = plane;
  // The plane may be the frame itself, which is only read.
  const data = plane.data === frame.data ? plane.data.slice() : plane.data;
  for (let pixel = 0; pixel < data.length; pixel += 1) if (valid[pixel] === 0) data[pixel] = NaN;
  return { width, height, data };
}
