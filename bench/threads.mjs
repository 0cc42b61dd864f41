import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { Restorer } from '../dist/index.js';
import { writeModel } from './models.mjs';
import { median, spread } from './sampling.mjs';
import { createFrame } from './test-frame.mjs';

/** How long the other program runs and rests in turn, where it takes half a core. */
const HALF_MS = 10;

/** The last core that this process may use. */
function lastCore() {
  const allowed = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return /(\d+)$/.exec(allowed ?? '')?.[1] ?? '0';
}

/** Another program on one of the cores: none, one that never rests, one that rests half of the time. */
const CASES = { free: 0, 'one core half taken': HALF_MS, 'one core taken': Infinity };

/**
 * Starts what takes a core, with the priority of this process.
 * @param {number} runMs how long it runs before it rests as long: 0, it does not start
 * @returns {Promise<() => Promise<void>>} ends it
 */
async function takeCore(runMs) {
  if (runMs === 0) return async () => undefined;
  const child = spawn('taskset', ['-c', lastCore(), process.execPath, '-e', 'for (;;);'], { stdio: 'ignore' });
  await once(child, 'spawn');
  let isStopped = false;
  const takeTurns = () => {
    isStopped = !isStopped;
    child.kill(isStopped ? 'SIGSTOP' : 'SIGCONT');
  };
  const turn = Number.isFinite(runMs) ? setInterval(takeTurns, runMs) : undefined;
  return async () => {
    clearInterval(turn);
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}

/** One frame: seconds, and seconds of CPU time of the whole process. */
async function timeFrame(restorer, frame) {
  const start = performance.now(),
    before = process.cpuUsage();
  await restorer.restore(frame);
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1e3, cpuSeconds: (user + system) / 1e6 };
}

/**
 * The same frame with 1, 2 and 3 threads, in turns, where the cores are free and where another program takes one.
 * @param {{ blocks: number, base: number, width: number, height: number, rounds: number, isa: string,
 *   report: (line: string) => void }} options
 */
export async function benchmarkThreads({ blocks, base, width, height, rounds, isa, report }) {
  const model = await writeModel(blocks, base),
    frame = createFrame(width, height),
    results = [];
  const restorers = await Promise.all(
    [1, 2, 3].map((threads) => Restorer.open({ model, threads, isa, memory: '4GB' })),
  );
  for (const restorer of restorers) await restorer.restore(frame);
  for (const [cores, runMs] of Object.entries(CASES)) {
    report(`${width}x${height}, n ${blocks}, base ${base}, ${cores}`);
    const samples = restorers.map(() => []);
    const giveBack = await takeCore(runMs);
    for (let round = 0; round < rounds; ++round) {
      for (const [index, restorer] of restorers.entries()) samples[index].push(await timeFrame(restorer, frame));
    }
    await giveBack();
    for (const [index, taken] of samples.entries()) {
      // Clocks vary: each frame is compared with that of one thread in the same round.
      const ratios = (name) => taken.map((sample, round) => samples[0][round][name] / sample[name]);
      const seconds = taken.map((sample) => sample.seconds);
      results.push({
        cores,
        blocks,
        base,
        width,
        height,
        threads: index + 1,
        seconds: median(seconds),
        cpuSeconds: median(taken.map(({ cpuSeconds }) => cpuSeconds)),
        speed: median(ratios('seconds')),
        cpu: 1 / median(ratios('cpuSeconds')),
        spread: spread(seconds),
      });
    }
  }
  for (const restorer of restorers) await restorer.dispose();
  return results;
}
