// Restores frames in a worker thread: one and answers, or without end until it is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { Restorer } from '../../dist/index.js';

const { model, frame, forever } = workerData;
const restorer = await Restorer.open({ model, threads: 2 });
do {
  const { data } = await restorer.restore(frame, {
    onProgress: () => {
      if (forever) parentPort?.postMessage('running');
    },
  });
  if (!forever) parentPort?.postMessage(data);
} while (forever);
await restorer.dispose();
