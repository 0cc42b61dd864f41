import { Worker } from 'node:worker_threads';
import { ServiceError } from '../errors.js';
import type { OnSync } from './blocking-disk.js';
import { fromSent } from './sent-error.js';
import type { Work, WorkReply, WorkTask } from './work.js';

/** Threads load no TypeScript: from the sources, as tests run them, the thread is the built one. */
const built = (url: string): string =>
  url.endsWith('.ts') ? url.replace('/lib/', '/dist/').replace(/ts$/, 'js') : url;

/** It holds a piece of a file, and no more than one report. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 };

interface Waiting {
  readonly onSync: OnSync | undefined;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Does work on files in a thread of its own, one piece after the other; it is started when it is first needed. */
export class DiskThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #sent = 0;

  /** Rejects as the work does, or with SYNC where the thread is lost: nobody knows what it has done. */
  run<In, Out>(work: Work<In, Out>, input: In, onSync?: OnSync): Promise<Out> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const number = this.#sent++;
    const task: WorkTask = { number, url: built(work.url), name: work.name, input };
    return new Promise<Out>((resolve, reject) => {
      this.#waiting.set(number, { onSync, resolve: resolve as (value: unknown) => void, reject });
      // A process ends while nothing is under way.
      if (this.#waiting.size === 1) worker.ref();
      worker.postMessage(task);
    });
  }

  #start(): Worker {
    const url = new URL(built(new URL(import.meta.url).href).replace('disk-thread', 'disk-worker'));
    // Options of the process, such as --input-type, are not for its threads.
    const worker = new Worker(url, { resourceLimits: LIMITS, execArgv: [] });
    let reason = 'it has ended';
    worker.on('message', (reply: WorkReply) => this.#settle(worker, reply));
    worker.on('error', (error) => {
      reason = error.message;
    });
    worker.on('exit', () => this.#lose(reason));
    return worker;
  }

  #settle(worker: Worker, { number, result, error, syncs }: WorkReply): void {
    const waiting = this.#waiting.get(number)!;
    this.#waiting.delete(number);
    if (this.#waiting.size === 0) worker.unref();
    for (const seconds of syncs) waiting.onSync?.(seconds);
    if (error) waiting.reject(fromSent(error));
    else waiting.resolve(result);
  }

  #lose(reason: string): void {
    this.#worker = null;
    const error = new ServiceError('SYNC', `The thread of the disk is lost: ${reason}: do it again`);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
