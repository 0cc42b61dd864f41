// Deconvolves frames in a worker thread: one and answers, or without end until it is terminated.
import { parentPort, workerData } from 'node:worker_threads';
import { Deconvolver } from '../../dist/index.js';

const { frame, options, forever } = workerData;
const deconvolver = await Deconvolver.open(options);
do {
  const { data } = await deconvolver.restore(frame, {
    onProgress: () => {
      if (forever) parentPort?.postMessage('running');
    },
  });
  if (!forever) parentPort?.postMessage(data);
} while (forever);
await deconvolver.dispose();
