import { describe, expect, it } from 'vitest';
import type { AnyFrameSize } from '../lib/image/frame.js';
import type { RowFormat } from '../lib/image/row-writer.js';
import type { FrameReport, Restoration } from '../lib/restoration/restoration.js';
import { planFirst } from '../lib/restoration/scene/plan-ways.js';
import type { RowsAsked } from '../lib/restoration/scene/plan-scene.js';
import type { PlannedBuffer } from '../lib/runtime/memory-plan.js';

type Plan = FrameReport['plan'];

/** A restoration that takes no memory but what it is told of. */
function restorationOf(isStream: boolean, fade: number): Restoration<FrameReport> {
  const planOf = (frame: AnyFrameSize, bytes: number): Plan => ({ frame, buffers: [], bytes, budgetBytes: 1e9 });
  return {
    integrity: 'off',
    windowRule: () => ({ before: 0, after: 0, fade }),
    plan: ({ size, codecBytes = 0 }: { size: AnyFrameSize; codecBytes?: number }) => planOf(size, codecBytes),
    planStream: (size: AnyFrameSize, held: readonly PlannedBuffer[]) =>
      isStream
        ? planOf(
            size,
            held.reduce((sum, { bytes }) => sum + bytes, 0),
          )
        : null,
    workOf: () => 1,
  } as unknown as Restoration<FrameReport>;
}

const size: AnyFrameSize = { width: 32, height: 60_000, channels: 4, depth: 16, alpha: false };

function plan(isStream: boolean, format: RowFormat, rows: RowsAsked, tileSize?: number) {
  const picture = { format, size, metadata: {}, form: { cog: false, tileSize, hasMask: false } } as const;
  const source = { header: size, isMasked: false, rowBuffers: () => [] };
  const job = { restoration: restorationOf(isStream, isStream ? 0 : 8), source, threads: 1, budgetBytes: 1e9 };
  return planFirst([{ picture }], job, rows).scene;
}

describe.each([true, false])('windows of a tall scene (one stream: %s)', (isStream) => {
  it('are about a thousand, however few rows each is to give', () => {
    const { windows, rows } = plan(isStream, 'fits', { most: 1 });
    expect(windows.length).toBeLessThanOrEqual(1024);
    expect(windows.length).toBeGreaterThan(900);
    expect(rows * windows.length).toBeGreaterThanOrEqual(size.height);
    expect(plan(isStream, 'tiff', { most: 100 }).rows).toBe(64);
  });

  it('are those of the run that is gone on with, and the memory of what is known of them is planned', () => {
    const bytes = (rows: number): number => plan(isStream, 'fits', { exact: rows }).plan.bytes;
    expect(plan(isStream, 'fits', { exact: 8 }).windows).toHaveLength(7500);
    // A window's places, digests and marks, in memory and as text.
    expect(bytes(8) - bytes(80)).toBeGreaterThan(6750 * 1000);
  });

  it('plan for the lists of blocks that are kept with them', () => {
    const bytes = (tileSize: number): number => plan(isStream, 'tiff', { exact: 512 }, tileSize).plan.bytes;
    const blocks = (2 * size.height) / 16;
    expect(bytes(16) - bytes(32)).toBeGreaterThan(blocks * 50);
  });
});
