import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEFAULT_MODEL, Restorer, listModels } from '../../lib/index.js';
import { createScene, defocus, psnr } from '../../scripts/scene.mjs';
import type { Frame } from '../../lib/index.js';

const packaged = await listModels();
const toFrame = (image: { width: number; height: number; data: Uint8Array }): Frame => ({
  ...image,
  channels: 3,
  depth: 8,
});

describe('packaged models', () => {
  it.each(packaged)('%s opens by its name, with its name and licence in the file, and has a card', async (name) => {
    await using restorer = await Restorer.open({ model: name });
    expect(restorer.model).toMatchObject({ name, metadata: { name, licence: expect.any(String) } });
    const cards = [`${name}.md`, 'README.md'].map((card) =>
      fileURLToPath(new URL(`../../models/${card}`, import.meta.url)),
    );
    expect(
      cards
        .filter(existsSync)
        .map((card) => readFileSync(card, 'utf8'))
        .join(),
    ).toContain(name);
  });

  it.runIf(packaged.includes(DEFAULT_MODEL))(
    'restore a scene that nobody trained on: at least 1.5 dB come back',
    async () => {
      const scene = createScene({ width: 512, height: 384, seed: 5 });
      const blurred = defocus(scene);
      await using restorer = await Restorer.open();
      expect(restorer.model.name).toBe(DEFAULT_MODEL);
      const { data } = await restorer.restore(toFrame(blurred));
      expect(psnr(scene, { data }) - psnr(scene, blurred)).toBeGreaterThan(1.5);
    },
  );
});
