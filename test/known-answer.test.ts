import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { IntegrityError, Restorer, listModels } from '../lib/index.js';
import type { Frame, NetworkReport, RestorerOptions, Strip } from '../lib/index.js';
import { encodeTiff } from '../lib/image/tiff/write-frame.js';
import { knownFrame } from '../lib/network/known-frame.js';
import { findKnownAnswer } from '../lib/network/model/known-answers.js';
import type { Binding, NativePipeline } from '../lib/runtime/native/binding.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { createFrame } from './support/frames.js';
import { createFolder, randomModel, writeRandomModel } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());
afterEach(() => void vi.restoreAllMocks());

const frame = createFrame({ width: 36, height: 28 });
const bytes = randomModel(1, 8);
const binding = loadBinding() as { createPipeline: Binding['createPipeline'] };
const create = binding.createPipeline;

/** Half of white, in the unit of residuals. */
const MUCH = 2040;

/** Whether the next strip is changed; `isKnown` where it is one of the known frame. */
type Strike = (isKnown: boolean) => boolean;

/** Changes residuals of the strips that `strikes` chooses, as a fault of the processor does that no sum sees. */
function strike(strikes: Strike): void {
  vi.spyOn(binding, 'createPipeline').mockImplementation((...args) => {
    const pipeline: NativePipeline = create(...args);
    const push = pipeline.push.bind(pipeline);
    const isKnown = args[1].width === 64 && args[1].height === 64;
    const change: NativePipeline['push'] = async (...strip) => {
      const isStruck = strikes(isKnown);
      const residuals = await push(...strip);
      return isStruck ? residuals.map((value) => value + MUCH) : residuals;
    };
    Object.defineProperty(pipeline, 'push', { value: change });
    return pipeline;
  });
}

/** The known frame goes through in four strips of 16 rows, so an answer is wrong where one of these is struck. */
const STRIPS = 4;

/** Strikes all strips that begin between two answers, the one before and the one after them counting as struck. */
function strikeAnswers(from: number, to: number): void {
  let strips = 0;
  strike((isKnown) => {
    const answer = Math.floor(strips / STRIPS);
    if (isKnown) strips++;
    return answer >= from && answer < to;
  });
}

const options = { integrity: 'checked', conv: 'direct', threads: 1 } as const;
type Options = Omit<RestorerOptions, 'fallback'>;

async function open(model: Options['model'], more: Options = {}): Promise<Restorer> {
  return await Restorer.open({ ...options, model: model!, ...more });
}

async function restoreOnce(model: Uint8Array | string): Promise<Frame['data']> {
  await using restorer = await Restorer.open({ model });
  return (await restorer.restore(frame)).data;
}

const wrongOf = ({ integrity }: NetworkReport): number => integrity!.knownAnswer.wrong;

/** Makes frames come so slowly that every one of them is followed by the question. */
function comeSlowly(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 20_000));
}

