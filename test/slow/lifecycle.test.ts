import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { Restorer, StateError } from '../../lib/index.js';
import { createFrame, digest } from '../support/frames.js';
import { randomModel } from '../support/models.js';

const model = randomModel(4, 16);
const frame = createFrame({ width: 320, height: 400 });

/** What the process has worked since then, on all its threads: a machine with other things to do does not change it. */
function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

describe('an abort', () => {
  it('before the run rejects with its reason at once', async () => {
    await using restorer = await Restorer.open({ model });
    await expect(restorer.restore(frame, { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    const reason = new Error('pass over');
    await expect(restorer.restore(frame, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each([0.05, 0.5, 0.95])(
    'at %f of the run rejects within one strip, and the next frame is as if nothing had happened',
    async (fraction) => {
      await using restorer = await Restorer.open({ model });
      const onProgress = vi.fn();
      const start = process.cpuUsage();
      const expected = await restorer.restore(frame, { onProgress });
      const stripWork = cpuSeconds(start) / onProgress.mock.calls.length;
      const controller = new AbortController();
      let abortedAt: NodeJS.CpuUsage | null = null;
      let stripsAfter = 0;
      const run = restorer.restore(frame, {
        signal: controller.signal,
        onProgress: ({ done, total }) => {
          if (controller.signal.aborted) stripsAfter += 1;
          if (done < fraction * total || abortedAt) return;
          abortedAt = process.cpuUsage();
          setImmediate(() => controller.abort()); // While the next strip is in the engine.
        },
      });
      await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
      expect(stripsAfter).toBe(0);
      // A strip's work at most, and what the engine of JavaScript does meanwhile.
      expect(cpuSeconds(abortedAt!)).toBeLessThan(2 * stripWork);
      expect(digest((await restorer.restore(frame)).data)).toBe(digest(expected.data));
    },
  );

  it('after the run changes nothing, and no listener stays behind', async () => {
    await using restorer = await Restorer.open({ model });
    const controller = new AbortController();
    const { data } = await restorer.restore(frame, { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    controller.abort();
    expect(digest((await restorer.restore(frame)).data)).toBe(digest(data));
  });
});

describe('dispose', () => {
  it('during a run ends it with a StateError', async () => {
    const restorer = await Restorer.open({ model });
    const run = restorer.restore(frame, { onProgress: () => void restorer.dispose() });
    await expect(run).rejects.toThrow(StateError);
    await expect(run).rejects.toThrow(/disposed during a run/);
    expect(restorer.mappedBytes).toBe(0);
  });

  it('may be called twice, and refuses what comes later', async () => {
    const restorer = await Restorer.open({ model });
    await restorer.restore(frame);
    expect(restorer.mappedBytes).toBeGreaterThan(0);
    await Promise.all([restorer.dispose(), restorer.dispose()]);
    await restorer.dispose();
    expect(restorer.mappedBytes).toBe(0);
    await expect(restorer.restore(frame)).rejects.toThrow(StateError);
  });

  it('happens at the end of an await using block', async () => {
    let leaked: Restorer;
    {
      await using restorer = await Restorer.open({ model });
      leaked = restorer;
    }
    await expect(leaked.restore(frame)).rejects.toThrow('The restorer is disposed');
  });
});

describe('a restorer', () => {
  it('refuses a second frame while one runs', async () => {
    await using restorer = await Restorer.open({ model });
    const first = restorer.restore(frame);
    await expect(restorer.restore(frame)).rejects.toThrow(/busy with another frame/);
    await first;
  });

  it('reports progress up to the last row, one strip at a time', async () => {
    await using restorer = await Restorer.open({ model, ensemble: 2 });
    const rows: number[] = [];
    await restorer.restore(frame, {
      onProgress: ({ done, total }) => {
        expect(total).toBe(2 * 400);
        rows.push(done);
      },
    });
    expect(rows).toEqual([...rows].sort((a, b) => a - b));
    expect(rows.at(-1)).toBe(800);
    expect(rows.length).toBeGreaterThan(20);
  });

  it('passes on what a progress callback throws, and stays usable', async () => {
    await using restorer = await Restorer.open({ model });
    const run = restorer.restore(frame, {
      onProgress: () => {
        throw new RangeError('no more');
      },
    });
    await expect(run).rejects.toThrow('no more');
    await restorer.restore(frame);
  });

  it('leaves the event loop free all through a frame', async () => {
    await using restorer = await Restorer.open({ model, threads: 1 });
    await restorer.restore(frame);
    const onTick = vi.fn();
    const onProgress = vi.fn();
    const timer = setInterval(onTick, 1);
    const utilizations: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      const before = performance.eventLoopUtilization();
      await restorer.restore(frame, { onProgress });
      utilizations.push(performance.eventLoopUtilization(before).utilization);
    }
    clearInterval(timer);
    // Work on the loop would fill it, and timers would fire between strips only. Now and then garbage is collected.
    expect(utilizations.sort((a, b) => a - b)[2]).toBeLessThan(0.25);
    expect(onTick.mock.calls.length).toBeGreaterThan(2 * onProgress.mock.calls.length);
  });

  it('reports what it did', async () => {
    await using restorer = await Restorer.open({ model, threads: 2 });
    const { report, width, height, channels, depth } = await restorer.restore(frame);
    expect({ width, height, channels, depth }).toEqual({ width: 320, height: 400, channels: 3, depth: 8 });
    expect(report).toMatchObject({
      model: 'random-n4-b16',
      isa: restorer.isa,
      threads: 2,
      decodeSeconds: expect.any(Number),
    });
    expect(report.gmacPerSecond * report.seconds * 1e9).toBeCloseTo(report.plan.macs, -3);
    expect(report.peakRssBytes).toBeGreaterThan(30e6);
  });
});
