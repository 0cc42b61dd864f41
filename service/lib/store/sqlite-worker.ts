import { parentPort, workerData } from 'node:worker_threads';
import { ServiceError } from '../errors.js';
import { SqliteFile } from './sqlite-file.js';
import { holdLock } from './sqlite-lock.js';
import type { Reply, Task } from './sqlite-protocol.js';

/** The thread in which SQLite waits for the disk. It holds the store's lock as long as it lives. */
const { folder } = workerData as { folder: string };
const port = parentPort!;
const lock = attempt(() => holdLock(folder));
let file: SqliteFile | null = null;

port.on('message', ({ number, task }: { number: number; task: Task }) => {
  const outcome = attempt(() => perform(task));
  port.postMessage({ number, ...outcome, counters: file?.counters ?? null } satisfies Reply);
});

function perform(task: Task): unknown {
  if ('error' in lock) throw new ServiceError(lock.error.code, lock.error.message);
  if (task.kind === 'open') {
    file?.close();
    // Where the next one cannot be opened, there is none.
    file = null;
    file = new SqliteFile(task.path);
    return null;
  }
  if (task.kind === 'end') return end();
  if (!file) throw new ServiceError('CLOSED', 'The database is closed');
  if (task.kind === 'read') return file.read(task.table, task.keys);
  if (task.kind === 'scan') return file.scan(task.table, task.after, task.limit);
  if (task.kind === 'copy') return file.copyTo(task.path);
  if (task.kind === 'finish') return finish(file, task.path, task.rows);
  return file.commit(task.transaction);
}

function finish(whole: SqliteFile, path: string, rows: number): null {
  file = null;
  whole.finish(path, rows);
  return null;
}

function end(): null {
  file?.close();
  file = null;
  if ('result' in lock) lock.result.close();
  port.close();
  return null;
}

/** What a function returns or throws, as it can be sent to another thread. */
function attempt<T>(run: () => T): { result: T } | { error: { code: ServiceError['code']; message: string } } {
  try {
    return { result: run() };
  } catch (error) {
    const code = error instanceof ServiceError ? error.code : 'INTERNAL';
    return { error: { code, message: (error as Error).message } };
  }
}
