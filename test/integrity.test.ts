import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { IntegrityError, ModelError, Restorer, formatPlan } from '../lib/index.js';
import type { Frame, NetworkReport, RestorerOptions } from '../lib/index.js';
import { encodeTiff } from '../lib/image/tiff/write-frame.js';
import type { Binding, FaultKind, NativePipeline } from '../lib/runtime/native/binding.js';
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

/** Puts `change` to every pipeline that is made but those of the known frame, which has 64 x 64 pixels. */
function changePipelines(change: (pipeline: NativePipeline) => void): void {
  vi.spyOn(binding, 'createPipeline').mockImplementation((...args) => {
    const pipeline: NativePipeline = create(...args);
    const { width, height } = args[1];
    if (width !== 64 || height !== 64) change(pipeline);
    return pipeline;
  });
}

/** Makes `count` pushes of all pipelines fail their checks, those after the first `good` ones, by what is found. */
function failPushes(count: number, good = 0, fault: FaultKind = 'weights'): void {
  let pushes = 0;
  changePipelines((pipeline) => {
    const push = pipeline.push.bind(pipeline);
    const counters = pipeline.counters.bind(pipeline);
    let failed = 0;
    const fail: NativePipeline['push'] = (...strip) => {
      pushes += 1;
      if (pushes <= good || pushes > good + count) return push(...strip);
      failed++;
      return Promise.reject(Object.assign(new Error('fails its checks'), { code: 'INTEGRITY' }));
    };
    const counted: NativePipeline['counters'] = () => {
      const { found, ...rest } = counters()!;
      return { ...rest, found: { ...found, [fault]: found[fault] + failed } };
    };
    Object.defineProperty(pipeline, 'push', { value: fail });
    Object.defineProperty(pipeline, 'counters', { value: counted });
  });
}

/** Makes one push of every pipeline fail its checks. @param number of the push, from 0 */
function failEveryPipelineAt(number: number): void {
  changePipelines((pipeline) => {
    const push = pipeline.push.bind(pipeline);
    let pushes = 0;
    const fail: NativePipeline['push'] = (...strip) =>
      pushes++ === number
        ? Promise.reject(Object.assign(new Error('fails its checks'), { code: 'INTEGRITY' }))
        : push(...strip);
    Object.defineProperty(pipeline, 'push', { value: fail });
  });
}

/** Changes one residual row of each push whose number, from 0, is listed. */
function changePushes(...numbers: number[]): void {
  let count = 0;
  changePipelines((pipeline) => {
    const push = pipeline.push.bind(pipeline);
    const change: NativePipeline['push'] = async (...strip) => {
      const number = count++;
      const residuals = await push(...strip);
      // Half of white, another one each time.
      return numbers.includes(number) ? residuals.map((value) => value + 2040 + 100 * number) : residuals;
    };
    Object.defineProperty(pipeline, 'push', { value: change });
  });
}

describe('integrity, twice', () => {
  /** Of a frame that one push restores but for its last rows, which are drained. */
  const options = { model: bytes, integrity: 'twice', conv: 'direct', threads: 1, stripRows: 28 } as const;

  it('takes the result that two of three computations give', async () => {
    const plain = await restore({ model: bytes });
    for (const [wrong, computations] of [[0, 3] as const, [1, 3] as const, [2, 2] as const]) {
      changePushes(wrong);
      const { data, report } = await restore(options);
      expect(data).toEqual(plain.data);
      expect(report.integrity).toMatchObject({ computations, differences: computations - 2 });
    }
  });

  it('gives no result where three computations give three', async () => {
    changePushes(0, 1);
    await expect(restore(options)).rejects.toThrow(IntegrityError);
  });

  it('has two pipelines in the plan, and their work', async () => {
    await using once = await Restorer.open({ ...options, integrity: 'checked' });
    await using twice = await Restorer.open(options);
    const size = { width: 256, height: 256 };
    const [one, two] = [once, twice].map((restorer) => restorer.plan(size));
    expect([one!.pipelines, two!.pipelines]).toEqual([1, 2]);
    expect(two!.macs).toBe(2 * one!.macs);
    expect(two!.bytes - one!.bytes).toBeGreaterThanOrEqual(one!.pipeline.arenaBytes);
  });

  it('compares rows of a stream as they come', async () => {
    const { width, channels, height } = frame;
    async function* rows(): AsyncGenerator<Frame['data'], void, void> {
      for (let row = 0; row < height; row += 4)
        yield frame.data.slice(row * width * channels, (row + 4) * width * channels);
    }
    const collect = async (): Promise<number[]> => {
      await using restorer = await Restorer.open(options);
      const samples: number[] = [];
      for await (const { data } of restorer.stream(rows(), frame)) samples.push(...data);
      return samples;
    };
    const plain = await restore({ model: bytes });
    expect(await collect()).toEqual([...plain.data]);
    changePushes(...Array.from({ length: 7 }, (_, index) => 2 * index));
    await expect(collect()).rejects.toThrow(/rows \d+ to \d+ differ/);
  });
});