describe('the known answer', () => {
  it('is there for every packaged model, and right', async () => {
    for (const model of await listModels()) {
      await using restorer = await open(model, { integrity: 'full', conv: 'auto' });
      expect(await findKnownAnswer(restorer.model.sha256)).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('is of a frame in which no step of a residual is lost', () => {
    const { data, width, height, channels } = knownFrame();
    expect(data.length).toBe(width * height * channels);
    expect(data).toEqual(knownFrame().data);
    // A residual of a sixth of white is added without being clamped.
    expect(Math.min(...data)).toBeGreaterThan(65_535 / 6);
    expect(Math.max(...data)).toBeLessThan((65_535 * 5) / 6);
  });

  it('is what the first questions give, where the package has none', async () => {
    expect(await findKnownAnswer('0'.repeat(64))).toBe(null);
    await using restorer = await open(bytes);
    comeSlowly();
    const { report } = await restorer.restore(frame);
    expect(report.integrity!.knownAnswer).toEqual({ origin: 'opening', asked: 1, wrong: 0, doubtfulFrames: 0 });
  });

  it('is asked for after a frame that is large, or a time, or much work', async () => {
    await using restorer = await open(bytes, { memory: '1GB' });
    const asked = async (side: number): Promise<number> => {
      const { report } = await restorer.restore(createFrame({ width: side, height: side, channels: 1 }));
      return report.integrity!.knownAnswer.asked;
    };
    vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    expect(await asked(1024)).toBe(1);
    const askedOf: number[] = [];
    for (let index = 0; index < 5; index++) askedOf.push(await asked(512));
    expect(askedOf).toEqual([0, 0, 0, 1, 0]);
    vi.restoreAllMocks();
    comeSlowly();
    expect(await asked(36)).toBe(1);
  });

  it('is in the plan', async () => {
    await using off = await open(bytes, { integrity: 'off' });
    await using checked = await open(bytes);
    const size = { width: 64, height: 64 };
    const known = checked.plan(size).buffers.find(({ name }) => name === 'known answer');
    expect(known!.bytes).toBeGreaterThan(checked.plan(size).pipeline.arenaBytes);
    expect(off.plan(size).buffers.map(({ name }) => name)).not.toContain('known answer');
  });
});

describe('a wrong answer', () => {
  it('has the frame restored once more, with the model read anew', async () => {
    const model = writeRandomModel(folder.path('model.safetensors'), 1, 8);
    const plain = await restoreOnce(model);
    for (const [from, to] of [[2, 3] as const, [2, 4] as const]) {
      // Also the frame itself is wrong then, and none of the sums says so.
      strikeAnswers(from, to);
      await using restorer = await open(model);
      comeSlowly();
      const { data, report } = await restorer.restore(frame);
      expect(data).toEqual(plain);
      expect([wrongOf(report), report.integrity!.restarts]).toEqual([to - from, to - from]);
      vi.restoreAllMocks();
    }
  });

  it('is an error where that does not help, also of frames to come', async () => {
    const model = writeRandomModel(folder.path('lost.safetensors'), 1, 8);
    strikeAnswers(2, 5);
    await using restorer = await open(model);
    comeSlowly();
    await expect(restorer.restore(frame)).rejects.toMatchObject({ code: 'INTEGRITY_LOST' });
    vi.spyOn(performance, 'now').mockRestore();
    const { report } = await restorer.restore(frame);
    expect(report.integrity!.knownAnswer.asked).toBe(1);
  });

  it('of a model in memory has memory mapped anew', async () => {
    const plain = await restoreOnce(bytes);
    strikeAnswers(2, 3);
    await using restorer = await open(bytes);
    comeSlowly();
    const { data, report } = await restorer.restore(frame);
    expect(data).toEqual(plain);
    expect(wrongOf(report)).toBe(1);
  });

  it('says that frames before it may be wrong, too', async () => {
    strikeAnswers(2, 3);
    await using restorer = await open(bytes);
    for (let index = 0; index < 3; index++) await restorer.restore(frame);
    comeSlowly();
    const { report } = await restorer.restore(frame);
    expect(report.integrity!.knownAnswer.doubtfulFrames).toBe(3);
    expect(report.warnings).toEqual([expect.stringMatching(/3 frames that were restored before/)]);
  });

  it('leaves no model open', async () => {
    const model = (await listModels())[0]!;
    strikeAnswers(0, 3);
    await expect(open(model)).rejects.toThrow(IntegrityError);
    strikeAnswers(0, 1);
    await using restorer = await open(model);
    const { report } = await restorer.restore(frame);
    expect(report.warnings).toEqual([expect.stringMatching(/read anew 1 times before/)]);
  });

  it('is found before rows of a scene are written', async () => {
    const model = writeRandomModel(folder.path('scene.safetensors'), 1, 8);
    const [input, output] = [folder.path('scene.tif'), folder.path('restored.tif')];
    const scene = createFrame({ width: 36, height: 300, channels: 1 });
    writeFileSync(input, await encodeTiff(scene, scene.data));
    for (const integrity of ['checked', 'full'] as const) {
      vi.restoreAllMocks();
      await using plain = await Restorer.open({ model });
      await plain.restoreFile(input, output, { windowRows: 64 });
      const expected = readFileSync(output);
      strikeAnswers(4, 6);
      await using restorer = await open(model, { integrity });
      const { report } = await restorer.restoreFile(input, output, { windowRows: 64 });
      expect(report.scene!.isStream).toBe(integrity === 'checked');
      expect(wrongOf(report)).toBe(2);
      expect(readFileSync(output)).toEqual(expected);
    }
  });

  it('ends a scene, but for what was written before', async () => {
    const model = writeRandomModel(folder.path('ended.safetensors'), 1, 8);
    const [input, output] = [folder.path('ended.tif'), folder.path('ended-restored.tif')];
    const scene = createFrame({ width: 36, height: 300, channels: 1 });
    writeFileSync(input, await encodeTiff(scene, scene.data));
    strikeAnswers(4, 7);
    await using restorer = await open(model);
    const lost = restorer.restoreFile(input, output, { windowRows: 64 });
    await expect(lost).rejects.toThrow(/known frame was not restored.*; rows 1 to 128 are whole/);
    expect(existsSync(output)).toBe(false);
  });

  it('ends a stream, and says which rows may be wrong', async () => {
    const tall = createFrame({ width: 36, height: 200, channels: 1 });
    async function* rows(): AsyncGenerator<Frame['data'], void, void> {
      yield tall.data;
    }
    const collect = async (given: Strip[]): Promise<void> => {
      await using restorer = await open(bytes);
      for await (const strip of restorer.stream(rows(), tall)) given.push(strip);
    };
    const whole: Strip[] = [];
    await collect(whole);
    strikeAnswers(2, 3);
    const given: Strip[] = [];
    const { row } = whole.at(-1)!;
    await expect(collect(given)).rejects.toThrow(new RegExp(`rows 1 to ${row}, which were given`));
    expect(given.length).toBe(whole.length - 1);
  });
});
