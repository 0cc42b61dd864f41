import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import type { RawFacts } from '../store/store.js';
import { inspectFile } from './container/inspect.js';

/** The size that frames of a camera must have; null: any. */
export interface FrameSize {
  readonly width: number | null;
  readonly height: number | null;
}

/**
 * What a frame in its sink is. Rejects with `CAMERA` where it is not whole, no image, or of another size.
 * @param who names the camera in errors
 */
export async function verifyFrame(io: Io, path: string, size: FrameSize, who: string): Promise<RawFacts> {
  const found = await io.run(inspectFile, path);
  if (found.state !== 'whole') {
    const what = found.state === 'partial' ? 'only a part of a frame' : 'no frame';
    throw new ServiceError('CAMERA', `${who} delivered ${what}: ${found.reason}; look at the camera`);
  }
  const { mime, width, height } = found;
  if (isOther(width, size.width) || isOther(height, size.height)) {
    const wanted = `${size.width}x${size.height}`;
    throw new ServiceError('CAMERA', `${who} delivered ${width}x${height} pixels, not ${wanted}; correct one of them`);
  }
  return { mime, width, height };
}

const isOther = (found: number | null, wanted: number | null): boolean =>
  found !== null && wanted !== null && found !== wanted;
