import { frameBytes } from '../../image/frame.js';
import type { ImageSource } from '../../image/source.js';
import type { RowWindow } from '../../image/stored.js';
import { garbage } from '../../runtime/garbage.js';
import { checksEnds } from '../../runtime/integrity.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Scope } from '../../runtime/scope.js';
import { toTask } from '../restoration.js';
import type { FrameReport, Restoration, RestorationTask } from '../restoration.js';
import type { PlannedScene } from './plan-scene.js';
import type { SceneWork } from './scene-work.js';
import { StreamWork } from './stream-work.js';
import { WindowWork, windowAt } from './window-work.js';

/** Finds out what all windows share, and makes ready to restore them. @param source whose white is known */
export async function beginScene<Report extends FrameReport>(
  restoration: Restoration<Report>,
  source: ImageSource,
  scene: PlannedScene<Report>,
  scope: Scope,
): Promise<SceneWork<Report>> {
  const survey = {
    samples: () => readSamples(restoration, source, scene.samples, scope),
    plan: scene.planOf(scene.samples[0]!.count),
  };
  const ends = checksEnds(restoration.integrity) ? { differentReadings: 0, differentWritings: 0 } : null;
  const parts = { source, scene, restoration: await restoration.survey(survey, scope), ends, scope };
  return scene.pieceRows === null ? new WindowWork(parts) : new StreamWork(parts);
}

/** Reads samples of a scene one after the other. */
async function* readSamples(
  restoration: Parameters<typeof toTask>[0],
  source: ImageSource,
  windows: readonly RowWindow[],
  scope: Scope,
): AsyncGenerator<RestorationTask, void, void> {
  for (const [index, rows] of windows.entries()) {
    scope.progress({ unit: 'windows', phase: 'survey', done: index, total: windows.length });
    const read = await source.readRows(rows, scope.signal);
    yield await toTask(restoration, read, new Pauses(scope.signal), windowAt(source, rows, scope.signal));
    garbage.add(2 * frameBytes(read.frame));
    garbage.settle(() => scope.binding.trimHeap());
  }
}
