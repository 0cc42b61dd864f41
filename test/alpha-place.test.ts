import { readFileSync, writeFileSync } from 'node:fs';
import { fromArrayBuffer } from 'geotiff';
import { afterAll, describe, expect, it } from 'vitest';
import { Deconvolver, Restorer } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { createFolder, randomModel } from './support/models.js';
import { tiffFile } from './support/tiff-file.js';

const folder = createFolder();
afterAll(() => folder.remove());

const [width, height] = [70, 52];

interface Case {
  readonly bands: number;
  readonly extraSamples: readonly number[];
  readonly photometric: number;
  /** From 0. */
  readonly alpha: number;
  readonly isPlanar?: boolean;
}

const CASES: readonly Case[] = [
  { bands: 5, extraSamples: [2, 0], photometric: 2, alpha: 3 },
  { bands: 5, extraSamples: [1, 0], photometric: 2, alpha: 3, isPlanar: true },
  { bands: 3, extraSamples: [2, 0], photometric: 1, alpha: 1 },
  { bands: 6, extraSamples: [0, 2, 0], photometric: 2, alpha: 4 },
];

/** A file with alpha in its place, and the same samples with alpha as the last band. */
function write({ bands, extraSamples, photometric, alpha, isPlanar = false }: Case, path: string) {
  const frame = createFrame({ width, height, channels: bands, depth: 16 });
  const data = Uint16Array.from(frame.data);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    data[pixel * bands + bands - 1] = pixel % 11 === 0 ? 0 : 40_000 + pixel;
  const order = Array.from({ length: bands - 1 }, (_, band) => band);
  order.splice(alpha, 0, bands - 1);
  const samples = data.map((_, index) => data[index - (index % bands) + order[index % bands]!]!);
  writeFileSync(
    path,
    tiffFile([{ width, height, bands, type: 'uint16', samples, extraSamples, photometric, isPlanar }]),
  );
  const rgb = photometric === 2 ? ([[0, 1, 2]] as const) : [];
  return { order, samples, frame: { ...frame, data, alpha: true, rgb } };
}

async function read(path: string): Promise<{ samples: Uint16Array; extras: number[] }> {
  const image = await (await fromArrayBuffer(new Uint8Array(readFileSync(path)).buffer)).getImage();
  const extras = (await image.fileDirectory.loadValue('ExtraSamples')) as ArrayLike<number>;
  return {
    samples: (await image.readRasters({ interleave: true })) as unknown as Uint16Array,
    extras: Array.from(extras),
  };
}

describe.each(CASES)('alpha that is not the last band: %j', (one) => {
  it.each(['network', 'wiener'])('stays in its place, all others are restored, %s', async (method) => {
    const [input, output] = [folder.path('in.tif'), folder.path('out.tif')];
    const { order, samples, frame } = write(one, input);
    await using restorer =
      method === 'network'
        ? await Restorer.open({ model: randomModel(1, 4), threads: 1 })
        : await Deconvolver.open({ psf: 'gaussian:0.8', method: 'wiener', threads: 1 });
    const { data, report } = await restorer.restore(frame);
    const expected = samples.map((_, index) => data[index - (index % one.bands) + order[index % one.bands]!]!);
    for (const options of [{}, { cog: true }, { tileSize: 32, windowRows: 64 }]) {
      const { report: found } = await restorer.restoreFile(input, output, options);
      expect(found.missingPixels).toBe(report.missingPixels);
      expect(found.warnings).toEqual([]);
      const result = await read(output);
      expect(result.extras).toEqual(one.extraSamples);
      expect(Buffer.from(result.samples.buffer)).toEqual(Buffer.from(expected.buffer));
    }
  });
});

describe('bands of a file whose alpha is not the last', () => {
  it('are named by their numbers in the file', async () => {
    const [input, output] = [folder.path('in.tif'), folder.path('out.tif')];
    write(CASES[0]!, input);
    await using restorer = await Restorer.open({ model: randomModel(1, 4), threads: 1 });
    const result = await restorer.restoreFile(input, output, { bands: [[5, 2, 1]] });
    expect(result.rgb).toEqual([[3, 1, 0]]);
    await expect(restorer.restoreFile(input, output, { bands: [[4, 2, 1]] })).rejects.toThrow('bands: band 4 is alpha');
    await expect(restorer.restoreFile(input, output, { bands: [[6, 2, 1]] })).rejects.toThrow('beyond');
  });

  it('are bands where there are several of alpha, but for one', async () => {
    const input = folder.path('several.tif');
    write({ bands: 6, extraSamples: [2, 0, 2], photometric: 2, alpha: 5 }, input);
    await using restorer = await Deconvolver.open({ psf: 'gaussian:0.8', method: 'wiener', threads: 1 });
    const { report } = await restorer.restoreFile(input, folder.path('out.tif'));
    expect(report.warnings).toEqual(['has 2 bands of alpha: but for band 6 they are bands']);
    expect((await read(folder.path('out.tif'))).extras).toEqual([2, 0, 2]);
  });
});
