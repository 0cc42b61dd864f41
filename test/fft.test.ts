import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { ArgumentError, IsaError, Runtime, StateError, fft } from '../lib/index.js';
import type { BudgetError, HalfSpectrum } from '../lib/index.js';
import { loadBinding } from '../lib/runtime/native/loader.js';

const isas = loadBinding()
  .isas()
  .filter(({ supported }) => supported)
  .map(({ name }) => name);
const random = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * i * 0.37) - Math.cos(i * 1.7) / 2);

/** By the definition, in double precision. */
function transformLine(values: ArrayLike<number>): [number, number][] {
  const { length } = values;
  return Array.from({ length: Math.floor(length / 2) + 1 }, (_, k) => {
    let [re, im] = [0, 0];
    for (let n = 0; n < length; n += 1) {
      const angle = (-2 * Math.PI * ((k * n) % length)) / length;
      re += values[n]! * Math.cos(angle);
      im += values[n]! * Math.sin(angle);
    }
    return [re, im];
  });
}

function relativeRms(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, total] = [0, 0];
  for (let i = 0; i < expected.length; i += 1) {
    error += (actual[i]! - expected[i]!) ** 2;
    total += expected[i]! ** 2;
  }
  return Math.sqrt(error / total);
}

const flatten = ({ re, im }: HalfSpectrum): number[] => [...re, ...im];
const allowed = (count: number): number => 2e-7 * Math.sqrt(Math.max(1, Math.log2(count)));

afterEach(() => {
  fft.cache.limitBytes = 0;
  fft.cache.limitBytes = 64e6;
});

describe('lines', () => {
  for (const isa of isas) {
    it.each([
      [1, 1],
      [2, 1],
      [3, 2],
      [16, 1],
      [100, 3],
      [101, 1],
      [256, 17],
      [750, 1],
      [1024, 1],
    ])(`of %i values, %i of them, ${isa}`, async (length, lines) => {
      using plan = await fft.plan({ length, lines, isa });
      const values = random(length * lines);
      const spectrum = await plan.forward(values);
      const expected = Array.from({ length: lines }, (_, line) =>
        transformLine(values.subarray(line * length, (line + 1) * length)),
      ).flat();
      const wanted = [...expected.map(([re]) => re), ...expected.map(([, im]) => im)];
      expect(relativeRms(flatten(spectrum), wanted)).toBeLessThanOrEqual(allowed(length));
      expect(relativeRms(await plan.inverse(spectrum), values)).toBeLessThanOrEqual(5e-7);
      expect(flatten(plan.forwardSync(values))).toEqual(flatten(spectrum));
      expect(plan.inverseSync(spectrum)).toEqual(await plan.inverse(spectrum));
    });
  }
});

describe('images', () => {
  it('have the spectrum of a product of two lines', async () => {
    const [rows, columns] = [36, 50];
    const [down, across] = [random(rows), random(columns).map((value) => value + 0.5)];
    using plan = await fft.plan({ rows, columns });
    const spectrum = await plan.forward(
      Float32Array.from({ length: rows * columns }, (_, i) => down[Math.floor(i / columns)]! * across[i % columns]!),
    );
    const half = transformLine(down);
    const whole = [
      ...half,
      ...half
        .slice(1, (rows + 1) >> 1)
        .reverse()
        .map(([re, im]) => [re, -im] as const),
    ];
    const horizontal = transformLine(across);
    const expected = whole.flatMap(([a, b]) => horizontal.map(([c, d]) => [a * c - b * d, a * d + b * c] as const));
    expect(whole).toHaveLength(rows);
    expect(
      relativeRms(flatten(spectrum), [...expected.map(([re]) => re), ...expected.map(([, im]) => im)]),
    ).toBeLessThanOrEqual(allowed(rows * columns));
  });

  it('come back from their spectrum, the same bits with any number of threads', async () => {
    const [rows, columns] = [270, 194];
    const values = random(rows * columns);
    const results = await Promise.all(
      ([1, 2, 3] as const).map(async (threads) => {
        using plan = await fft.plan({ rows, columns, threads });
        const spectrum = await plan.forward(values);
        return { spectrum, back: await plan.inverse(spectrum) };
      }),
    );
    expect(relativeRms(results[0]!.back, values)).toBeLessThanOrEqual(5e-7);
    for (const one of results) expect(one).toEqual(results[0]);
  });

  it('are written into the arrays given', async () => {
    using plan = await fft.plan({ rows: 8, columns: 10 });
    const out = { re: new Float32Array(48), im: new Float32Array(48) };
    const values = random(80);
    expect(await plan.forward(values, out)).toBe(out);
    const back = new Float32Array(80);
    expect(await plan.inverse(out, back)).toBe(back);
    expect(relativeRms(back, values)).toBeLessThanOrEqual(5e-7);
  });
});

