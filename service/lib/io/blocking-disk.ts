import * as fs from 'node:fs';
import { constants } from 'node:fs';
import type { Disk, IoFile, IoStat } from '../io.js';
import { kindOf, tooLarge, unlessMissing } from './stat.js';

/** Told how long a sync took, in seconds. */
export type OnSync = (seconds: number) => void;

/**
 * The disk for a thread that may wait for it: every call is over before it returns, which costs a fraction of one that
 * goes to another thread and back.
 */
export function blockingDisk(onSync: OnSync): Disk {
  return {
    monotonic: () => performance.now(),
    create: async (path) => new BlockingFile(fs.openSync(path, 'wx+', 0o640), onSync),
    open: async (path) => new BlockingFile(fs.openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW), onSync),
    readFile: async (path, mostBytes) => readFile(path, mostBytes),
    list: async (folder) => fs.readdirSync(folder).sort(),
    stat: async (path) => stat(path),
    makeFolder: async (path) => makeFolder(path),
    rename: async (from, to) => fs.renameSync(from, to),
    unlink: async (path) => unlink(path),
    syncFolder: async (path) => syncFolder(path, onSync),
  };
}

class BlockingFile implements IoFile {
  readonly #descriptor: number;
  readonly #onSync: OnSync;

  constructor(descriptor: number, onSync: OnSync) {
    this.#descriptor = descriptor;
    this.#onSync = onSync;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += fs.writeSync(this.#descriptor, bytes, done, bytes.length - done);
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return fs.readSync(this.#descriptor, into, 0, into.length, position);
  }

  async size(): Promise<number> {
    return fs.fstatSync(this.#descriptor).size;
  }

  async copyTo(path: string): Promise<void> {
    fs.copyFileSync(`/proc/self/fd/${this.#descriptor}`, path, constants.COPYFILE_EXCL);
  }

  async sync(): Promise<void> {
    sync(this.#descriptor, this.#onSync);
  }

  async protect(): Promise<void> {
    fs.fchmodSync(this.#descriptor, 0o440);
  }

  async close(): Promise<void> {
    fs.closeSync(this.#descriptor);
  }
}

function sync(descriptor: number, onSync: OnSync): void {
  const begun = performance.now();
  fs.fsyncSync(descriptor);
  onSync((performance.now() - begun) / 1000);
}

function syncFolder(path: string, onSync: OnSync): void {
  const descriptor = fs.openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    sync(descriptor, onSync);
  } finally {
    fs.closeSync(descriptor);
  }
}

function readFile(path: string, mostBytes: number): Uint8Array {
  const descriptor = fs.openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = fs.fstatSync(descriptor);
    if (size > mostBytes) throw tooLarge(path, size, mostBytes);
    const bytes = Buffer.allocUnsafe(size);
    let done = 0;
    for (let count = -1; count !== 0 && done < size; done += count) {
      count = fs.readSync(descriptor, bytes, done, size - done, done);
    }
    return bytes.subarray(0, done);
  } finally {
    fs.closeSync(descriptor);
  }
}

function stat(path: string): IoStat | null {
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  return found ? { kind: kindOf(found), bytes: found.size, modifiedAt: found.mtimeMs } : null;
}

function makeFolder(path: string): boolean {
  try {
    fs.mkdirSync(path, 0o750);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function unlink(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    unlessMissing(error as NodeJS.ErrnoException);
  }
}
