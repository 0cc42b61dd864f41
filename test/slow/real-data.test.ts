import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_MODEL, Restorer, listModels } from '../../lib/index.js';
import { defocus, psnr } from '../../scripts/scene.mjs';
import { digest } from '../support/frames.js';
import { createFolder, randomModel } from '../support/models.js';

const DATA = fileURLToPath(new URL('../../../shared/data/eo/', import.meta.url));
const hasData = existsSync(`${DATA}val`);
const hasModel = (await listModels()).includes(DEFAULT_MODEL);
const folder = createFolder();
afterAll(() => folder.remove());

const scenes = hasData ? readdirSync(`${DATA}val`).filter((name) => name.startsWith('s2_')) : [];

/** The middle of a real scene. */
async function readCrop(path: string, side: number): Promise<{ width: number; height: number; data: Uint8Array }> {
  const { width, height } = await sharp(path).metadata();
  const data = await sharp(path, { ignoreIcc: true })
    .removeAlpha()
    .extract({ left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side })
    .raw()
    .toBuffer();
  return { width: side, height: side, data };
}

describe.runIf(hasData)('real images', () => {
  it('of the space station are restored file to file', async () => {
    const input = `${DATA}val/iss_photo_1742.jpg`;
    await using restorer = await Restorer.open({ model: randomModel(1, 8) });
    const { width, height } = await restorer.restoreFile(input, folder.path('iss.jpg'));
    expect({ width, height }).toEqual({ width: 1296, height: 972 });
    expect(await sharp(folder.path('iss.jpg')).metadata()).toMatchObject({ width, height, format: 'jpeg' });
  });

  it('of 16 bits and four bands stay what they are', async () => {
    await using restorer = await Restorer.open({ model: randomModel(1, 4) });
    const { channels, depth, data, width, height } = await restorer.restoreFile(
      `${DATA}u16/s2_genoa_rgb_nir_u16.tif`,
      folder.path('genoa.tif'),
    );
    expect({ channels, depth }).toEqual({ channels: 4, depth: 16 });
    const stored = await restorer.restore(folder.path('genoa.tif'));
    expect(stored).toMatchObject({ width, height, channels: 4, depth: 16 });
    expect(digest(stored.data)).not.toBe(digest(data)); // Restored once more.
  });

  it.runIf(hasModel).each(scenes)('%s out of focus by 4 px comes back by at least 2 dB', async (name) => {
    const sharpScene = await readCrop(`${DATA}val/${name}`, 400);
    const blurred = defocus(sharpScene);
    await using restorer = await Restorer.open();
    const { data } = await restorer.restore({ ...blurred, channels: 3, depth: 8 });
    expect(psnr(sharpScene, { data }) - psnr(sharpScene, blurred)).toBeGreaterThan(2);
  });
});
