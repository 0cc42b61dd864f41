import { RegularFile } from './read-file.js';

/** Reads a part of a file. Rejects where the file ends before, or with the signal's reason. */
export type ReadBytes = (offset: number, length: number) => Promise<Buffer>;

/** Where the bytes of a file come from. Nothing stays open between two uses. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Whether what is read are parts of memory that is held anyway. */
  readonly isMemory: boolean;
  /** Gives parts of the file to some work, and settles as the work does. */
  use<T>(signal: AbortSignal, work: (read: ReadBytes) => Promise<T>): Promise<T>;
}

/** A whole file in memory. */
export function memorySource(file: Buffer): ByteSource {
  return {
    sizeBytes: file.length,
    isMemory: true,
    use: (signal, work) =>
      work(async (offset, length) => {
        signal.throwIfAborted();
        return file.subarray(offset, offset + length);
      }),
  };
}

/** A file on disk, which must stay what it was when it was opened first. */
export class FileSource implements ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  readonly isMemory = false;
  readonly #version: string;

  constructor({ path, sizeBytes, version }: RegularFile) {
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.#version = version;
  }

  async use<T>(signal: AbortSignal, work: (read: ReadBytes) => Promise<T>): Promise<T> {
    await using file = await RegularFile.open(this.path);
    if (file.version !== this.#version) throw new Error('it was changed after it was opened');
    return await work((offset, length) => file.read(offset, length, { signal }));
  }
}
