import type { FileHandle } from 'node:fs/promises';

/** Where a file is written to. */
export interface ByteSink {
  /** Writes all bytes at a position; they may be kept, and must not be changed afterwards. */
  write(bytes: Uint8Array, position: number): Promise<void>;
}

/** Where what was written can be read again. */
export interface ByteSpool extends ByteSink {
  read(position: number, length: number): Promise<Uint8Array>;
}

/** A file as a sink. Its handle is the caller's to close. */
export class FileSpool implements ByteSpool {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, position + done);
      if (bytesRead === 0) throw new Error('a temporary file became shorter while it was used');
      done += bytesRead;
    }
    return bytes;
  }
}

/** A file in memory, in the pieces that were written. */
export class MemorySpool implements ByteSpool {
  readonly #pieces = new Map<number, Uint8Array>();

  write(bytes: Uint8Array, position: number): Promise<void> {
    this.#pieces.set(position, bytes);
    return Promise.resolve();
  }

  /** A piece as it was written: `position` is that of one. */
  read(position: number): Promise<Uint8Array> {
    return Promise.resolve(this.#pieces.get(position)!);
  }

  /** All of it; gaps are 0. */
  toBuffer(): Buffer {
    let end = 0;
    for (const [position, { length }] of this.#pieces) end = Math.max(end, position + length);
    const file = Buffer.alloc(end);
    for (const [position, piece] of this.#pieces) file.set(piece, position);
    return file;
  }
}
