import { afterEach, describe, expect, it, vi } from 'vitest';
import { IntegrityError, Restorer } from '../lib/index.js';
import type { RestorerOptions } from '../lib/index.js';
import { LoadedModel } from '../lib/network/loaded-model.js';
import type { Binding } from '../lib/runtime/native/binding.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { createFrame } from './support/frames.js';
import { randomModel } from './support/models.js';

/** The addon, built so that bits of registers can be wrong. */
interface FaultyBinding extends Binding {
  createPipeline: Binding['createPipeline'];
  /** Gives an instruction set kernels that can be struck; its name, or null where this processor lacks it. */
  strikeRegisters(): string | null;
  /** One bit of every value of the epilogues is wrong from now on, which one decides a number above 0; 0: none. */
  stickEpilogues(seed: number): void;
}

const nativeBinding = 'build/Release/perifocal_test.node';
const binding = loadBinding(nativeBinding) as FaultyBinding;
const isa = binding.strikeRegisters();

afterEach(() => {
  vi.restoreAllMocks();
  binding.stickEpilogues(0);
});

const frame = createFrame({ width: 36, height: 28 });
const model = randomModel(1, 8);

/** `full` evaluates every epilogue twice: both are wrong alike. */
function open(more: Omit<RestorerOptions, 'fallback'> = {}): Promise<Restorer> {
  return Restorer.open({ nativeBinding, isa: isa!, threads: 1, conv: 'direct', integrity: 'full', model, ...more });
}

/** Makes it time for the known answer after every frame. */
function comeSlowly(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 20_000));
}

/** Bits that change the frame and that no check of firings notices. */
async function findSilentBits(): Promise<number[]> {
  await using restorer = await open();
  vi.spyOn(LoadedModel.prototype, 'ask').mockResolvedValue();
  const { data } = await restorer.restore(frame);
  const silent: number[] = [];
  for (let seed = 1; seed <= 24; seed++) {
    binding.stickEpilogues(seed);
    const result = await restorer.restore(frame).catch(() => null);
    if (result && !Buffer.from(result.data).equals(Buffer.from(data))) silent.push(seed);
  }
  binding.stickEpilogues(0);
  vi.restoreAllMocks();
  return silent;
}

describe.runIf(isa !== null)('a bit that is wrong in every epilogue', async () => {
  const silent = await findSilentBits();

  it('is often nothing that the checks of firings see', () => {
    expect(silent.length).toBeGreaterThan(0);
  });

  it('makes the known answer wrong, and no frame is given', async () => {
    for (const seed of silent) {
      await using restorer = await open();
      comeSlowly();
      binding.stickEpilogues(seed);
      const lost = restorer.restore(frame);
      await expect(lost, `bit ${seed}`).rejects.toThrow(/known frame was not restored as it must be/);
      await expect(lost).rejects.toMatchObject({ code: 'INTEGRITY_LOST' });
      binding.stickEpilogues(0);
      vi.restoreAllMocks();
    }
  });

  it('has the frame restored once more where it lasts but a while', async () => {
    await using plain = await open({ integrity: 'off' });
    const { data } = await plain.restore(frame);
    await using restorer = await open();
    comeSlowly();
    binding.stickEpilogues(silent[0]!);
    // Memory is mapped for the frame, and anew once the answer was wrong.
    const create = binding.createPipeline;
    let made = 0;
    vi.spyOn(binding, 'createPipeline').mockImplementation((...args) => {
      if (++made === 2) binding.stickEpilogues(0);
      return create(...args);
    });
    const restored = await restorer.restore(frame);
    expect(restored.data).toEqual(data);
    expect(restored.report.integrity!.knownAnswer).toMatchObject({ asked: 2, wrong: 1 });
    expect(Object.values(restored.report.integrity!.found)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('opens no packaged model', async () => {
    binding.stickEpilogues(silent[0]!);
    await expect(open({ model: 'eo-defocus-small' })).rejects.toThrow(IntegrityError);
  });
});
