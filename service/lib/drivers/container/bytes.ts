import type { IoFile } from '../../io.js';

/** A file ends before what it says that it has. */
export class EndsEarly extends Error {
  constructor(position: number, sizeBytes: number) {
    super(`it ends at byte ${sizeBytes}, but byte ${position} is still to come`);
  }
}

/** That are read at once: headers are many small parts, one behind the other. */
const WINDOW_BYTES = 4096;

/** Parts of a file, none of them beyond its end. */
export class FileParts {
  readonly sizeBytes: number;
  readonly #file: IoFile;
  #window: { readonly from: number; readonly bytes: Buffer } = { from: 0, bytes: Buffer.alloc(0) };

  constructor(file: IoFile, sizeBytes: number) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  /** Throws EndsEarly where the file does not reach up to there. */
  require(end: number): void {
    if (!(end <= this.sizeBytes)) throw new EndsEarly(end, this.sizeBytes);
  }

  async at(position: number, length: number): Promise<Buffer> {
    this.require(position + length);
    if (length > WINDOW_BYTES) return this.#read(position, length);
    const { from, bytes } = this.#window;
    const isThere = position >= from && position + length <= from + bytes.length;
    if (!isThere) this.#window = { from: position, bytes: await this.#read(position, this.#windowAt(position)) };
    const start = position - this.#window.from;
    return this.#window.bytes.subarray(start, start + length);
  }

  #windowAt(position: number): number {
    return Math.min(WINDOW_BYTES, this.sizeBytes - position);
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const count = await this.#file.read(bytes.subarray(done), position + done);
      if (count === 0) throw new EndsEarly(position + length, position + done);
      done += count;
    }
    return bytes;
  }

  /** Up to `length` bytes before the end of the file, but none before `start`. */
  async tail(length: number, start: number): Promise<Buffer> {
    this.require(start);
    const from = Math.max(start, this.sizeBytes - length);
    return this.at(from, this.sizeBytes - from);
  }
}

/** What a container says of itself. */
export interface ContainerFacts {
  readonly mime: string;
  /** Pixels; null where the header does not say it plainly. */
  readonly width: number | null;
  readonly height: number | null;
}
