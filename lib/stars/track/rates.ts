import type { Camera } from '../sky/camera.js';
import { tracePath } from '../sky/motion-path.js';
import type { GyroMotion } from '../sky/motion-path.js';
import type { Place } from '../sky/place.js';

/** What the gyroscope says of a frame, and the camera that took it. */
export interface Rates {
  readonly camera: Camera;
  readonly gyro: GyroMotion;
  /** Seconds from the middle of the exposure before to that of this one; undefined: unknown. */
  readonly intervalSeconds: number | undefined;
}

/** Where the rates take a place between two frames. */
export function advance({ camera, gyro }: Rates, intervalSeconds: number, { x, y }: Place): Place {
  const [dx, dy] = tracePath(camera, { ...gyro, exposureSeconds: intervalSeconds }, x, y, 'start').at(-1)!;
  return { x: x + dx, y: y + dy };
}
