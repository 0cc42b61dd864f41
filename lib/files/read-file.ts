import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Opening a FIFO otherwise waits until somebody writes to it, and no signal ends that. */
const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;
/** Bytes between two looks at the signal: about a millisecond. */
const CHUNK_BYTES = 2 ** 20;

/** What is to be known while a file is read. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Told every piece of the file, in order, before the next is read: for a digest. */
  readonly onChunk?: (chunk: Uint8Array) => void;
}

/** A regular file, open for reading. What is read is a copy: whoever changes the file later changes nothing here. */
export class RegularFile implements AsyncDisposable {
  readonly path: string;
  /** As it was when the file was opened. */
  readonly sizeBytes: number;
  /** Another one for each file, and for the same file after it was changed. */
  readonly version: string;
  readonly #handle: FileHandle;

  private constructor(path: string, { dev, ino, size, mtimeMs }: Stats, handle: FileHandle) {
    this.path = path;
    this.sizeBytes = size;
    this.version = [dev, ino, size, mtimeMs].join(' ');
    this.#handle = handle;
  }

  /**
   * Opens a file without ever waiting for another process. Rejects with an Error whose message is the reason: the
   * system's, or what else there is at that path (a FIFO, a device, a socket, a folder). The caller says what it was
   * about to read.
   */
  static async open(path: string): Promise<RegularFile> {
    const handle = await open(path, WITHOUT_WAITING);
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw new Error(`it is ${kindOf(found)}, not a file`);
      return new RegularFile(path, found, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The whole file. Rejects where it has become shorter or longer meanwhile, or with the signal's reason. */
  async readAll({ signal, onChunk }: ReadOptions = {}): Promise<Buffer> {
    const bytes = await this.read(0, this.sizeBytes, { ...(signal && { signal }), ...(onChunk && { onChunk }) });
    const { bytesRead } = await this.#handle.read(Buffer.alloc(1), 0, 1, this.sizeBytes);
    if (bytesRead > 0) throw new Error('it became longer while it was read');
    return bytes;
  }

  /** A part of the file. Rejects where the file ends before. */
  async read(start: number, length: number, { signal, onChunk }: ReadOptions = {}): Promise<Buffer> {
    // A buffer of its own: what Node takes from its pool shares memory with others.
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await this.#handle.read(bytes, done, Math.min(CHUNK_BYTES, length - done), start + done);
      if (bytesRead === 0) throw new Error('it became shorter while it was read');
      onChunk?.(bytes.subarray(done, done + bytesRead));
      done += bytesRead;
    }
    return bytes;
  }

  /** Tells all pieces of the file, in order, which are in the same memory one after the other. Rejects as `read`. */
  async visit(onChunk: (chunk: Uint8Array) => void, signal?: AbortSignal): Promise<void> {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(1, this.sizeBytes)));
    for (let done = 0; done < this.sizeBytes; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await this.#handle.read(chunk, 0, Math.min(chunk.length, this.sizeBytes - done), done);
      if (bytesRead === 0) throw new Error('it became shorter while it was read');
      onChunk(chunk.subarray(0, bytesRead));
      done += bytesRead;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/**
 * Reads a regular file of at most `maxBytes` whole. Rejects with an Error whose message is the reason alone; the caller
 * wraps it into an error of this package that says what was to be read.
 */
export async function readBoundedFile(path: string, maxBytes: number, options: ReadOptions = {}): Promise<Buffer> {
  await using file = await RegularFile.open(path);
  if (file.sizeBytes > maxBytes) throw new Error(`it has ${file.sizeBytes} bytes, more than ${maxBytes}`);
  return await file.readAll(options);
}

/** What there is at a path that holds no regular file. */
function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe (FIFO)';
  if (found.isSocket()) return 'a socket';
  if (found.isCharacterDevice() || found.isBlockDevice()) return 'a device';
  return 'something else';
}
