import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { defaultThreads, usableCpus } from '../lib/runtime/cpus.js';

const MODULE = fileURLToPath(new URL('../dist/runtime/cpus.js', import.meta.url));
const canPin = (() => {
  try {
    execFileSync('taskset', ['-c', '0', 'true']);
    return true;
  } catch {
    return false;
  }
})();

describe('usable processors', () => {
  it('are at most those of the machine, and give at most three threads', () => {
    expect(usableCpus()).toBeGreaterThanOrEqual(1);
    expect(usableCpus()).toBeLessThanOrEqual(availableParallelism());
    expect(defaultThreads()).toBe(Math.min(3, usableCpus()));
  });

  it.skipIf(!canPin)('are those of the affinity mask', () => {
    const script = `import('${MODULE}').then(({ usableCpus }) => console.log(usableCpus()))`;
    const printed = execFileSync('taskset', ['-c', '0', process.execPath, '-e', script], { encoding: 'utf8' });
    expect(Number(printed)).toBe(1);
  });
});
