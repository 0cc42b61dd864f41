import { parentPort } from 'node:worker_threads';
import { blockingDisk } from './blocking-disk.js';
import { toSent } from './sent-error.js';
import type { Work, WorkReply, WorkTask } from './work.js';

/** The thread that waits for the disk: one piece of work after the other. */
const port = parentPort!;
let syncs: number[] = [];
const disk = blockingDisk((seconds) => syncs.push(seconds));
const known = new Map<string, Work<unknown, unknown>>();
let last: Promise<void> = Promise.resolve();

port.on('message', (task: WorkTask) => {
  last = last.then(() => perform(task));
});

async function perform({ number, url, name, input }: WorkTask): Promise<void> {
  syncs = [];
  try {
    const result = await (await find(url, name)).run(disk, input);
    port.postMessage({ number, result, syncs } satisfies WorkReply);
  } catch (error) {
    port.postMessage({ number, error: toSent(error), syncs } satisfies WorkReply);
  }
}

async function find(url: string, name: string): Promise<Work<unknown, unknown>> {
  const key = `${url}#${name}`;
  const found = known.get(key) ?? ((await import(url)) as Record<string, Work<unknown, unknown>>)[name]!;
  known.set(key, found);
  return found;
}
