// One frame restored by the library alone: prints the most memory that it took.
import { readFile } from 'node:fs/promises';
import { Restorer, Runtime } from 'perifocal';

const [input, output] = process.argv.slice(2);
const runtime = await Runtime.open({ memory: '275MB' });
const restorer = await Restorer.open({ model: 'eo-defocus-small', runtime });
for (let i = 0; i < 3; i += 1) {
  await restorer.restoreFile(/** @type {string} */ (input), /** @type {string} */ (output));
}
const status = await readFile('/proc/self/status', 'utf8');
console.log(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024);
await restorer.dispose();
runtime.dispose();
