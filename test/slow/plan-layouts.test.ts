import { writeFileSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import { BudgetError, Deconvolver, Restorer } from '../../lib/index.js';
import type { PlanSize } from '../../lib/index.js';
import { createFolder, randomModel } from '../support/models.js';
import { tiffFile } from '../support/tiff-file.js';
import type { SampleName, TiffPage } from '../support/tiff-file.js';

const folder = createFolder();
afterAll(() => folder.remove());

const model = randomModel(1, 4);
const WAYS = {
  network: (memory: number) => Restorer.open({ model, memory, threads: 1 }),
  ensemble: (memory: number) => Restorer.open({ model, memory, threads: 1, ensemble: 2 }),
  deconvolution: (memory: number) => Deconvolver.open({ psf: 'disk:2', method: 'wiener', memory, threads: 1 }),
} as const;
const NAMES = Object.keys(WAYS) as (keyof typeof WAYS)[];

const SIZES: readonly (PlanSize & { readonly channels: number })[] = [
  { width: 1500, height: 700, channels: 1, depth: 8 },
  { width: 520, height: 900, channels: 4, alpha: false, depth: 16 },
  { width: 900, height: 600, channels: 2, alpha: false, depth: 32 },
];
const TYPES: Readonly<Record<number, readonly SampleName[]>> = {
  8: ['uint8'],
  16: ['uint16'],
  32: ['float32', 'int16'],
};
const LAYOUTS: readonly (Partial<TiffPage> & { readonly isBig?: boolean })[] = [
  { rowsPerStrip: 10_000 },
  { rowsPerStrip: 1, isPlanar: true, isBig: true },
  { rowsPerStrip: 64, compression: 'lzw' },
  { rowsPerStrip: 64, compression: 'zstd', isPlanar: true },
  { tile: [512, 512], compression: 'zstd' },
  { tile: [256, 256], compression: 'deflate', isPlanar: true, isBig: true },
];

/** The budget that a refused plan names. */
function leastOf(plan: () => unknown): number {
  try {
    plan();
  } catch (error) {
    if (error instanceof BudgetError) return error.requiredBytes;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Begins to restore a file, as far as its first rows. Rejects where it is refused. */
async function begin(by: Restorer | Deconvolver, input: string): Promise<void> {
  const controller = new AbortController();
  const onProgress = (): void => controller.abort(new Error('begun'));
  const output = folder.path('out.tif');
  const running = by.restoreFile(input, output, { signal: controller.signal, onProgress }).catch((error: Error) => {
    if (error.message !== 'begun') throw error;
  });
  await running;
}

describe.each(SIZES)('the budget that a refused plan of a file names: $width x $height x $channels', (size) => {
  const { width, height, channels: bands, depth } = size;
  const samples = { length: width * height * bands };
  const cases = TYPES[depth!]!.flatMap((type) => LAYOUTS.map((layout) => [type, layout] as const));

  it.each(cases)('suffices for %s with %j', async (type, { isBig = false, ...layout }) => {
    const noise = Array.from(samples, (_, at) => (at * 2_654_435_761) % 251);
    const extraSamples = Array.from({ length: bands - 1 }, () => 0);
    const page = { width, height, bands, type, samples: noise, photometric: 1, ...(bands > 1 && { extraSamples }) };
    const input = folder.path('in.tif');
    writeFileSync(input, tiffFile([{ ...page, ...layout }], { isBig }));
    for (const name of NAMES) {
      await using tiny = await WAYS[name](60e6);
      const least = leastOf(() => tiny.planFile(size));
      await tiny.dispose();
      await using enough = await WAYS[name](least);
      await begin(enough, input);
    }
  });
});
