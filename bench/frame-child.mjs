// Restores frames of raw pixels in a process of its own, so that its peak memory is that of the work:
//   frame-child.mjs '{"model": path, "width": 2048, "height": 1536, "threads": 2, "isa": name, "samples": 3}'
// The time of a frame: its rows gathered into strips, the network, the residual added to each restored row.
import { Restorer } from '../dist/index.js';
import { loadBinding } from '../dist/runtime/native/loader.js';
import { readPeakRss } from '../dist/runtime/garbage.js';
import { sampleAgainstPeak, timeOnce } from './sampling.mjs';
import { createFrame } from './test-frame.mjs';

const { model, width, height, threads, isa, samples } = JSON.parse(process.argv[2]);
const binding = loadBinding();
const restorer = await Restorer.open({ model, threads, isa, memory: '4GB' });
const frame = createFrame(width, height);
const { macs } = restorer.plan(frame);
const seconds = [];
const cpuShares = [];
const { rates, shares } = await sampleAgainstPeak(binding, isa, threads, samples, async () => {
  const cpu = process.cpuUsage();
  seconds.push(await timeOnce('frame', () => restorer.restore(frame)));
  const { user, system } = process.cpuUsage(cpu);
  cpuShares.push((user + system) / 1e6 / threads / seconds.at(-1));
  return macs / seconds.at(-1);
});
console.log(JSON.stringify({ seconds, rates, shares, cpuShares, macs, peakRssBytes: readPeakRss() }));
