import { describe, expect, it } from 'vitest';
import { Restorer, formatPlan, loadBinding } from '../lib/index.js';
import { randomModel } from './support/models.js';

const binding = loadBinding();
const bestIsa = binding.isas().find(({ supported }) => supported)!;
const network = { residualBlocks: 8, baseWidth: 16 };

describe('the choice between direct convolution and Winograd', () => {
  it('covers the 3x3 layers of stride 1 whose channels are multiples of 4', () => {
    const shapes = binding.convolutionsOf(network, new Uint8Array());
    expect(shapes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([[16, 16], [32, 32], [64, 64]]);
    // Two stages of eight blocks per scale; an SCM, an AFF or a FAM convolution here and there.
    expect(shapes.map(({ layers }) => layers)).toEqual([34, 35, 33]);
    expect(new Set(shapes.map(({ algorithm }) => algorithm))).toEqual(new Set(['direct']));
  });

  it('takes at most 0.3 s when it measures, once per process', async () => {
    const model = randomModel(1, 32);
    await using direct = await Restorer.open({ model, conv: 'direct' });
    const timeOf = async (): Promise<number> => {
      const start = performance.now();
      await using restorer = await Restorer.open({ model });
      expect(restorer.convolutions.reduce((sum, { layers }) => sum + layers, 0)).toBe(direct.convolutions.reduce((sum, { layers }) => sum + layers, 0));
      return performance.now() - start;
    };
    const plain = await (async () => {
      const start = performance.now();
      await using again = await Restorer.open({ model, conv: 'direct' });
      expect(again.isa).toBe(direct.isa);
      return performance.now() - start;
    })();
    // Loading the model takes its own time, and a busy machine may hold up the last measurement.
    expect(await timeOf() - plain).toBeLessThan(600);
  });

  it.runIf(bestIsa.winograd)('shows in the plan', async () => {
    await using restorer = await Restorer.open({ model: randomModel(8, 16), conv: 'winograd' });
    const plan = restorer.plan({ width: 64, height: 64 });
    expect(plan.convolutions).toEqual(restorer.convolutions);
    expect(formatPlan(plan)).toMatch(/3x3 +16 -> 16: winograd \(34 layers\), 32 -> 32: winograd/);
    expect(plan.engine.buffers.map(({ name }) => name)).toContain('transformed weights');
  });

  it('leaves transformed weights out of a plan that is direct', async () => {
    await using restorer = await Restorer.open({ model: randomModel(8, 16), conv: 'direct' });
    const { engine, pass } = restorer.plan({ width: 64, height: 64 });
    expect([engine.transformedBytes, pass.keepWeights]).toEqual([0, false]);
  });
});