describe('integrity', () => {
  it('gives the same bytes in every mode and tells of what it has checked', async () => {
    const plain = await restore({ model: bytes });
    expect(plain.report).not.toHaveProperty('integrity');
    for (const integrity of ['checked', 'full', 'twice'] as const) {
      for (const conv of ['direct', 'winograd'] as const) {
        const { data, report } = await restore({ model: bytes, integrity, conv });
        expect(data).toEqual(plain.data);
        const { firings, found, ...rest } = report.integrity!;
        expect(firings).toBeGreaterThan(100);
        expect(Object.values(found)).toEqual([0, 0, 0, 0, 0, 0, 0]);
        expect(rest).toMatchObject({ mode: integrity, recomputed: 0, restarts: 0, coverage: { blindCases: 0 } });
        expect(rest).toMatchObject({ computations: integrity === 'twice' ? 2 : 1, differences: 0 });
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

  it('begins again with the rows that come next, where a file goes through as a stream', async () => {
    const model = writeRandomModel(folder.path('stream.safetensors'), 1, 8);
    const [input, output] = [folder.path('rows.tif'), folder.path('restored.tif')];
    const rows = createFrame({ width: 36, height: 150 });
    writeFileSync(input, await encodeTiff(rows, rows.data));
    await using plain = await Restorer.open({ model, threads: 1 });
    await plain.restoreFile(input, output, { windowRows: 64 });
    const expected = readFileSync(output);
    failPushes(1, 8);
    await using checked = await Restorer.open({ model, integrity: 'checked', threads: 1 });
    const { report } = await checked.restoreFile(input, output, { windowRows: 64 });
    expect(report.integrity!.restarts).toBe(1);
    expect(report.scene!.isStream).toBe(true);
    expect(readFileSync(output)).toEqual(expected);
  });

  it('has restarts of its own for every piece of rows of a stream', async () => {
    const model = writeRandomModel(folder.path('often.safetensors'), 1, 8);
    const [input, output] = [folder.path('often.tif'), folder.path('often-restored.tif')];
    const rows = createFrame({ width: 36, height: 700, channels: 1 });
    writeFileSync(input, await encodeTiff(rows, rows.data));
    await using plain = await Restorer.open({ model, threads: 1 });
    await plain.restoreFile(input, output, { windowRows: 64 });
    const expected = readFileSync(output);
    failEveryPipelineAt(16);
    await using checked = await Restorer.open({ model, integrity: 'checked', threads: 1, stripRows: 16 });
    const { report } = await checked.restoreFile(input, output, { windowRows: 64 });
    expect(report.integrity!.restarts).toBeGreaterThan(2);
    expect(readFileSync(output)).toEqual(expected);
  });

  it('keeps rows that were written, and says so', async () => {
    const model = writeRandomModel(folder.path('kept.safetensors'), 1, 8);
    const [input, output] = [folder.path('kept.tif'), folder.path('kept-restored.tif')];
    const rows = createFrame({ width: 36, height: 300 });
    writeFileSync(input, await encodeTiff(rows, rows.data));
    await using plain = await Restorer.open({ model, threads: 1 });
    await plain.restoreFile(input, output, { windowRows: 64 });
    const expected = readFileSync(output);
    rmSync(output);
    failPushes(3, 14);
    await using checked = await Restorer.open({ model, integrity: 'checked', threads: 1 });
    const lost = checked.restoreFile(input, output, { windowRows: 64 });
    await expect(lost).rejects.toThrow(/fails its checks; rows 1 to \d+ are whole and stay in .*--resume/);
    await expect(lost).rejects.toMatchObject({ code: 'INTEGRITY_LOST' });
    expect(existsSync(output)).toBe(false);
    const { report } = await checked.restoreFile(input, output, { windowRows: 64, resume: true });
    expect(report.scene!.fromRow).toBeGreaterThanOrEqual(64);
    expect(report.warnings).toEqual([]);
    expect(readFileSync(output)).toEqual(expected);
  });

  it('keeps no rows that changed code may have computed', async () => {
    const model = writeRandomModel(folder.path('doubtful.safetensors'), 1, 8);
    const [input, output] = [folder.path('doubtful.tif'), folder.path('doubtful-restored.tif')];
    const rows = createFrame({ width: 16, height: 1400, channels: 1 });
    writeFileSync(input, await encodeTiff(rows, rows.data));
    for (const [good, kept] of [
      [4, null],
      [20, /rows 1 to (128|192|256) are whole/],
    ] as const) {
      failPushes(1, good, 'code');
      await using checked = await Restorer.open({ model, integrity: 'checked', threads: 1, stripRows: 64 });
      const lost = checked.restoreFile(input, output, { windowRows: 64 });
      await expect(lost).rejects.toThrow(kept ?? /fails its checks$/);
      expect(existsSync(`${output}.part`)).toBe(kept !== null);
      vi.restoreAllMocks();
    }
  });

  it('gives no result where that does not help', async () => {
    const model = writeRandomModel(folder.path('again.safetensors'), 1, 8);
    failPushes(3);
    await expect(restore({ model, integrity: 'checked' })).rejects.toThrow(IntegrityError);
    failPushes(1);
    await expect(restore({ model: bytes, integrity: 'checked' })).rejects.toMatchObject({ code: 'INTEGRITY_LOST' });
  });

  it('does not begin again where the code has changed', async () => {
    const model = writeRandomModel(folder.path('code.safetensors'), 1, 8);
    failPushes(1, 0, 'code');
    await expect(restore({ model, integrity: 'checked' })).rejects.toThrow(IntegrityError);
  });

  it('does not go on with another model than the one that was opened', async () => {
    const model = writeRandomModel(folder.path('changed.safetensors'), 1, 8);
    await using restorer = await Restorer.open({ model, integrity: 'checked' });
    writeRandomModel(folder.path('changed.safetensors'), 1, 12);
    failPushes(1);
    await expect(restorer.restore(frame)).rejects.toThrow(ModelError);
  });

  it('is one of four words', async () => {
    await expect(Restorer.open({ model: bytes, integrity: 'most' as never })).rejects.toThrow(/integrity/);
  });
});
