import { ImageError } from '../runtime/errors.js';
import { FAILED } from './exit.js';

/** Stands for standard input among inputs, and for standard output among outputs. */
export const STREAM = '-';

/**
 * What is printed. Once standard output has failed, nothing more is written to it, and the work goes on. A reader that
 * has left (EPIPE) wanted no more: nothing is said of it. All else is a failure, such as a full disk: one line says so.
 */
class StandardStreams {
  #failure: NodeJS.ErrnoException | null = null;

  /** Catches the failures of both streams; to be called once, before anything is written. */
  watch(): void {
    process.stdout.on('error', (error) => this.#fail(error));
    // Whoever does not read the messages misses them.
    process.stderr.on('error', () => {});
  }

  /** Writes to standard output. Never rejects. */
  async print(data: string): Promise<void> {
    await this.#write(data);
  }

  /** Writes what was asked for to standard output, whole. Rejects with ImageError. */
  async deliver(parts: readonly (string | Uint8Array)[]): Promise<void> {
    for (const part of parts) await this.#write(part);
    if (this.#failure === null) return;
    const message = `Cannot write standard output: ${this.#failure.message}`;
    throw new ImageError('OUTPUT_UNWRITABLE', message, { cause: this.#failure });
  }

  /** One line on standard error. */
  say(message: string): void {
    process.stderr.write(`perifocal: ${message.replaceAll(/\s*[\r\n]+\s*/g, ' ')}\n`);
  }

  #write(data: string | Uint8Array): Promise<void> {
    if (this.#failure !== null) return Promise.resolve();
    return new Promise((resolve) => {
      process.stdout.write(data, (error) => {
        if (error) this.#fail(error);
        resolve();
      });
    });
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    if (error.code === 'EPIPE') return;
    process.exitCode = FAILED;
    this.say(`standard output: ${error.message}: nothing more is printed`);
  }
}

/** Those of this process. */
export const streams = new StandardStreams();
