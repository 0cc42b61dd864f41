// Restores one file in a fresh process, several times over, and prints the memory that took.
import { readFileSync } from 'node:fs';
import { Restorer } from '../../dist/index.js';
import { encoderBuffers } from '../../dist/image/frame-memory.js';
import { bytesOf } from '../../dist/runtime/memory-plan.js';

const [input, output, model, threads, frames] = process.argv.slice(2);

/** @param {string} field of /proc/self/status @returns {number} bytes */
const readStatus = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;

const restorer = await Restorer.open({ model: String(model), threads: Number(threads) });
const rss = [];
/** @type {number | undefined} */
let plannedBytes;
const jobs = Array.from({ length: Number(frames) }, (_, index) => ({
  input: String(input),
  output: `${output}.${index}.png`,
}));
for await (const { result, error } of restorer.restoreFiles(jobs)) {
  if (error) throw error;
  plannedBytes = result.report.plan.bytes + (jobs.length > 1 ? bytesOf(encoderBuffers(result, 'png')) : 0);
  rss.push(readStatus('VmRSS'));
}
console.log(JSON.stringify({ peakBytes: readStatus('VmHWM'), plannedBytes, mappedBytes: restorer.mappedBytes, rss }));
await restorer.dispose();
