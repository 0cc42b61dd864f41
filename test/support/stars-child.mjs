// Restores one star frame in a fresh process, and prints the memory that took: stars-child.mjs INPUT OUTPUT OPTIONS
// Without arguments: the memory of Node alone.
import { readFileSync } from 'node:fs';

const [input, output, options] = process.argv.slice(2);
let stars = 0;
if (input !== undefined) {
  const {
    stars: { restoreStars },
  } = await import('../../dist/index.js');
  const result = await restoreStars(input, JSON.parse(String(options)));
  stars = result.stars.length;
  await result.toFile(String(output));
}
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'));
console.log(JSON.stringify({ peakBytes: 1024 * Number(peak?.[1]), stars }));
