// Restores, deconvolves, estimates and measures stars at once on one runtime; prints how many threads were busy.
import { readFileSync, readdirSync } from 'node:fs';
import { Deconvolver, Restorer, Runtime, estimate, stars } from '../../dist/index.js';

const threads = Number(process.argv[2]);
const runtime = await Runtime.open({ threads, memory: '2GB' });
const side = 384;
const data = Uint8Array.from(
  { length: 3 * side * side },
  (_, index) => 128 + 60 * Math.sin((index % (3 * side)) / 25) * Math.cos(index / side / 31) + ((index * 7919) % 13),
);
const frame = /** @type {const} */ ({ width: side, height: side, channels: 3, depth: 8, data });
const sky = stars.simulate({ width: side, height: side, stars: 40 }).frame;

/** Processor time of every thread of this process, in ticks of 10 ms. @returns {Map<string, number>} */
const readTicks = () =>
  new Map(
    readdirSync('/proc/self/task').map((id) => {
      const fields = readFileSync(`/proc/self/task/${id}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
      return [id, Number(fields[11]) + Number(fields[12])];
    }),
  );

const restorer = await Restorer.open({ runtime });
const deconvolver = await Deconvolver.open({ runtime, psf: 'disk:3' });
const before = readTicks();
const begin = performance.now();
/** @param {() => Promise<unknown>} work */
const repeat = async (work) => {
  for (let round = 0; round < 2; round += 1) await work();
};
await Promise.all([
  repeat(() => restorer.restore(frame)),
  repeat(() => deconvolver.restore(frame)),
  repeat(() => estimate(frame, { runtime })),
  repeat(() => stars.restoreStars(sky, { runtime })),
]);
const seconds = (performance.now() - begin) / 1000;
const main = String(process.pid);
let busySeconds = 0;
for (const [id, ticks] of readTicks()) if (id !== main) busySeconds += (ticks - (before.get(id) ?? 0)) / 100;
const { mostBusyThreads, busyThreads } = runtime;
console.log(JSON.stringify({ mostBusyThreads, busyThreads, busy: busySeconds / seconds }));
await restorer.dispose();
await deconvolver.dispose();
