import type { Camera, LensOptions } from '../sky/camera.js';
import type { GyroMotion } from '../sky/motion-path.js';
import type { StraightMotion } from '../sky/trail.js';

/** Rates of a camera, which is given whole, or apart from the size of the frame. */
export interface CameraMotion extends GyroMotion {
  readonly camera: Camera | LensOptions;
}

/** What is known of the blur. */
export interface BlurSettings {
  readonly motion: 'auto' | 'paper' | 'none' | StraightMotion | CameraMotion;
  /** Null: stars are not defocused. */
  readonly defocus: 'auto' | { readonly radiusPx: number } | null;
}
