import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realIo } from '../lib/io.js';
import { Board } from '../lib/limits/board.js';
import { readCgroup } from '../lib/limits/cgroup.js';
import { readMemoryErrors, readPeakMemory, requireMemory } from '../lib/limits/memory.js';
import { SYSTEM_ROOTS } from '../lib/limits/roots.js';
import type { SystemRoots } from '../lib/limits/roots.js';
import { nextThermal, readTemperature } from '../lib/limits/thermal.js';
import type { Thermal } from '../lib/limits/thermal.js';
import { Watchdog, strokeMilliseconds } from '../lib/limits/watchdog.js';

const io = realIo();
let folder: string;
let roots: SystemRoots;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perifocal-limits-'));
  const at = (name: string): string => join(folder, name);
  roots = { proc: at('proc'), cgroup: at('cgroup'), thermal: at('thermal'), edac: at('edac') };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string | number>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), `${text}\n`);
  }
}

describe('readCgroup', () => {
  it('reads version 2: the least of all groups around the process', async () => {
    await write({
      'proc/self/cgroup': '0::/system.slice/perifocal.service',
      'cgroup/system.slice/memory.max': 500_000_000,
      'cgroup/system.slice/perifocal.service/memory.max': 'max',
      'cgroup/system.slice/cpu.max': 'max 100000',
      'cgroup/system.slice/perifocal.service/cpu.max': '150000 100000',
      'cgroup/system.slice/perifocal.service/cpu.stat': 'usage_usec 5\nnr_throttled 3\nthrottled_usec 2500000',
    });
    expect(await readCgroup(io, roots)).toEqual({ memoryBytes: 500_000_000, cpus: 1.5, throttledSeconds: 2.5 });
  });

  it('reads version 1', async () => {
    await write({
      'proc/self/cgroup': '4:memory:/box\n1:cpu,cpuacct:/box\n0::/',
      'cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      'cgroup/memory/box/memory.limit_in_bytes': 300_000_000,
      'cgroup/cpu/box/cpu.cfs_quota_us': 50_000,
      'cgroup/cpu/box/cpu.cfs_period_us': 100_000,
      'cgroup/cpu/cpu.cfs_quota_us': -1,
      'cgroup/cpu/cpu.cfs_period_us': 100_000,
      'cgroup/cpu/box/cpu.stat': 'nr_periods 10\nnr_throttled 2\nthrottled_time 1500000000',
    });
    expect(await readCgroup(io, roots)).toEqual({ memoryBytes: 300_000_000, cpus: 0.5, throttledSeconds: 1.5 });
  });

  it('knows nothing where there is nothing, or nonsense', async () => {
    const nothing = { memoryBytes: null, cpus: null, throttledSeconds: null };
    expect(await readCgroup(io, roots)).toEqual(nothing);
    await write({ 'proc/self/cgroup': 'what?', 'cgroup/memory.max': 'much', 'cgroup/cpu.max': '0 0' });
    expect(await readCgroup(io, roots)).toEqual(nothing);
  });

  it('reads what this machine has', async () => {
    const { memoryBytes } = await readCgroup(io, SYSTEM_ROOTS);
    expect(memoryBytes === null || memoryBytes > 0).toBe(true);
  });
});

describe('memory', () => {
  it('refuses a plan that does not fit, and says both numbers', () => {
    const limits = { memoryBytes: 150e6, cpus: null, throttledSeconds: null };
    const error = { code: 'INVALID', message: expect.stringMatching(/needs 181 MB, but the cgroup allows 150 MB/) };
    expect(() => requireMemory(181e6, limits)).toThrow(expect.objectContaining(error));
    requireMemory(150e6, limits);
    requireMemory(181e6, { ...limits, memoryBytes: null });
  });

  it('reads the peak of this process, and errors of memory', async () => {
    expect(await readPeakMemory(io, SYSTEM_ROOTS)).toBeGreaterThan(10e6);
    expect(await readPeakMemory(io, roots)).toBe(null);
    expect(await readMemoryErrors(io, roots)).toBe(null);
    await write({ 'edac/mc0/ce_count': 2, 'edac/mc0/ue_count': 0, 'edac/mc1/ce_count': 1, 'edac/mc1/ue_count': 1 });
    expect(await readMemoryErrors(io, roots)).toEqual({ corrected: 3, uncorrected: 1 });
  });
});

describe('thermal', () => {
  const limits = { hot: 70, critical: 85 };

  it('takes the warmest zone, and no nonsense', async () => {
    expect(await readTemperature(io, roots.thermal)).toBe(null);
    await write({
      'thermal/thermal_zone0/temp': 41_500,
      'thermal/thermal_zone1/temp': -274_000,
      'thermal/thermal_zone2/temp': 48_000,
      'thermal/cooling_device0/temp': 99_000,
    });
    expect(await readTemperature(io, roots.thermal)).toBe(48);
  });

  it('changes at the limits, and back only when it is cooler by three degrees', () => {
    const path: [number | null, Thermal][] = [
      [69, 'normal'],
      [70, 'hot'],
      [68, 'hot'],
      [85, 'critical'],
      [83, 'critical'],
      [null, 'critical'],
      [81, 'hot'],
      [66, 'normal'],
      [90, 'critical'],
      [20, 'normal'],
    ];
    let state: Thermal = 'normal';
    for (const [celsius, expected] of path) {
      state = nextThermal(state, celsius, limits);
      expect(state, `${celsius}`).toBe(expected);
    }
  });

  it('is looked at again and again', async () => {
    const board = await Board.open(io, roots, limits);
    expect(board.state).toMatchObject({ thermal: 'normal', temperatureCelsius: null });
    await write({ 'thermal/thermal_zone0/temp': 75_000 });
    await board.look();
    expect(board.state).toMatchObject({ thermal: 'hot', temperatureCelsius: 75 });
    await board.close();
  });
});

describe('Watchdog', () => {
  it('strokes only when every part answers', async () => {
    const strokes: string[] = [];
    const seen: (readonly string[])[] = [];
    let trouble: string | null = null;
    const watchdog = new Watchdog({
      io,
      probes: { store: () => null, engine: () => trouble },
      everyMs: 5,
      stroke: (status) => void strokes.push(status),
      onTrouble: (troubles) => void seen.push(troubles),
      status: () => 'well',
    });
    await io.sleep(30);
    expect(strokes.length).toBeGreaterThan(1);
    trouble = 'no progress for 60 s';
    await io.sleep(20);
    const before = strokes.length;
    await io.sleep(30);
    expect(strokes.length).toBe(before);
    expect(seen.at(-1)).toEqual(['engine: no progress for 60 s']);
    trouble = null;
    await io.sleep(30);
    expect(strokes.length).toBeGreaterThan(before);
    expect(seen.at(-1)).toEqual([]);
    await watchdog.close();
  });

  it('strokes at least twice within what systemd allows', () => {
    expect(strokeMilliseconds('30000000')).toBe(12_000);
    expect(strokeMilliseconds(undefined)).toBe(null);
    expect(strokeMilliseconds('nonsense')).toBe(null);
  });
});
