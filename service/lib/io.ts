import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants, readFileSync, watch } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { OnSync } from './io/blocking-disk.js';
import { DiskThread } from './io/disk-thread.js';
import { kindOf, tooLarge, unlessMissing } from './io/stat.js';
import type { Work } from './io/work.js';

/** Of a file of the kernel, which says that it has none. */
const LEAST_READ_BYTES = 4096;

/** An open file. */
export interface IoFile {
  /** Writes all bytes at the end of what was written so far. */
  write(bytes: Uint8Array): Promise<void>;
  /** Reads up to `into.length` bytes at a position; resolves with how many, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Its bytes. */
  size(): Promise<number>;
  /** A new file with the same bytes; EEXIST where the name is taken. */
  copyTo(path: string): Promise<void>;
  /** Makes bytes and size durable. After it has failed once, the file must be given up. */
  sync(): Promise<void>;
  /** Lets nobody write the file any more through its names. */
  protect(): Promise<void>;
  close(): Promise<void>;
}

/** An open folder: it stays the same one, whatever becomes of its path. */
export interface IoFolder {
  /** Where it is, without any symbolic links. */
  readonly realPath: string;
  /** A second name in it for a file (hard link). */
  link(existing: string, name: string): Promise<void>;
  /** Whether a name in it is of that file, and not only of an equal one. */
  isSameFile(name: string, other: string): Promise<boolean>;
  /** Makes its names durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What stands under a name: symbolic links are not followed. */
export interface IoStat {
  readonly kind: 'file' | 'folder' | 'socket' | 'other';
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
  /** Milliseconds since some moment; never jumps. The same moment for all processes where {@link Io.boot} is. */
  monotonic(): number;
  /** Names the last start of the machine; empty where the system does not. */
  boot(): string;
  /** Resolves after that time; rejects with the signal's reason once it aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  uuid(): string;

  /** A new file; EEXIST where the name is taken. */
  create(path: string): Promise<IoFile>;
  /** An existing file, to read and to sync; symbolic links are refused (ELOOP). */
  open(path: string): Promise<IoFile>;
  /** A whole file; an error with code EFBIG where it is longer than `mostBytes`. */
  readFile(path: string, mostBytes: number): Promise<Uint8Array>;
  /** A file of the system or of an operator, symbolic links followed, with its permissions; EFBIG as above. */
  readSetting(path: string, mostBytes: number): Promise<{ readonly bytes: Uint8Array; readonly mode: number }>;
  /** Names in a folder, sorted. */
  list(folder: string): Promise<string[]>;
  /** What stands under a name, or null. */
  stat(path: string): Promise<IoStat | null>;
  /** Makes one folder; nothing where it exists. Resolves with whether it is new. */
  makeFolder(path: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  /** A folder; symbolic links are refused (ELOOP or ENOTDIR). */
  openFolder(path: string): Promise<IoFolder>;
  /** A new file with the bytes of another. */
  copy(from: string, to: string): Promise<void>;
  /** Sets who may use a file: its permissions, and its group where one is given. */
  share(path: string, mode: number, gid: number | null): Promise<void>;
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

  /**
   * Does work on files in one visit to the thread that has the disk, one after the other.
   * @param onSync told how long each sync took
   */
  run<In, Out>(work: Work<In, Out>, input: In, onSync?: OnSync): Promise<Out>;
}

/** What work on files may use. */
export type Disk = Pick<
  Io,
  'monotonic' | 'create' | 'open' | 'readFile' | 'list' | 'stat' | 'makeFolder' | 'rename' | 'unlink' | 'syncFolder'
>;

/** One for the process: it costs memory, and there is one disk. */
const thread = new DiskThread();

/** The real disk, clock, random numbers and processes. */
export function realIo(): Io {
  // The clock of the machine, as the process counts it on.
  const started = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const boot = readBoot();
  return {
    now: () => Date.now(),
    monotonic: () => started + performance.now(),
    boot: () => boot,
    sleep,
    uuid: () => randomUUID(),
    create: async (path) => new RealFile(await fs.open(path, 'wx+', 0o640)),
    open: async (path) => new RealFile(await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW)),
    readFile,
    readSetting,
    list: async (folder) => (await fs.readdir(folder)).sort(),
    stat,
    makeFolder,
    rename: (from, to) => fs.rename(from, to),
    openFolder,
    copy: (from, to) => fs.copyFile(from, to, constants.COPYFILE_EXCL),
    share: async (path, mode, gid) => {
      if (gid !== null) await fs.chown(path, -1, gid);
      await fs.chmod(path, mode);
    },
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
    run: (work, input, onSync) => thread.run(work, input, onSync),
  };
}

function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

class RealFile implements IoFile {
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#handle.write(bytes, done, bytes.length - done)).bytesWritten;
    }
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  copyTo(path: string): Promise<void> {
    return fs.copyFile(`/proc/self/fd/${this.#handle.fd}`, path, constants.COPYFILE_EXCL);
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  protect(): Promise<void> {
    return this.#handle.chmod(0o440);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** A folder by its descriptor: a path that somebody puts in its place meanwhile makes no difference. */
class RealFolder implements IoFolder {
  readonly realPath: string;
  readonly #handle: fs.FileHandle;
  readonly #path: string;

  constructor(handle: fs.FileHandle, path: string, realPath: string) {
    this.#handle = handle;
    this.#path = path;
    this.realPath = realPath;
  }

  link(existing: string, name: string): Promise<void> {
    return fs.link(existing, join(this.#path, name));
  }

  async isSameFile(name: string, other: string): Promise<boolean> {
    const paths = [join(this.#path, name), other];
    const [one, two] = await Promise.all(paths.map((path) => fs.lstat(path, { bigint: true })));
    return one!.dev === two!.dev && one!.ino === two!.ino;
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function openFolder(path: string): Promise<IoFolder> {
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const own = `/proc/self/fd/${handle.fd}`;
  try {
    return new RealFolder(handle, own, await fs.readlink(own));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readFile(path: string, mostBytes: number): Promise<Uint8Array> {
  await using handle = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  return (await readAtMost(handle, path, mostBytes)).bytes;
}

async function readSetting(path: string, mostBytes: number): Promise<{ bytes: Uint8Array; mode: number }> {
  await using handle = await fs.open(path, constants.O_RDONLY);
  return await readAtMost(handle, path, mostBytes);
}

async function readAtMost(
  handle: fs.FileHandle,
  path: string,
  mostBytes: number,
): Promise<{ bytes: Uint8Array; mode: number }> {
  const { size, mode } = await handle.stat();
  const bytes = size > mostBytes ? null : await readUpTo(handle, size, mostBytes);
  if (bytes) return { bytes, mode: mode & 0o777 };
  throw tooLarge(path, size, mostBytes);
}

/** The bytes up to the end of a file; null where there are too many. */
async function readUpTo(handle: fs.FileHandle, size: number, mostBytes: number): Promise<Uint8Array | null> {
  let bytes = Buffer.allocUnsafeSlow(Math.max(size, LEAST_READ_BYTES));
  for (let done = 0; ; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, done);
    done += bytesRead;
    if (done > mostBytes) return null;
    if (bytesRead === 0 || done === size) return bytes.subarray(0, done);
    if (done === bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafeSlow(bytes.length)]);
  }
}

/** Without an error of its own for each sleep that ends early, as that of `node:timers/promises` makes. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

async function stat(path: string): Promise<IoStat | null> {
  const found = await fs.lstat(path).catch(unlessMissing);
  if (!found) return null;
  return { kind: kindOf(found), bytes: found.size, modifiedAt: found.mtimeMs };
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
