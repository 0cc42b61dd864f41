// Restores one file in a fresh process, several times over, and prints the memory that took.
import { readFileSync } from 'node:fs';
import { Restorer } from '../../dist/index.js';
import { writingBytes } from '../../dist/image/frame-memory.js';

const [input, output, model, threads, frames] = process.argv.slice(2);

/** @param {string} field of /proc/self/status @returns {number} bytes */
const readStatus = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;

const restorer = await Restorer.open({ model: String(model), threads: Number(threads) });
const rss = [];
/** @type {number | undefined} */
let plannedBytes;
const jobs = Array(Number(frames)).fill({ input, output });
for await (const { result, error } of restorer.restoreFiles(jobs)) {
  if (error) throw error;
  plannedBytes = result.report.plan.bytes + (jobs.length > 1 ? writingBytes(result) : 0);
  rss.push(readStatus('VmRSS'));
}
console.log(JSON.stringify({ peakBytes: readStatus('VmHWM'), plannedBytes, mappedBytes: restorer.mappedBytes, rss }));
await restorer.dispose();
