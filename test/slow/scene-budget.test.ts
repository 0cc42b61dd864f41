import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Restorer } from '../../lib/index.js';
import type { Frame } from '../../lib/index.js';
import { openImage } from '../../lib/image/open-image.js';
import { encodeTiff } from '../../lib/image/tiff/write-frame.js';
import { createFrame, digest } from '../support/frames.js';
import { createFolder, randomModel } from '../support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const restorer = await Restorer.open({ model: randomModel(1, 4) });

/** The samples of a file, for a comparison of all at once. */
async function digestOf(path: string): Promise<string> {
  const { signal } = new AbortController();
  const source = await openImage(path, { signal });
  return digest((await source.read(signal)).frame.data as Frame['data']);
}

describe('a scene restored window by window', () => {
  it('is chosen where the budget has no room for the whole frame, and stays within it', async () => {
    // Tall: a window takes far less than the whole.
    const size = { width: 400, height: 4000, depth: 16 } as const;
    const frame: Frame = { ...createFrame({ ...size, channels: 4 }), alpha: false };
    const [input, output] = ['scene.tif', 'windows.tif'].map((name) => folder.path(name)) as [string, string];
    writeFileSync(input, await encodeTiff(frame, frame.data));
    const { bytes } = restorer.plan({ ...size, channels: 4, alpha: false });
    const open = (memory: number): Promise<Restorer> => Restorer.open({ model: randomModel(1, 4), memory });
    await using tiny = await open(112e6);
    await expect(tiny.restoreFile(input, folder.path('refused.png'))).rejects.toThrow(/400x4000 frame/);
    const refusal: unknown = await tiny.restoreFile(input, output).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    const { requiredBytes } = refusal as { requiredBytes: number };
    expect(requiredBytes).toBeLessThan(bytes);
    // The other models of this file are open, and larger windows are faster.
    const memory = requiredBytes + 8e6;
    await using enough = await open(memory);
    const { report } = await enough.restoreFile(input, output);
    expect(report.scene!.windows).toBeGreaterThan(1);
    expect(report.plan.bytes).toBeLessThanOrEqual(memory);
    expect(await digestOf(output)).toBe(digest((await restorer.restore(input)).data));
  });

  it('gets smaller tiles, or strips, where those of the input take more memory than there is', async () => {
    const size = { width: 600, height: 540, channels: 7, depth: 16 } as const;
    const frame: Frame = { ...createFrame(size), alpha: false };
    const [input, output] = ['tiles.tif', 'smaller.tif'].map((name) => folder.path(name)) as [string, string];
    writeFileSync(input, await encodeTiff({ ...frame, tileSize: 512 }, frame.data));
    const run = async (memory: number, tileSize?: 512): Promise<number | undefined> => {
      await using other = await Restorer.open({ model: randomModel(1, 4), memory });
      const { report } = await other.restoreFile(input, output, { windowRows: 64, ...(tileSize && { tileSize }) });
      expect(report.scene).toBeDefined();
      return (await openImage(output, { signal: new AbortController().signal })).metadata.tileSize;
    };
    const refusal = await run(60e6).catch((error: unknown) => error);
    // The other model of this file is open.
    const least = (refusal as { requiredBytes: number }).requiredBytes + 1e6;
    expect([undefined, 64]).toContain(await run(least));
    const asked = await run(least, 512).catch((error: unknown) => error);
    expect((asked as { requiredBytes: number }).requiredBytes).toBeGreaterThan(least + 5e6);
  });
});
