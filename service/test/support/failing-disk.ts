import { realIo } from '../../lib/io.js';
import type { Io, IoFile } from '../../lib/io.js';

const errno = (code: string): Error => Object.assign(new Error(`${code}: simulated`), { code });

/** The real disk, which can be made to fail: writes that are full, syncs that lose what was written. */
export class FailingDisk {
  /** Writes fail in files whose path has this in it; null: none. */
  fullAt: string | null = null;
  /** What is said to be free; null: what the real disk has. A full one says so as a rule. */
  freeBytes: number | null = null;
  /** Syncs fail of files whose path has this in it; null: none. */
  lostAt: string | null = null;
  /** Writes and syncs that have failed. */
  failures = 0;
  /** What the wall clock was set forward by, in milliseconds. */
  setForward = 0;
  /** What the clock that never jumps has gone on beside the real one. */
  passed = 0;

  io(): Io {
    const real = realIo();
    const open = async (path: string, how: 'create' | 'open'): Promise<IoFile> =>
      this.#file(await real[how](path), path);
    const now = (): number => real.now() + this.setForward;
    const monotonic = (): number => real.monotonic() + this.passed;
    const io: Io = {
      ...real,
      ...{ now, monotonic, create: (path) => open(path, 'create'), open: (path) => open(path, 'open') },
      room: async (path) => {
        const room = await real.room(path);
        return { ...room, freeBytes: this.freeBytes ?? room.freeBytes };
      },
      // In the thread of the disk nothing would fail.
      run: (work, input) => work.run(io, input),
    };
    return io;
  }

  #file(file: IoFile, path: string): IoFile {
    const fail = (at: string | null, name: string, code: string): void => {
      if (at === null || !name.includes(at)) return;
      this.failures += 1;
      throw errno(code);
    };
    return {
      read: (into, position) => file.read(into, position),
      size: () => file.size(),
      close: () => file.close(),
      copyTo: async (to) => {
        fail(this.fullAt, to, 'ENOSPC');
        await file.copyTo(to);
      },
      protect: () => file.protect(),
      write: async (bytes) => {
        fail(this.fullAt, path, 'ENOSPC');
        await file.write(bytes);
      },
      sync: async () => {
        fail(this.lostAt, path, 'EIO');
        await file.sync();
      },
    };
  }
}
