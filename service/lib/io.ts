import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, watch } from 'node:fs';
import * as fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes that are written or read at once. */
const CHUNK_BYTES = 256 * 1024;

/** An open file. */
export interface IoFile {
  /** Writes all bytes at the end of what was written so far. */
  write(bytes: Uint8Array): Promise<void>;
  /** Reads up to `into.length` bytes at a position; resolves with how many, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Makes bytes and size durable. After it has failed once, the file must be given up. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What stands under a name: symbolic links are not followed. */
export interface IoStat {
  readonly kind: 'file' | 'folder' | 'other';
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Room of the file system, in bytes. */
export interface IoRoom {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Disk, clock, random numbers and processes. All code of the service gets them through this; tests simulate them. */
export interface Io {
  /** Milliseconds since the epoch; may jump. */
  now(): number;
  /** Milliseconds since some moment; never jumps back. */
  monotonic(): number;
  /** Resolves after that time; rejects with the signal's reason once it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  uuid(): string;

  /** A new file; EEXIST where the name is taken. */
  create(path: string): Promise<IoFile>;
  /** An existing file, to read and to sync; symbolic links are refused (ELOOP). */
  open(path: string): Promise<IoFile>;
  /** A whole file; an error with code EFBIG where it is longer than `mostBytes`. */
  readFile(path: string, mostBytes: number): Promise<Uint8Array>;
  /** Names in a folder, sorted. */
  list(folder: string): Promise<string[]>;
  /** What stands under a name, or null. */
  stat(path: string): Promise<IoStat | null>;
  /** Makes one folder; nothing where it exists. Resolves with whether it is new. */
  makeFolder(path: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  /** The path of a file or folder without any symbolic links. */
  realPath(path: string): Promise<string>;
  /** Whether both names are of the same file, and not only of equal ones. */
  isSameFile(path: string, other: string): Promise<boolean>;
  /** Lets nobody write a file any more through its names. */
  protect(path: string): Promise<void>;
  /** A second name for a file (hard link). */
  link(existing: string, added: string): Promise<void>;
  /** Removes a file; nothing where there is none. */
  unlink(path: string): Promise<void>;
  removeFolder(path: string): Promise<void>;
  /** Makes names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  room(path: string): Promise<IoRoom>;
  /** Calls `onHint` when something may have changed in a folder; it may miss changes, so look now and then too. */
  watch(folder: string, onHint: () => void): { close(): void };

  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
}

/** The real disk, clock, random numbers and processes. */
export function realIo(): Io {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: async (milliseconds, signal) => {
      await sleep(milliseconds, undefined, signal ? { signal } : {});
    },
    uuid: () => randomUUID(),
    create: async (path) => new RealFile(await fs.open(path, 'wx+', 0o640)),
    open: async (path) => new RealFile(await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW)),
    readFile,
    list: async (folder) => (await fs.readdir(folder)).sort(),
    stat,
    makeFolder,
    rename: (from, to) => fs.rename(from, to),
    realPath: (path) => fs.realpath(path),
    isSameFile,
    protect: (path) => fs.chmod(path, 0o440),
    link: (existing, added) => fs.link(existing, added),
    unlink: async (path) => {
      await fs.unlink(path).catch(unlessMissing);
    },
    removeFolder: (path) => fs.rmdir(path),
    syncFolder,
    room: async (path) => {
      const found = await fs.statfs(path);
      return { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
    },
    watch: (folder, onHint) => {
      const watcher = watch(folder, onHint);
      // A folder that goes away is noticed by whoever looks into it.
      watcher.on('error', () => watcher.close());
      return watcher;
    },
    spawn: (command, args, options) => spawn(command, [...args], options),
  };
}

class RealFile implements IoFile {
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      await this.#handle.writeFile(bytes.subarray(start, start + CHUNK_BYTES));
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function readFile(path: string, mostBytes: number): Promise<Uint8Array> {
  await using handle = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const { size } = await handle.stat();
  if (size > mostBytes) {
    const error: NodeJS.ErrnoException = new Error(`${path} has ${size} bytes, more than ${mostBytes}`);
    error.code = 'EFBIG';
    throw error;
  }
  return handle.readFile();
}

async function stat(path: string): Promise<IoStat | null> {
  const found = await fs.lstat(path).catch(unlessMissing);
  if (!found) return null;
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  return { kind, bytes: found.size, modifiedAt: found.mtimeMs };
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((name) => fs.lstat(name, { bigint: true })));
  return one!.dev === two!.dev && one!.ino === two!.ino;
}

async function makeFolder(path: string): Promise<boolean> {
  try {
    await fs.mkdir(path, 0o750);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await folder.sync();
}

/** Passes null where the error says that there is nothing under a name; throws it otherwise. */
function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
