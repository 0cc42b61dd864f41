import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Deconvolver, IntegrityError, formatPlan } from '../lib/index.js';
import type { DeconvolutionReport, DeconvolveOptions, Frame, RestoredImage } from '../lib/index.js';
import { createRandom } from '../lib/math/random.js';
import type { Binding, NativeSolver } from '../lib/runtime/native/binding.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { createFrame } from './support/frames.js';

afterEach(() => void vi.restoreAllMocks());

const binding = loadBinding() as { createSolver: Binding['createSolver'] };
const create = binding.createSolver;
const frame = createFrame({ width: 61, height: 53, channels: 1 });
const methods = ['wiener', 'richardson-lucy', 'hyper-laplacian'] as const;
const optionsOf = (method: (typeof methods)[number]): DeconvolveOptions => ({
  ...{ psf: 'disk:2', method, sigma: 0.01, defects: 'none', threads: 1 },
  ...(method === 'richardson-lucy' && { iterations: 4 }),
});

async function deconvolve(options: DeconvolveOptions): Promise<RestoredImage<Frame, DeconvolutionReport>> {
  await using deconvolver = await Deconvolver.open(options);
  return await deconvolver.restore(frame);
}

const PAGE_BYTES = 4096;

type Range = readonly [start: number, end: number];

/** Memory that this process may write, as the kernel says. */
function readMaps(): Range[] {
  const lines = readFileSync('/proc/self/maps', 'latin1').split('\n');
  const found = lines.map((line) => /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line)).filter((match) => match !== null);
  return found.map((match) => [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16)]);
}

/** Where so many bytes, in whole pages, were mapped since; the kernel may have joined them to what was there. */
function findMapping(bytes: number, before: readonly Range[]): number {
  const fresh = readMaps().flatMap((range) => {
    let parts: Range[] = [range];
    for (const [start, end] of before)
      parts = parts.flatMap(([from, to]): Range[] => {
        const around: Range[] = [
          [from, Math.min(to, start)],
          [Math.max(from, end), to],
        ];
        return around.filter(([first, last]) => last > first);
      });
    return parts;
  });
  const mapped = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
  return fresh.find(([start, end]) => end - start === mapped)?.[0] ?? -1;
}

/** Flips a bit of the memory of this process. */
function flip(address: number, bit: number): void {
  const file = openSync('/proc/self/mem', 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, address);
  byte[0]! ^= 1 << bit;
  writeSync(file, byte, 0, 1, address);
  closeSync(file);
}

/**
 * Flips one bit of a solver's memory before some of its calls, by their number.
 * @returns how many were flipped
 */
function flipBefore(isHit: (call: number) => boolean, random: () => number): () => number {
  let [calls, flipped] = [0, 0];
  vi.spyOn(binding, 'createSolver').mockImplementation((...args) => {
    const before = readMaps();
    const solver: NativeSolver = create(...args);
    const start = findMapping(solver.mappedBytes, before);
    for (const name of ['load', 'step', 'store'] as const) {
      const call = solver[name].bind(solver) as (...given: unknown[]) => Promise<unknown>;
      const struck = (...given: unknown[]): Promise<unknown> => {
        if (isHit(calls++) && start > 0) {
          flip(start + Math.floor(random() * solver.mappedBytes), Math.floor(random() * 8));
          flipped += 1;
        }
        return call(...given);
      };
      Object.defineProperty(solver, name, { value: struck });
    }
    return solver;
  });
  return () => flipped;
}

describe.each(methods)('integrity of %s', (method) => {
  it('gives the same bytes in every mode, and says what it has done', async () => {
    const plain = await deconvolve(optionsOf(method));
    expect(plain.report).not.toHaveProperty('integrity');
    for (const integrity of ['checked', 'full', 'twice'] as const) {
      const { data, report } = await deconvolve({ ...optionsOf(method), integrity });
      expect(data).toEqual(plain.data);
      const computations = integrity === 'twice' ? 2 : 1;
      expect(report.integrity).toEqual({ mode: integrity, restarts: 0, computations, differences: 0 });
      expect(formatPlan(report.plan)).toContain(`integrity  ${integrity}`);
    }
  });

  it.runIf(process.platform === 'linux')('finds every bit that flips in its memory between two calls', async () => {
    const plain = await deconvolve(optionsOf(method));
    const random = createRandom(5);
    const struck = method === 'richardson-lucy' ? 6 : 3;
    for (let run = 0; run < 3 * struck; run += 1) {
      const flipped = flipBefore((call) => call === run % struck, random);
      const { data, report } = await deconvolve({ ...optionsOf(method), integrity: 'checked' });
      expect(flipped()).toBe(1);
      expect(report.integrity).toMatchObject({ restarts: 1, computations: 1 });
      expect(data).toEqual(plain.data);
      vi.restoreAllMocks();
    }
  });

  it.runIf(process.platform === 'linux')('ends where bits keep flipping', async () => {
    flipBefore(() => true, createRandom(6));
    const restored = deconvolve({ ...optionsOf(method), integrity: 'checked' });
    await expect(restored).rejects.toThrow(IntegrityError);
  });
});
