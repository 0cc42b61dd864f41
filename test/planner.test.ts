import { beforeAll, describe, expect, it } from 'vitest';
import { BudgetError, Restorer, formatPlan, parseBudget } from '../lib/index.js';
import type { Plan, RestorerOptions } from '../lib/index.js';
import { randomModel } from './support/models.js';

describe('a budget', () => {
  it.each([
    ['300MB', 300e6],
    ['1.5 GB', 1.5e9],
    ['256MiB', 256 * 2 ** 20],
    ['200m', NaN],
    ['1000', 1000],
    [42.9, 42],
    ['2kb', 2000],
  ])('%s', (text, bytes) => {
    if (Number.isNaN(bytes)) expect(() => parseBudget(text)).toThrow(/for memory but received/);
    else expect(parseBudget(text)).toBe(bytes);
  });

  it.each([0, -1, NaN, Infinity, '', '0MB', '-5MB', 'NaN', '1e3MB', 'MB', '5TB', null, {}, true])(
    '%j is refused',
    (value) => {
      expect(() => parseBudget(value)).toThrow(/Expected positive size such as '300MB'/);
    },
  );
});

describe('a plan', () => {
  let plus: Restorer; // MIMO-UNet+ : n = 20, base 32
  let small: Restorer; // n = 8, base 16
  const open = (blocks: number, base: number, memory: string, options: RestorerOptions = {}): Promise<Restorer> =>
    Restorer.open({ model: randomModel(blocks, base), memory, threads: 2, ...options });

  beforeAll(async () => {
    plus = await open(20, 32, '300MB');
    small = await open(8, 16, '200MB');
    return async () => {
      await plus.dispose();
      await small.dispose();
    };
  });

  it('of MIMO-UNet+ at 2048 x 1536 fits 300 MB, along the long side', () => {
    const plan = plus.plan({ width: 2048, height: 1536 });
    expect(plan.bytes).toBeLessThanOrEqual(300e6);
    expect(plan.direction).toBe('columns');
    expect(plan.pass).toEqual({
      width: 1536,
      height: 2048,
      transposed: true,
      threads: 2,
      stripRows: 16,
      keepWeights: false,
    });
    expect(plan.layout.panels).toHaveLength(1);
  });

  it('of the base-16 network at 2048 x 1536 fits 200 MB', () => {
    expect(small.plan({ width: 2048, height: 1536 }).bytes).toBeLessThanOrEqual(200e6);
  });

  it('follows image rows where the frame is higher than wide', () => {
    expect(small.plan({ width: 1536, height: 2048 }).direction).toBe('rows');
  });

  it('sums up all of its buffers, once each', () => {
    const plan = plus.plan({ width: 640, height: 480, channels: 4, depth: 16 });
    expect(plan.bytes).toBe(plan.buffers.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(new Set(plan.buffers.map(({ name }) => name)).size).toBe(plan.buffers.length);
    const bytesOf = (name: string): number | undefined => plan.buffers.find((buffer) => buffer.name === name)?.bytes;
    expect(bytesOf('decoded frame')).toBe(640 * 480 * 8);
    expect(bytesOf('pipeline')).toBe(plan.pipeline.arenaBytes);
    expect(plan.pipeline.buffers.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(plan.pipeline.arenaBytes);
  });

  it('of the engine grows with the shorter side only', () => {
    const arena = (width: number, height: number): number => small.plan({ width, height }).pipeline.arenaBytes;
    expect(arena(4096, 256)).toBe(arena(512, 256));
    expect(arena(256, 4096)).toBe(arena(256, 512));
    expect(arena(1024, 512)).toBeGreaterThan(arena(1024, 256));
  });

  it('splits a wide frame into panels when the budget is tight, and takes fewer bytes for more work', async () => {
    const size = { width: 4096, height: 4096 };
    // Winograd would first give up the weights that it keeps.
    const whole = (await open(8, 16, '4GB', { conv: 'direct' })).plan(size);
    const split = (await open(8, 16, `${whole.bytes - 1}`, { conv: 'direct' })).plan(size);
    expect(whole.layout.panels).toHaveLength(1);
    expect(split.layout.panels.length).toBeGreaterThan(1);
    expect(split.bytes).toBeLessThan(whole.bytes);
    expect(split.macs).toBeGreaterThan(whole.macs);
  });

  it('that cannot work is refused with the budget that would, and that one does', async () => {
    const tight = await open(8, 16, '10MB');
    const error = await Promise.resolve()
      .then(() => tight.plan({ width: 1024, height: 768 }))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BudgetError);
    const { requiredBytes, message } = error as BudgetError;
    expect(message).toBe(
      `A 1024x768 frame needs at least ${Math.ceil(requiredBytes / 1e6)}MB with this model, the budget is 10.0 MB`,
    );
    const enough = await open(8, 16, `${requiredBytes}`);
    expect(enough.plan({ width: 1024, height: 768 }).bytes).toBe(requiredBytes);
  });

  it('of an 8192 x 8192 frame exists in a budget that it names', async () => {
    const error = (() => {
      try {
        return plus.plan({ width: 8192, height: 8192 });
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(BudgetError);
    const enough = await open(20, 32, `${(error as BudgetError).requiredBytes}`);
    expect(enough.plan({ width: 8192, height: 8192 }).bytes).toBe((error as BudgetError).requiredBytes);
  });

  it('counts the work of every pass and panel', async () => {
    const four = await Restorer.open({ model: randomModel(8, 16), ensemble: 4, threads: 2 });
    const size = { width: 512, height: 512 };
    expect(four.plan(size).macs).toBe(4 * small.plan(size).macs);
    // mimo-unet.md section 4: 243,747 per pixel, less the heads and what splitting the 1x1 of the AFFs saves.
    expect(small.plan(size).macs / (512 * 512)).toBeGreaterThan(230_000);
    expect(small.plan(size).macs / (512 * 512)).toBeLessThan(243_747);
  });

  it('can be printed', () => {
    const text = formatPlan(plus.plan({ width: 2048, height: 1536 }));
    expect(text).toMatch(/frame +2048 x 1536/);
    expect(text).toMatch(/total +\d+\.\d MB of 300\.0 MB/);
  });

  it.each<[string, object]>([
    ['a side below 16', { width: 15, height: 64 }],
    ['a side above 65535', { width: 65_536, height: 64 }],
    ['a side that is no integer', { width: 64.5, height: 64 }],
    ['a missing side', { width: 64 }],
    ['17 channels', { width: 64, height: 64, channels: 17 }],
    ['12 bits', { width: 64, height: 64, depth: 12 }],
  ])('of a frame with %s is refused', (_, size) => {
    expect(() => plus.plan(size as { width: number; height: number })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    );
  });

  it('is exactly what the engine maps', async () => {
    for (const [width, height] of [
      [64, 48],
      [48, 64],
      [333, 222],
    ] as const) {
      const plan: Plan = small.plan({ width, height });
      await small.restore({ width, height, channels: 3, depth: 8, data: new Uint8Array(width * height * 3) });
      expect(small.mappedBytes).toBe(plan.pipeline.arenaBytes);
    }
  });
});
