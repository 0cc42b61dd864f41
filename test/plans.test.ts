import { describe, expect, it } from 'vitest';
import { createReport, estimate, metrics, planEstimate, planReport } from '../lib/index.js';
import type { MemoryPlan } from '../lib/index.js';
import { createFrame } from './support/frames.js';

const frame = createFrame({ width: 300, height: 280 });
const { width, height, channels, depth } = frame;
const size = { width, height, channels, depth };

interface Planned {
  readonly report: { readonly plan: MemoryPlan };
}

describe('the plan of', () => {
  it.each<[string, () => MemoryPlan, (memory?: number) => Promise<Planned>]>([
    ['an estimate', () => planEstimate(size), (memory) => estimate(frame, { ...(memory && { memory }) })],
    [
      "an estimate of kind 'blind'",
      () => planEstimate(size, { kind: 'blind' }),
      (memory) => estimate(frame, { kind: 'blind', ...(memory && { memory }) }),
    ],
    [
      'an estimate against a reference',
      () => planEstimate(size, { reference: size, grid: [2, 1] }),
      (memory) => estimate(frame, { reference: frame, grid: [2, 1], ...(memory && { memory }) }),
    ],
    ['metrics', () => metrics.planMetrics(size), (memory) => metrics.measure(frame, { ...(memory && { memory }) })],
    [
      'metrics with a reference',
      () => metrics.planMetrics(size, { reference: true }),
      (memory) => metrics.measure(frame, { reference: frame, ...(memory && { memory }) }),
    ],
    [
      'a report',
      () => planReport(size, { reference: true }),
      (memory) => createReport(frame, frame, { reference: frame, ...(memory && { memory }) }),
    ],
  ])('%s is known before, and what does not fit is refused with the budget that would do', async (_, plan, run) => {
    const { bytes, buffers, budgetBytes } = plan();
    expect(budgetBytes).toBe(1e9);
    expect(buffers.reduce((sum, buffer) => sum + buffer.bytes, 0)).toBeCloseTo(bytes, 0);
    expect((await run()).report.plan.bytes).toBe(bytes);
    await expect(run(Math.ceil(bytes) - 1)).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL', requiredBytes: bytes });
  });

  it('an estimate names its own budget, and refuses sizes that are none', () => {
    expect(planEstimate(size, { memory: '300MB' }).budgetBytes).toBe(300e6);
    expect(planEstimate({ width: 64, height: 64 }).bytes).toBeLessThan(130e6);
    expect(() => planEstimate({ width: 5, height: 64 })).toThrow(/between 16 and 65535 for width/);
    expect(() => planEstimate(size, { kind: 'motion', reference: size })).toThrow(/cannot be used with a reference/);
    expect(() => metrics.planMetrics(size, { reference: 1 as never })).toThrow(/reference/);
  });
});
