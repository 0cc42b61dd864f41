import type { IoFile } from '../../io.js';

/** A file ends before what it says that it has. */
export class EndsEarly extends Error {
  constructor(position: number, sizeBytes: number) {
    super(`it ends at byte ${sizeBytes}, but byte ${position} is still to come`);
  }
}

/** Parts of a file, none of them beyond its end. */
export class FileParts {
  readonly sizeBytes: number;
  readonly #file: IoFile;

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
