import { mkdtemp, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STREAM, streams } from './standard-streams.js';

/**
 * Files on their way to standard output. They are written as any other, in the memory that is planned for that, into a
 * temporary folder, and copied piece by piece.
 */
export class Spool implements AsyncDisposable {
  #folder: string | null = null;
  #path: string | null = null;

  /** The file to write where `-` is meant; any other path is returned as it is. @param extension with its dot */
  async fileFor(path: string, extension: string): Promise<string> {
    if (path !== STREAM) return path;
    this.#folder ??= await mkdtemp(join(tmpdir(), 'perifocal-'));
    this.#path = join(this.#folder, `output${extension}`);
    return this.#path;
  }

  /** Copies the file that was written, if there is one. Rejects with ImageError where standard output fails. */
  async deliver(): Promise<void> {
    if (this.#path === null) return;
    for await (const chunk of createReadStream(this.#path)) await streams.deliver([chunk as Buffer]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }
}
