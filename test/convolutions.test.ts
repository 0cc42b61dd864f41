import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Restorer, formatPlan } from '../lib/index.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import type { Scope } from '../lib/runtime/scope.js';
import { chooseWinograd } from '../lib/network/convolutions.js';
import type { Binding, NetworkShape } from '../lib/runtime/native/binding.js';
import { createFrame } from './support/frames.js';
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

  describe('that is measured', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
    afterEach(() => void vi.useRealTimers());

    /** Counts what is measured, on a clock that only measurements move. */
    async function choose(
      shape: NetworkShape,
      milliseconds: (request: { algorithm: string; inputs: number }) => number,
    ): Promise<{ readonly measurements: number; readonly seconds: number; readonly winograd: readonly number[] }> {
      let measurements = 0;
      const fake: Binding = {
        ...binding,
        isas: () => [{ ...bestIsa, name: 'measured', winograd: true }],
        benchmarkConvolution: async (request) => {
          measurements += 1;
          vi.advanceTimersByTime(milliseconds(request));
          return { seconds: milliseconds(request) / 1e3, macs: 1 };
        },
      };
      const start = performance.now();
      const call: Scope['call'] = (work) => work(fake, undefined as never);
      const shapes = await chooseWinograd({ isa: 'measured', binding: fake, call }, shape, 'auto', null);
      return {
        measurements,
        seconds: (performance.now() - start) / 1e3,
        winograd: shapes.map(({ inputs }) => inputs),
      };
    }

    it('is for what was faster, of three measurements each', async () => {
      const found = await choose({ residualBlocks: 2, baseWidth: 16 }, ({ algorithm, inputs }) =>
        algorithm === 'winograd' ? 4 : inputs / 8,
      );
      expect(found).toEqual({ measurements: 18, seconds: expect.any(Number), winograd: [64] });
    });

    it.each([1, 15, 40, 290, 400])(
      'takes at most 0.3 s and a last measurement, where each takes %i ms',
      async (each) => {
        const { measurements, seconds } = await choose(
          { residualBlocks: 3, baseWidth: 16, marker: each } as NetworkShape,
          () => each,
        );
        expect(seconds).toBeCloseTo((measurements * each) / 1e3, 6);
        expect(seconds).toBeLessThanOrEqual(0.3 + each / 1e3);
        expect(measurements).toBeGreaterThan(0);
      },
    );

    it('is made once per process', async () => {
      const shape = { residualBlocks: 4, baseWidth: 16 };
      const first = await choose(shape, () => 1);
      expect(first.measurements).toBe(18);
      expect(await choose(shape, () => 1)).toEqual({ ...first, measurements: 0, seconds: 0 });
    });

    it('is made again after one that has failed', async () => {
      const shape = { residualBlocks: 5, baseWidth: 16 };
      const fail = (): number => {
        throw new Error('no memory');
      };
      await expect(choose(shape, fail)).rejects.toThrow('no memory');
      expect((await choose(shape, () => 1)).measurements).toBe(18);
    });
  });

  describe('is kept in a file that the user names', () => {
    const folder = createFolder();
    afterAll(() => folder.remove());
    const model = randomModel(1, 32);
    const used = async (convCache: string): Promise<string> => {
      await using restorer = await Restorer.open({ model, convCache });
      return JSON.stringify(restorer.convolutions);
    };

    /** What a restoration says of its cache. */
    const warningsOf = async (convCache: string): Promise<readonly string[]> => {
      await using restorer = await Restorer.open({ model, convCache });
      return (await restorer.restore(createFrame({ width: 32, height: 32 }))).report.warnings;
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
        expect(await warningsOf(path)).toEqual([
          expect.stringMatching(/other\.json is not a convolution cache|other\.json: it has 1000001 bytes/),
        ]);
        expect(readFileSync(path, 'utf8')).toBe(text);
      },
    );

    it.runIf(bestIsa.winograd)('or not at all where it cannot be written', async () => {
      expect(await warningsOf(folder.path('missing/choices.json'))).toEqual([
        expect.stringMatching(/Cannot write .*choices\.json/),
      ]);
      expect(await warningsOf(folder.path('good.json'))).toEqual([]);
    });

    it.runIf(bestIsa.winograd && process.platform === 'linux')('nor waits for one that is a named pipe', async () => {
      execFileSync('mkfifo', [folder.path('pipe')]);
      expect(await warningsOf(folder.path('pipe'))).toEqual([expect.stringMatching(/named pipe/)]);
    });
  });

  it.runIf(bestIsa.winograd)('shows in the plan', async () => {
    await using restorer = await Restorer.open({ model: randomModel(8, 16), conv: 'winograd' });
    const plan = restorer.plan({ width: 64, height: 64 });
    expect(plan.convolutions).toEqual(restorer.convolutions);
    expect(formatPlan(plan)).toMatch(/3x3 +16 -> 16: winograd \(34 layers\), 32 -> 32: winograd/);
    expect(plan.pipeline.buffers.map(({ name }) => name)).toContain('transformed weights');
  });

  it('leaves transformed weights out of a plan that is direct', async () => {
    await using restorer = await Restorer.open({ model: randomModel(8, 16), conv: 'direct' });
    const { pipeline, pass } = restorer.plan({ width: 64, height: 64 });
    expect([pipeline.transformedBytes, pass.keepWeights]).toEqual([0, false]);
  });
});
