import type { Engine } from '../engine/engine.js';
import { ServiceError } from '../errors.js';
import type { CameraStatus, Cameras } from '../http/context.js';
import type { Store } from '../store/store.js';

/** The cameras of the engine, as the API shows them. */
export function camerasOf(engine: Engine, store: Store): Cameras {
  const find = (id: string) => {
    const camera = engine.cameras.get(id);
    if (camera) return camera;
    throw new ServiceError('UNKNOWN', `There is no camera '${id}': GET /v1/cameras lists them`);
  };
  return {
    list: () => [...engine.cameras.keys()].map((id) => statusOf(id, engine)),
    frameLimit: (id) => {
      const camera = engine.cameras.get(id);
      return camera?.takesFrames ? camera.settings.mostBytes : null;
    },
    push: async (id, { app, captureId, bytes, signal }) => {
      const camera = find(id);
      const servesAll = app === null || camera.settings.pushers.includes(app);
      const own = servesAll ? null : app;
      if (captureId !== null) await requireOwn(store, own, captureId, id);
      return { captureId: await camera.push({ captureId, app: own, bytes, signal }) };
    },
  };
}

function statusOf(id: string, engine: Engine): CameraStatus {
  const camera = engine.cameras.get(id)!;
  const { driver, width, height } = camera.describe();
  return { id, driver, ...camera.health(), width, height };
}

/** A frame for a capture comes from the app that has asked for it, or from one that serves all (null). */
async function requireOwn(store: Store, app: string | null, captureId: string, camera: string): Promise<void> {
  const capture = await store.get(captureId);
  if (capture?.request.camera === camera && (app === null || capture.app === app)) return;
  throw new ServiceError('UNKNOWN', `${app ?? 'Nobody'} has no capture ${captureId} of camera ${camera}`);
}
