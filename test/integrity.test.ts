import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { IntegrityError, ModelError, Restorer, formatPlan } from '../lib/index.js';
import type { Frame, NetworkReport, RestorerOptions } from '../lib/index.js';
import type { Binding, NativePipeline } from '../lib/runtime/native/binding.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { createFrame } from './support/frames.js';
import { createFolder, randomModel, writeRandomModel } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());
afterEach(() => void vi.restoreAllMocks());

const frame = createFrame({ width: 36, height: 28 });
const bytes = randomModel(1, 8);

type Options = Omit<RestorerOptions, 'fallback'>;

async function restore(options: Options): Promise<{ readonly data: Frame['data']; readonly report: NetworkReport }> {
  await using restorer = await Restorer.open(options);
  return await restorer.restore(frame);
}

const binding = loadBinding() as { createPipeline: Binding['createPipeline'] };
const create = binding.createPipeline;

/** Makes the first `count` pushes of all pipelines fail their checks. */
function failPushes(count: number): void {
  let left = count;
  vi.spyOn(binding, 'createPipeline').mockImplementation((...args) => {
    const pipeline: NativePipeline = create(...args);
    const push = pipeline.push.bind(pipeline);
    const fail: NativePipeline['push'] = (...strip) => {
      if (left-- <= 0) return push(...strip);
      return Promise.reject(Object.assign(new Error('fails its checks twice, by weights'), { code: 'INTEGRITY' }));
    };
    Object.defineProperty(pipeline, 'push', { value: fail });
    return pipeline;
  });
}

describe('integrity', () => {
  it('gives the same bytes in every mode and tells of what it has checked', async () => {
    const plain = await restore({ model: bytes });
    expect(plain.report).not.toHaveProperty('integrity');
    for (const integrity of ['checked', 'full'] as const) {
      for (const conv of ['direct', 'winograd'] as const) {
        const { data, report } = await restore({ model: bytes, integrity, conv });
        expect(data).toEqual(plain.data);
        const { firings, found, ...rest } = report.integrity!;
        expect(firings).toBeGreaterThan(100);
        expect(Object.values(found)).toEqual([0, 0, 0, 0, 0, 0]);
        expect(rest).toMatchObject({ mode: integrity, recomputed: 0, restarts: 0, coverage: { blindCases: 0 } });
      }
    }
  });

  it('has its sums in the plan', async () => {
    await using off = await Restorer.open({ model: bytes });
    await using checked = await Restorer.open({ model: bytes, integrity: 'checked' });
    const [less, more] = [off, checked].map((one) => one.plan({ width: 512, height: 512 }));
    expect(more!.pipeline.buffers.map(({ name }) => name)).toContain('checksums');
    expect(more!.bytes).toBeGreaterThan(less!.bytes);
    expect(formatPlan(more!)).toMatch(/^integrity {2}checked: 0 blind of \d+ cases/m);
    expect(formatPlan(less!)).toMatch(/^integrity {2}off$/m);
  });

  it('begins again, with the model read anew, where rows fail twice', async () => {
    const model = writeRandomModel(folder.path('model.safetensors'), 1, 8);
    const plain = await restore({ model });
    failPushes(2);
    const { data, report } = await restore({ model, integrity: 'checked' });
    expect(data).toEqual(plain.data);
    expect(report.integrity!.restarts).toBe(2);
  });

  it('gives no result where that does not help', async () => {
    const model = writeRandomModel(folder.path('again.safetensors'), 1, 8);
    failPushes(3);
    await expect(restore({ model, integrity: 'checked' })).rejects.toThrow(IntegrityError);
    failPushes(1);
    await expect(restore({ model: bytes, integrity: 'checked' })).rejects.toMatchObject({ code: 'INTEGRITY_LOST' });
  });

  it('does not go on with another model than the one that was opened', async () => {
    const model = writeRandomModel(folder.path('changed.safetensors'), 1, 8);
    await using restorer = await Restorer.open({ model, integrity: 'checked' });
    writeRandomModel(folder.path('changed.safetensors'), 1, 12);
    failPushes(1);
    await expect(restorer.restore(frame)).rejects.toThrow(ModelError);
  });

  it('is one of three words', async () => {
    await expect(Restorer.open({ model: bytes, integrity: 'most' as never })).rejects.toThrow(/integrity/);
  });
});
