import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { createScene, defocus } from '../scripts/scene.mjs';
import { runChild } from './child.mjs';

const CHILD = fileURLToPath(new URL('estimate-child.mjs', import.meta.url));
const RADIUS = 4;

/**
 * Times estimates of a generated frame out of focus, from itself and against its scene.
 * @param {{ width: number, height: number, threads: number, samples: number, report: (line: string) => void }} settings
 */
export async function benchmarkEstimate({ width, height, threads, samples, report }) {
  report('estimates');
  const folder = await mkdtemp(join(tmpdir(), 'perifocal-bench-'));
  try {
    const scene = createScene({ width, height, seed: 1 });
    const [frame, reference] = ['frame.png', 'reference.png'].map((name) => join(folder, name));
    const raw = { width, height, channels: /** @type {const} */ (3) };
    await sharp(defocus(scene, { radius: RADIUS, noise: 0.004 }).data, { raw }).png({ compressionLevel: 1 }).toFile(frame);
    await sharp(scene.data, { raw }).png({ compressionLevel: 1 }).toFile(reference);
    const results = [];
    for (const [name, other] of [['from itself', null], ['against its scene', reference]]) {
      results.push({ name, ...await runChild(CHILD, { frame, reference: other, threads, samples }) });
    }
    return { width, height, threads, radius: RADIUS, results };
  } finally {
    await rm(folder, { recursive: true });
  }
}
