import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Restorer, formatPlan, loadBinding } from '../lib/index.js';
import { createFolder, randomModel } from './support/models.js';

const binding = loadBinding();
const bestIsa = binding.isas().find(({ supported }) => supported)!;
const network = { residualBlocks: 8, baseWidth: 16 };

describe('the choice between direct convolution and Winograd', () => {
  it('covers the 3x3 layers of stride 1 whose channels are multiples of 4', () => {
    const shapes = binding.convolutionsOf(network, new Uint8Array());
    expect(shapes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [16, 16],
      [32, 32],
      [64, 64],
    ]);
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
      expect(restorer.convolutions.reduce((sum, { layers }) => sum + layers, 0)).toBe(
        direct.convolutions.reduce((sum, { layers }) => sum + layers, 0),
      );
      return performance.now() - start;
    };
    const plain = await (async () => {
      const start = performance.now();
      await using again = await Restorer.open({ model, conv: 'direct' });
      expect(again.isa).toBe(direct.isa);
      return performance.now() - start;
    })();
    // Loading the model takes its own time, and a busy machine may hold up the last measurement.
    expect((await timeOf()) - plain).toBeLessThan(600);
  });

  describe('is kept in a file that the user names', () => {
    const folder = createFolder();
    afterAll(() => folder.remove());
    const model = randomModel(1, 32);
    const used = async (convCache: string): Promise<string> => {
      await using restorer = await Restorer.open({ model, convCache });
      return JSON.stringify(restorer.convolutions);
    };

    it.runIf(bestIsa.winograd)('which decides from then on', async () => {
      const path = folder.path('choices.json');
      const first = await used(path);
      expect(await used(path)).toBe(first);
      const file = JSON.parse(readFileSync(path, 'utf8')) as { perifocalConvolutions: Record<string, object[]> };
      const [[key, shapes]] = Object.entries(file.perifocalConvolutions) as [[string, object[]]];
      expect(key).toContain(bestIsa.name);
      // What the file says counts, whatever is faster; shapes that no layer has are ignored.
      const other = shapes.length > 0 ? [] : [{ inputs: 32, outputs: 32 }];
      writeFileSync(path, JSON.stringify({ perifocalConvolutions: { [key]: [...other, { inputs: 7, outputs: 7 }] } }));
      expect(await used(path)).not.toBe(first);
    });

    it
      .runIf(bestIsa.winograd)
      .each(['', '[]', '{}', '{"perifocalConvolutions": {"a": [{"inputs": "x"}]}}', 'x'.repeat(1e6 + 1)])(
      'but never over a file of another kind',
      async (text) => {
        const path = folder.path('other.json');
        writeFileSync(path, text);
        await expect(used(path)).rejects.toThrow(/other\.json is not a convolution cache/);
        expect(readFileSync(path, 'utf8')).toBe(text);
      },
    );

    it.runIf(bestIsa.winograd)('or not at all where it cannot be written', async () => {
      await expect(used(folder.path('missing/choices.json'))).rejects.toThrow(/Cannot write .*choices\.json/);
    });
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
