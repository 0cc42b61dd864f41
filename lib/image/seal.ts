import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { RegularFile } from '../files/read-file.js';
import { FileSpool } from './write-sink.js';

/** Bytes that are read at a time. */
const CHUNK_BYTES = 2 ** 20;

/** What was written to some places of a file, in plain data to be kept as JSON. */
export interface Seal {
  /** The places, in bytes: where each begins, and how long it is. */
  readonly runs: readonly (readonly [start: number, length: number])[];
  /** Hex SHA-256 of the digests of all of them. */
  readonly sha256: string;
}

/** Bytes that were written one behind the other. */
interface Run {
  readonly start: number;
  readonly hash: Hash;
  end: number;
}

/** A file that is sealed: from what was written anybody can tell later whether it is still there. */
export class SealingSpool extends FileSpool {
  #runs: Run[] = [];

  override async write(bytes: Uint8Array, position: number): Promise<void> {
    const run = this.#runs.find(({ end }) => end === position) ?? this.#begin(position);
    run.hash.update(bytes);
    run.end += bytes.length;
    await super.write(bytes, position);
  }

  /** What was written since the seal before; no byte of it twice. */
  seal(): Seal {
    const runs = this.#runs;
    this.#runs = [];
    const sealed = createHash('sha256');
    for (const { hash } of runs) sealed.update(hash.digest());
    return { runs: runs.map(({ start, end }) => [start, end - start]), sha256: sealed.digest('hex') };
  }

  #begin(start: number): Run {
    const run = { start, end: start, hash: createHash('sha256') };
    this.#runs.push(run);
    return run;
  }
}

/** Whether a file holds what was sealed, and nothing behind it. Rejects with the signal's reason. */
export async function isSealed(file: RegularFile, seal: Seal, signal: AbortSignal): Promise<boolean> {
  const end = Math.max(0, ...seal.runs.map(([start, length]) => start + length));
  return file.sizeBytes === end && (await holdsSeal(file, seal, signal));
}

/** Whether a file holds what was sealed. Rejects with the signal's reason. */
export async function holdsSeal(file: RegularFile, { runs, sha256 }: Seal, signal: AbortSignal): Promise<boolean> {
  const sealed = createHash('sha256');
  try {
    for (const [start, length] of runs) {
      const hash = createHash('sha256');
      for (let done = 0; done < length; done += CHUNK_BYTES)
        hash.update(await file.read(start + done, Math.min(CHUNK_BYTES, length - done), { signal }));
      sealed.update(hash.digest());
    }
  } catch {
    // It is too short, or the disk does not give it back.
    signal.throwIfAborted();
    return false;
  }
  return sealed.digest('hex') === sha256;
}
