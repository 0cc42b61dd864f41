// Transforms an image of ones in a worker thread without end, and posts the sum that it finds each time.
import { parentPort } from 'node:worker_threads';
import { fft } from '../../dist/index.js';

const plan = await fft.plan({ rows: 300, columns: 500, threads: 2 });
const values = new Float32Array(300 * 500).fill(1);
for (;;) {
  const { re } = await plan.forward(values);
  parentPort?.postMessage(re[0]);
}
