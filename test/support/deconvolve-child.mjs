// Deconvolves one file in a fresh process, and prints the memory that took: deconvolve-child.mjs INPUT OUTPUT OPTIONS
import { Deconvolver } from '../../dist/index.js';
import { readPeakRss } from '../../dist/runtime/garbage.js';

const [input, output, options] = process.argv.slice(2);
const deconvolver = await Deconvolver.open(JSON.parse(String(options)));
const { report } = await deconvolver.restoreFile(String(input), String(output));
console.log(
  JSON.stringify({
    peakBytes: readPeakRss(),
    plannedBytes: report.plan.bytes,
    tiles: report.plan.tiles,
    iterations: report.iterations,
  }),
);
await deconvolver.dispose();
