import { describe, expect, it } from 'vitest';
import { Deconvolver, Restorer, psf } from '../lib/index.js';
import type { BudgetError, PlanSize } from '../lib/index.js';
import { randomModel } from './support/models.js';

const model = randomModel(1, 4);
const WAYS = {
  network: (memory: number) => Restorer.open({ model, memory, threads: 1 }),
  ensemble: (memory: number) => Restorer.open({ model, memory, threads: 1, ensemble: 2 }),
  deconvolution: (memory: number) => Deconvolver.open({ psf: psf.disk(2), method: 'wiener', memory, threads: 1 }),
} as const;
const NAMES = Object.keys(WAYS) as (keyof typeof WAYS)[];
const SIZES: readonly PlanSize[] = [
  { width: 3000, height: 100, channels: 4, alpha: false, depth: 16 },
  { width: 100, height: 3000, channels: 1, depth: 16 },
  { width: 6000, height: 6000, channels: 3, depth: 8 },
  { width: 2000, height: 1500, channels: 2, alpha: false, depth: 16, masked: true },
];

const refusalOf = (plan: () => unknown): BudgetError => {
  try {
    plan();
  } catch (error) {
    return error as BudgetError;
  }
  throw new Error('nothing was refused');
};

describe.each(NAMES)('the budget that a refused plan of a file names: %s', (name) => {
  it.each(SIZES)('suffices and is about the least: $width x $height', async (size) => {
    await using tiny = await WAYS[name](110e6);
    const { code, message, requiredBytes } = refusalOf(() => tiny.planFile(size));
    expect(code).toBe('BUDGET_TOO_SMALL');
    expect(message).toContain(`A ${size.width}x${size.height} frame`);
    expect(message).toContain(`${Math.ceil(requiredBytes / 1e6)}MB`);
    await using enough = await WAYS[name](requiredBytes);
    expect(enough.planFile(size).bytes).toBeLessThanOrEqual(requiredBytes);
    await using less = await WAYS[name](Math.max(110e6, Math.floor(0.95 * requiredBytes)));
    expect(refusalOf(() => less.planFile(size))).toMatchObject({ requiredBytes });
  });
});

describe('the plan of a file', () => {
  it('is that of the whole frame where it fits, else one by windows', async () => {
    const size = { width: 20_000, height: 20_000, channels: 4, alpha: false, depth: 16 } as const;
    for (const name of NAMES) {
      await using restorer = await WAYS[name](1e9);
      const small = { width: 400, height: 300 };
      const [file, whole] = [restorer.planFile(small), restorer.plan(small)];
      expect(file.frame).toEqual(whole.frame);
      expect(file).not.toHaveProperty('scene');
      // Reading the file, or writing it, may take more than the frame does.
      expect(file.bytes).toBeGreaterThanOrEqual(whole.bytes);
      expect(refusalOf(() => restorer.plan(size))).toMatchObject({ code: 'BUDGET_TOO_SMALL' });
      const { bytes, scene } = restorer.planFile(size);
      expect(bytes).toBeLessThanOrEqual(1e9);
      expect(scene).toMatchObject({ frame: size, isStream: name === 'network' });
    }
  });

  it('is refused as that of the frame where there are no windows', async () => {
    const size = { width: 4000, height: 4000 };
    const options = { psf: psf.disk(2), method: 'wiener', boundary: 'periodic', memory: 150e6 } as const;
    await using restorer = await Deconvolver.open(options);
    const { message } = refusalOf(() => restorer.plan(size));
    expect(refusalOf(() => restorer.planFile(size)).message).toBe(message);
  });
});
