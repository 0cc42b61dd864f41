import { readBoundedFile } from '../files/read-file.js';
import { ArgumentError } from '../runtime/errors.js';
import { requireNumber } from '../runtime/validate.js';
import type { Calibration } from '../stars/sky/calibrate.js';
import { Camera } from '../stars/sky/camera.js';
import type { CameraOptions } from '../stars/sky/camera.js';

/** A camera as a file has it: its options, and how far stars are off in it. */
export interface KnownCamera {
  readonly camera: Camera;
  /** Standard deviation of either coordinate. */
  readonly residualPx: number;
}

const MOST_BYTES = 2 ** 16;
const FARTHEST_PX = 100;

/** Rejects with ArgumentError. */
export async function readCamera(path: string): Promise<KnownCamera> {
  try {
    const { residualPx = 0, ...options } = parse(await readBoundedFile(path, MOST_BYTES));
    return {
      camera: new Camera(options as unknown as CameraOptions),
      residualPx: requireNumber('residualPx', residualPx, 0, FARTHEST_PX),
    };
  } catch (cause) {
    const form = 'give JSON with width, height and focalPx, as --calibrate writes it';
    throw new ArgumentError(`Cannot read the camera ${path}: ${(cause as Error).message}; ${form}`, { cause });
  }
}

function parse(bytes: Buffer): Record<string, unknown> {
  const parsed: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('it holds no object');
  return parsed as Record<string, unknown>;
}

/** What `readCamera` takes. */
export const formatCamera = ({ camera, afterRad }: Calibration): string =>
  `${JSON.stringify({ ...camera, residualPx: residualOf(camera, afterRad) }, null, 2)}\n`;

/** Of either coordinate, from the mean square of angles. */
export const residualOf = ({ focalPx }: Camera, rms: number): number => (focalPx * rms) / Math.SQRT2;
