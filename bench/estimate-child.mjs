// Estimates a defocused frame in a process of its own, so that its peak memory is that of the work; with `reference`,
// also against its sharp scene: estimate-child.mjs '{"frame": path, "reference": path or null, "threads": 2, "samples":
// 3}', and a `kind` where one is wanted. The memory is that of the first sample: later ones find the garbage of earlier
// ones.
import { estimate } from '../dist/index.js';

const { frame, reference, kind, threads, samples } = JSON.parse(process.argv[2]);
const seconds = [];
const cpuSeconds = [];
let found, peakRssBytes;
for (let sample = 0; sample < samples; sample += 1) {
  const cpu = process.cpuUsage();
  found = await estimate(frame, { threads, ...(kind && { kind }), ...(reference && { reference, referenceScale: 1 }) });
  peakRssBytes ??= found.report.peakRssBytes;
  const { user, system } = process.cpuUsage(cpu);
  seconds.push(found.report.seconds);
  cpuSeconds.push((user + system) / 1e6);
}
console.log(JSON.stringify({ seconds, cpuSeconds, psf: found.blur.psf, peakRssBytes }));
