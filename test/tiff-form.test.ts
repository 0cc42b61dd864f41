import { readFileSync } from 'node:fs';
import { fromArrayBuffer } from 'geotiff';
import { afterAll, describe, expect, it } from 'vitest';
import { writeFrame } from '../lib/image/encode.js';
import { cogWriterBytes } from '../lib/image/tiff/cog.js';
import { tiffFormOf } from '../lib/image/tiff/form.js';
import { Deconvolver } from '../lib/index.js';
import type { RestoreFileOptions } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

const frame = createFrame({ width: 300, height: 210, channels: 3, depth: 16 });
const deconvolver = await Deconvolver.open({ psf: 'gaussian:0.8', method: 'wiener', threads: 1 });

/** Sides of the blocks of a TIFF, as geotiff.js reads them, and its samples. */
async function blocksOf(path: string): Promise<{ isTiled: boolean; block: number[]; samples: Uint16Array }> {
  const image = await (await fromArrayBuffer(new Uint8Array(readFileSync(path)).buffer)).getImage();
  const samples = (await image.readRasters({ interleave: true })) as unknown as Uint16Array;
  return { isTiled: image.isTiled, block: [image.getTileWidth(), image.getTileHeight()], samples };
}

describe('tiles of a TIFF', () => {
  const inputs = { strips: {}, tiles: { tileSize: 64 }, 'large tiles': { tileSize: 1024 }, cog: { cog: true } };
  const cases: readonly [keyof typeof inputs, RestoreFileOptions, number | null][] = [
    ['strips', {}, null],
    ['strips', { tileSize: 48 }, 48],
    ['strips', { tileSize: 48, windowRows: 60 }, 48],
    ['strips', { cog: true }, 304],
    ['strips', { cog: true, tileSize: 128 }, 128],
    ['tiles', {}, 64],
    ['tiles', { windowRows: 60 }, 64],
    ['tiles', { tileSize: 'none' }, null],
    ['tiles', { cog: true }, 304],
    ['large tiles', {}, 304],
    ['cog', {}, 304],
  ];

  it.each(cases)('of an input of %s, with %j: %s', async (name, options, side) => {
    const [input, output] = [folder.path(`${name}.tif`), folder.path('output.tif')];
    await writeFrame(input, frame, {}, inputs[name]);
    const whole = await deconvolver.restore(input);
    await deconvolver.restoreFile(input, output, options);
    const { isTiled, block, samples } = await blocksOf(output);
    expect(isTiled).toBe(side !== null);
    if (side !== null) expect(block).toEqual([side, side]);
    if (options.windowRows === undefined) expect(Buffer.from(samples.buffer)).toEqual(Buffer.from(whole.data.buffer));
  });

  it('that cannot be are refused before any work', async () => {
    const input = folder.path('refused.tif');
    await writeFrame(input, frame, {});
    const restore = (output: string, options: RestoreFileOptions): Promise<unknown> =>
      deconvolver.restoreFile(input, folder.path(output), options);
    await expect(restore('a.tif', { tileSize: 100 })).rejects.toThrow('multiple of 16 for tileSize but received 100');
    await expect(restore('a.tif', { tileSize: 8 })).rejects.toThrow('between 16 and 4096 for tileSize');
    await expect(restore('a.tif', { tileSize: 8192 })).rejects.toThrow('between 16 and 4096 for tileSize');
    await expect(restore('a.tif', { tileSize: 'none', cog: true })).rejects.toThrow('tileSize cannot be none');
    await expect(restore('a.png', { tileSize: 64 })).rejects.toThrow('a TIFF has tiles, not a png');
  });

  it('take little memory unasked, whatever the bands', () => {
    const small = { width: 64, height: 64, channels: 16, depth: 32 } as const;
    expect(cogWriterBytes(small)).toBeLessThan(16e6);
    const wide = { width: 2000, height: 2000, channels: 16, depth: 32 } as const;
    for (const own of [32, 512, 4096]) {
      const side = tiffFormOf(wide, { tileSize: own }).tileSize!;
      expect(side % 16).toBe(0);
      expect(side * side * 64).toBeLessThanOrEqual(4 * 2 ** 20);
    }
    expect(tiffFormOf(wide, {}).tileSize).toBeUndefined();
  });
});
