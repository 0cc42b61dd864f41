import { expect, it } from 'vitest';
import { createReport, estimate, metrics } from '../lib/index.js';
import type { Frame } from '../lib/index.js';
import { Runtime } from '../lib/runtime/runtime.js';
import { createFrame } from './support/frames.js';

const small = createFrame({ width: 512, height: 384, range: [0.2, 0.8] });
/** Twelve of them. */
const frame: Frame = {
  ...small,
  width: 2048,
  height: 1152,
  data: Uint8Array.from({ length: 2048 * 1152 * 3 }, (_, index) => {
    const [pixel, channel] = [Math.floor(index / 3), index % 3];
    return small.data[((Math.floor(pixel / 2048) % 384) * 512 + (pixel % 512)) * 3 + channel]!;
  }),
};

it.each<[string, (options: { signal: AbortSignal; runtime: Runtime }) => Promise<unknown>]>([
  ['an estimate', (options) => estimate(frame, options)],
  ["an estimate of kind 'blind'", (options) => estimate(frame, { kind: 'blind', ...options })],
  ['an estimate against a reference', (options) => estimate(frame, { reference: frame, grid: [2, 2], ...options })],
  ['metrics', (options) => metrics.measure(frame, { reference: frame, ...options })],
  ['a single metric', (options) => metrics.niqe(frame, options)],
  ['a report', (options) => createReport(frame, frame, options)],
])('%s ends with the reason of its signal, at any time, and nothing of it runs on', async (_, run) => {
  using runtime = await Runtime.open({ threads: 2 });
  for (const delay of [0, 30, 120, 400]) {
    const controller = new AbortController();
    const reason = new Error(`enough after ${delay} ms`);
    const timer = setTimeout(() => controller.abort(reason), delay);
    const ended: unknown = await run({ signal: controller.signal, runtime }).catch((error: unknown) => error);
    clearTimeout(timer);
    // What was done before the signal has a result.
    if (controller.signal.aborted) expect(ended).toBe(reason);
    expect(runtime.busyThreads).toBe(0);
  }
});