describe('good sizes', () => {
  it('hold n, and only small factors', () => {
    for (const n of [1, 2, 11, 16, 17, 100, 509, 1000, 1543, 2081, 4000, 100_003]) {
      const size = fft.goodSize(n);
      let rest = size;
      for (const prime of [2, 3, 5, 7]) while (rest % prime === 0) rest /= prime;
      expect(rest, String(size)).toBe(1);
      expect(size).toBeGreaterThanOrEqual(n);
      expect(size).toBeLessThan(1.3 * n + 16);
      if (n > 16) expect(size % 16).toBe(0);
    }
    expect(fft.goodSize(2048)).toBe(2048);
  });
});

describe('the cache', () => {
  it('keeps what was disposed, up to its limit', async () => {
    const plan = await fft.plan({ rows: 64, columns: 64, threads: 1 });
    expect(fft.cache.bytes).toBe(0);
    expect(plan.bytes).toBe(fft.planBytes({ rows: 64, columns: 64, threads: 1 }));
    plan.dispose();
    plan.dispose();
    expect(fft.cache.bytes).toBe(plan.bytes);
    (await fft.plan({ rows: 64, columns: 64, threads: 2 })).dispose();
    expect(fft.cache.bytes).toBeGreaterThan(2 * plan.bytes - 1);
    const again = await fft.plan({ rows: 64, columns: 64, threads: 1 });
    expect(fft.cache.bytes).toBe(fft.planBytes({ rows: 64, columns: 64, threads: 2 }));
    again.dispose();
    fft.cache.limitBytes = plan.bytes;
    expect(fft.cache.bytes).toBe(plan.bytes);
    fft.cache.limitBytes = plan.bytes - 1;
    expect(fft.cache.bytes).toBe(0);
  });

  it('gets a plan that is disposed while it works when it has ended', async () => {
    const plan = await fft.plan({ rows: 256, columns: 256 });
    const values = random(256 * 256);
    const promise = plan.forward(values);
    plan.dispose();
    expect(fft.cache.bytes).toBe(0);
    const spectrum = await promise;
    expect(fft.cache.bytes).toBe(plan.bytes);
    using second = await fft.plan({ rows: 256, columns: 256 });
    expect(relativeRms(await second.inverse(spectrum), values)).toBeLessThanOrEqual(5e-7);
  });

  it('refuses a limit that is none', () => {
    expect(() => {
      fft.cache.limitBytes = Number.NaN;
    }).toThrow('Expected number >= 0 for limitBytes but received NaN');
  });
});

