// Deconvolves a file in a process of its own, so that its peak memory is that of the work:
//   deconvolve-child.mjs '{"input": path, "output": path, "options": {...}}'
import { Deconvolver } from '../dist/index.js';

const { input, output, options } = JSON.parse(process.argv[2]);
const deconvolver = await Deconvolver.open(options);
const { report } = await deconvolver.restoreFile(input, output);
const { isa, iterations, stopReason, seconds, secondsPerIteration, peakRssBytes } = report;
console.log(JSON.stringify({ isa, iterations, stopReason, seconds, secondsPerIteration, peakRssBytes }));
await deconvolver.dispose();
