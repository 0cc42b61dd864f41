import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deconvolver, Restorer } from '../../lib/index.js';
import type { FrameReport, FrameRestorer } from '../../lib/index.js';
import { createFolder, writeRandomModel } from '../support/models.js';

const SCRIPT = fileURLToPath(new URL('../support/geotiff-oracle.py', import.meta.url));
const [python] = [process.env.PERIFOCAL_RASTERIO_PYTHON, 'python3', '/usr/bin/python3'].filter(
  (name) => name && spawnSync(name, ['-c', 'import rasterio, rio_cogeo'], { stdio: 'ignore' }).status === 0,
);

const folder = createFolder();
afterAll(() => folder.remove());

function oracle(...words: string[]): string {
  const { stdout, stderr, status } = spawnSync(python!, [SCRIPT, ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** GDAL reads all that it has written from what became of its files: it shares no code with this package. */
describe.runIf(python)('GeoTIFFs that GDAL has written, as it reads them again', () => {
  const inputs = folder.path('in');
  let names: string[] = [];
  beforeAll(() => {
    mkdirSync(inputs);
    oracle('write', inputs);
    names = readdirSync(inputs)
      .filter((name) => name.endsWith('.tif'))
      .map((name) => name.replace('.tif', ''));
    expect(names.length).toBeGreaterThan(60);
  });

  const isMasked = (name: string): boolean => name.startsWith('mask-');

  const openers: Record<string, () => Promise<FrameRestorer<FrameReport>>> = {
    restored: async () =>
      (await Restorer.open({
        model: writeRandomModel(folder.path('model.safetensors'), 1, 8),
        threads: 1,
      })) as unknown as FrameRestorer<FrameReport>,
    deconvolved: async () =>
      (await Deconvolver.open({
        psf: 'gaussian:0.8',
        method: 'wiener',
        threads: 1,
      })) as unknown as FrameRestorer<FrameReport>,
  };

  it.each(Object.keys(openers))(
    'have size, types, CRS, transform, nodata, bands and tags as before, %s: strips and COG',
    async (verb) => {
      await using restorer = await openers[verb]!();
      const failed: Record<string, string> = {};
      for (const name of names) {
        const path = (suffix: string): string => `${inputs}/${name}${suffix}`;
        try {
          const result = await restorer.restore(path('.tif'));
          await result.toFile(path(`.${verb}.tif`));
          await result.toFile(path(`.${verb}.cog.tif`), { cog: true });
          if (isMasked(name))
            await restorer.restoreFile(path('.tif'), path(`.${verb}.windows.tif`), { windowRows: 24 });
        } catch (error) {
          failed[name] = (error as Error).message;
        }
      }
      expect(failed).toEqual({});
      const nothing = Object.fromEntries(names.map((name) => [name, []]));
      expect(JSON.parse(oracle('compare', inputs, `.${verb}.tif`))).toEqual(nothing);
      expect(JSON.parse(oracle('compare', inputs, `.${verb}.cog.tif`))).toEqual(nothing);
      for (const [name, differences] of Object.entries(JSON.parse(oracle('compare', inputs, `.${verb}.windows.tif`))))
        if (isMasked(name)) expect([name, differences]).toEqual([name, []]);
      const cogs = names.map((name) => `${inputs}/${name}.${verb}.cog.tif`).filter((path) => existsSync(path));
      expect(Object.values(JSON.parse(oracle('cog', ...cogs)) as object).flat()).toEqual([]);
    },
  );
});
