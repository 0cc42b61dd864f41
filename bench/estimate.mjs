import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createScene, defocus } from '../scripts/scene.mjs';
import { move, take, toPlanes } from './estimate-cases.mjs';
import { runChild } from './child.mjs';

const CHILD = fileURLToPath(new URL('estimate-child.mjs', import.meta.url));
const RADIUS = 4;
const [LENGTH, ANGLE] = [12, 30];

/**
 * Times estimates of a generated frame out of focus, or moved, from itself and against its scene.
 * @param {{ width: number, height: number, threads: number, samples: number, report: (line: string) => void }} settings
 */
export async function benchmarkEstimate({ width, height, threads, samples, report }) {
  report('estimates');
  const folder = await mkdtemp(join(tmpdir(), 'perifocal-bench-'));
  try {
    const scene = createScene({ width, height, seed: 1 });
    const [frame, moved, reference] = ['frame.png', 'moved.png', 'reference.png'].map((name) => join(folder, name));
    const raw = { width, height, channels: /** @type {const} */ (3) };
    await sharp(defocus(scene, { radius: RADIUS, noise: 0.004 }).data, { raw })
      .png({ compressionLevel: 1 })
      .toFile(frame);
    const shaken = /** @type {import('../dist/index.js').Frame} */ (
      await take(await move(toPlanes({ ...scene, channels: 3 }), LENGTH, ANGLE), { noise: 0.004 })
    );
    await sharp(shaken.data, { raw: { ...raw, width: shaken.width, height: shaken.height } })
      .png({ compressionLevel: 1 })
      .toFile(moved);
    await sharp(scene.data, { raw }).png({ compressionLevel: 1 }).toFile(reference);
    const results = [];
    const cases = {
      'defocus, from itself': { frame },
      'motion, from itself': { frame: moved },
      'motion, as a kernel of any form': { frame: moved, kind: 'blind' },
      'defocus, against its scene': { frame, reference },
    };
    for (const [name, request] of Object.entries(cases))
      results.push({ name, ...(await runChild(CHILD, { reference: null, ...request, threads, samples })) });
    return { width, height, threads, radius: RADIUS, length: LENGTH, results };
  } finally {
    await rm(folder, { recursive: true });
  }
}
