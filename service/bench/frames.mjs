// Frames as a camera that is out of focus takes them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toSharp } from '../../scripts/pictures.mjs';
import { createScene, defocus } from '../../scripts/scene.mjs';

/**
 * Writes some JPEG files, all different.
 * @param {string} folder made where it is missing
 * @param {{ width: number, height: number }} size
 * @param {number} count
 */
export async function writeFrames(folder, size, count) {
  await mkdir(folder, { recursive: true });
  for (let i = 1; i <= count; i += 1) {
    const frame = defocus(createScene({ ...size, seed: i }), { radius: 4, noise: 0.005 });
    await toSharp(frame)
      .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
      .toFile(join(folder, `${i}.jpg`));
  }
}