describe('wrong use', () => {
  it.each([
    [{ length: 0 }, 'Expected integer between 1 and 4194304 for length but received 0 of type number'],
    [{ length: 2 ** 22 + 1 }, 'for length but received 4194305'],
    [{ length: 8.5 }, 'for length but received 8.5'],
    [{ length: 8, lines: 0 }, 'for lines but received 0'],
    [{ length: 8, threads: 4 }, 'Expected integer between 1 and 3 for threads but received 4'],
    [
      { length: 8, size: 2 },
      'Unknown size in transform; known: length, lines, memory, threads, isa, nativeBinding, runtime',
    ],
    [{ rows: 8 }, 'for columns but received undefined'],
    [{ rows: 2 ** 20, columns: 2 ** 20 }, 'is too large; at most 268435456 fit'],
    [{}, 'for length but received undefined'],
    [null, 'Expected object for transform but received null'],
    ['512', 'Expected object for transform'],
  ])('plan(%o)', async (request, message) => {
    const attempt = fft.plan(request as never);
    await expect(attempt).rejects.toThrow(ArgumentError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('of an instruction set', async () => {
    await expect(fft.plan({ length: 8, isa: 'mmx' })).rejects.toThrow(IsaError);
  });

  it('of sizes', () => {
    expect(() => fft.goodSize(0)).toThrow(ArgumentError);
    expect(() => fft.goodSize(2 ** 23)).toThrow('Expected integer between 1 and 4194304 for n');
  });

  it('of arrays', async () => {
    using plan = await fft.plan({ rows: 4, columns: 6 });
    const values = new Float32Array(24);
    const spectrum = { re: new Float32Array(16), im: new Float32Array(16) };
    await expect(plan.forward(new Float32Array(23))).rejects.toThrow(
      'Expected Float32Array of 24 values for values of 23 values',
    );
    await expect(plan.forward(new Float64Array(24) as never)).rejects.toThrow(
      'but received an object of type Float64Array',
    );
    await expect(plan.forward(values, { ...spectrum, im: new Float32Array(15) })).rejects.toThrow(
      'for im of 15 values',
    );
    await expect(plan.inverse(spectrum, new Float32Array(25))).rejects.toThrow('for values of 25 values');
    await expect(plan.inverse(null as never)).rejects.toThrow('object of re and im');
    await expect(plan.forward(values, { re: spectrum.re, im: spectrum.re })).rejects.toThrow(
      're and im overlap in memory',
    );
    await expect(plan.forward(new Float32Array(new SharedArrayBuffer(96)))).rejects.toThrow(
      'neither shared nor resizable',
    );
    structuredClone(values.buffer, { transfer: [values.buffer] });
    await expect(plan.forward(values)).rejects.toThrow('for values of 0 values');
  });

  it('of a plan that works or was disposed', async () => {
    const plan = await fft.plan({ rows: 512, columns: 512 });
    const values = random(512 * 512);
    const first = plan.forward(values);
    await expect(plan.forward(values)).rejects.toThrow(StateError);
    expect(() => plan.forwardSync(values)).toThrow('still busy');
    await first;
    plan.dispose();
    await expect(plan.forward(values)).rejects.toThrow('The transform was disposed');
  });
});

describe('memory', () => {
  const take = (array: Float32Array): void =>
    void structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  const spectrumOf = (plan: { lines: number; bins: number }): HalfSpectrum => ({
    re: new Float32Array(plan.lines * plan.bins),
    im: new Float32Array(plan.lines * plan.bins),
  });

  /** Whether a call is over after some turns of the event loop: its arrays can then be taken away no more. */
  const endsWithin = async (call: Promise<unknown>, turns: number): Promise<boolean> => {
    let isOver = false;
    call.then(
      () => {
        isOver = true;
      },
      () => {},
    );
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    return isOver;
  };

  it('made by a plan is worked on in place, with the same result, and cannot be taken away', async () => {
    using plan = await fft.plan({ rows: 48, columns: 50 });
    const values = random(48 * 50);
    const expected = await plan.forward(values);
    const [own, spectrum, back] = [plan.createValues(), plan.createSpectrum(), plan.createValues()];
    own.set(values);
    expect(() => take(own)).toThrow();
    expect(await plan.forward(own, spectrum)).toEqual(expected);
    expect(await plan.inverse(spectrum, back)).toEqual(await plan.inverse(expected));
    await expect(plan.forward(spectrum.re)).rejects.toThrow('for values of');
  });

  it('that is taken away while a call runs is an error of the caller, whatever it was for', async () => {
    using plan = await fft.plan({ rows: 1024, columns: 1100 });
    const values = random(1024 * 1100);
    const expected = await plan.forward(values);
    for (const wait of [0, 1, 2, 4]) {
      const [input, out] = [values.slice(), spectrumOf(plan)];
      const run = plan.forward(input, out);
      if (await endsWithin(run, wait)) continue;
      for (const array of [input, out.re, out.im]) take(array);
      await expect(run).rejects.toThrow(ArgumentError);
      const [spectrum, back] = [{ re: expected.re.slice(), im: expected.im.slice() }, new Float32Array(1024 * 1100)];
      const way = plan.inverse(spectrum, back);
      if (await endsWithin(way, wait)) continue;
      for (const array of [spectrum.re, spectrum.im, back]) take(array);
      await expect(way).rejects.toThrow(/memory of (re|im|values) was transferred/);
    }
    expect(await plan.forward(values)).toEqual(expected);
  });

  it('is refused beyond the budget, with the one that would do, and counts until a plan is disposed of', async () => {
    const request = { rows: 1024, columns: 1024 } as const;
    const error = await fft.plan({ ...request, memory: '110MB' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    const { requiredBytes } = error as BudgetError;
    const first = await fft.plan({ ...request, memory: requiredBytes });
    await expect(fft.plan({ ...request, memory: requiredBytes })).rejects.toThrow(/transforms that are open/);
    first.dispose();
    (await fft.plan({ ...request, memory: requiredBytes })).dispose();
  });

  it('that is idle is freed for other work', async () => {
    (await fft.plan({ rows: 1000, columns: 1000 })).dispose();
    expect(fft.cache.bytes).toBeGreaterThan(4e6);
    const { requiredBytes } = (await fft
      .plan({ rows: 900, columns: 900, memory: 1 })
      .catch((reason: unknown) => reason as BudgetError)) as BudgetError;
    (await fft.plan({ rows: 900, columns: 900, memory: requiredBytes })).dispose();
    expect(fft.cache.bytes).toBe(fft.planBytes({ rows: 900, columns: 900 }));
  });

  it('of a call that is aborted is left alone from then on', async () => {
    using plan = await fft.plan({ rows: 2048, columns: 2048 });
    const controller = new AbortController();
    const run = plan.forward(new Float32Array(2 ** 22), undefined, { signal: controller.signal });
    setTimeout(() => controller.abort(null), 5);
    expect(await run.catch((reason: unknown) => ({ reason }))).toEqual({ reason: null });
    await plan.forward(new Float32Array(2 ** 22));
  });
});

describe('a runtime', () => {
  it('bounds the threads of transforms, and gives them its addon', async () => {
    using runtime = await Runtime.open({ threads: 1, isa: 'scalar' });
    using plan = await fft.plan({ rows: 256, columns: 256, runtime });
    expect([plan.threads, plan.isa]).toEqual([1, 'scalar']);
    await Promise.all([plan.forward(random(2 ** 16)), fft.plan({ rows: 32, columns: 32, runtime })]);
    expect(runtime.mostBusyThreads).toBe(1);
    await expect(fft.plan({ length: 8, nativeBinding: '/no/such.node' })).rejects.toThrow(/no\/such\.node/);
    expect(() => fft.goodSize(8, { nativeBinding: '/no/such.node' })).toThrow(/no\/such\.node/);
    expect(() => fft.planBytes({ length: 8, nativeBinding: '/no/such.node' })).toThrow(/no\/such\.node/);
  });
});

describe('worker threads', () => {
  it('transform with plans of their own, and may end in the middle', async () => {
    const workers = Array.from({ length: 3 }, () => new Worker(new URL('./support/fft-worker.mjs', import.meta.url)));
    for (const [sum] of await Promise.all(workers.map((worker) => once(worker, 'message')))) expect(sum).toBe(150_000);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });
});
