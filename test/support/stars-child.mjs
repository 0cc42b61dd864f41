// Restores one star frame in a fresh process, and prints the memory that took: stars-child.mjs INPUT OUTPUT OPTIONS
// Without arguments: the memory of Node alone. An input that ends in .f32 is 2048x1536 floats, which are the caller's.
import { readFileSync } from 'node:fs';

const peakBytes = () => 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]);

/** @param {string} path */
function readFloats(path) {
  const { buffer, byteOffset, length } = readFileSync(path);
  const data = new Float32Array(buffer, byteOffset, length / 4);
  return /** @type {const} */ ({ width: 2048, height: 1536, channels: 1, depth: 32, data });
}

const [input, output, options] = process.argv.slice(2);
if (input === undefined) console.log(JSON.stringify({ peakBytes: peakBytes() }));
else {
  const {
    stars: { restoreStars },
  } = await import('../../dist/index.js');
  const pixels = input.endsWith('.f32') ? readFloats(input) : null;
  const result = await restoreStars(pixels ?? input, JSON.parse(String(options)));
  const { stars, report } = result;
  const restoredBytes = peakBytes() - (pixels?.data.byteLength ?? 0);
  if (pixels === null) await result.toFile(String(output));
  const { bytes: planBytes } = report.plan;
  console.log(JSON.stringify({ restoredBytes, planBytes, peakBytes: peakBytes(), stars: stars.length }));
}
