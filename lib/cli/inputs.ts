import { createHash } from 'node:crypto';
import { readBoundedFile } from '../files/read-file.js';
import { orAbort } from '../runtime/abort.js';
import { formatBytes } from '../runtime/budget.js';
import { BudgetError, ImageError, PerifocalError } from '../runtime/errors.js';
import { ledger } from '../runtime/ledger.js';
import { STREAM } from './standard-streams.js';

/** The inputs of one command, as the library takes them. What is read here counts against the budget. */
export class Inputs {
  readonly #budgetBytes: number;
  readonly #signal: AbortSignal;
  #standardInput: Promise<Buffer> | undefined;

  constructor(budgetBytes: number, signal: AbortSignal) {
    this.#budgetBytes = budgetBytes;
    this.#signal = signal;
  }

  /** A path as it is; or standard input, whole. Rejects with ImageError, BudgetError or the signal's reason. */
  async open(path: string): Promise<string | Uint8Array> {
    if (path !== STREAM) return path;
    this.#standardInput ??= this.#readWhole('standard input', readStandardInput(this.#budgetBytes));
    return this.#standardInput;
  }

  /** The bytes of the file that has this SHA-256. Rejects as `open`, and with ImageError where it has another. */
  async readExpected(path: string, sha256: string): Promise<Uint8Array> {
    const opened = await this.open(path);
    const bytes =
      typeof opened === 'string'
        ? await this.#readWhole(path, readBoundedFile(path, this.#budgetBytes, { signal: this.#signal }))
        : opened;
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found === sha256.toLowerCase()) return bytes;
    throw new ImageError('IMAGE_INVALID', `its SHA-256 is ${found}, expected was ${sha256.toLowerCase()}`);
  }

  async #readWhole(name: string, reading: Promise<Buffer>): Promise<Buffer> {
    try {
      const bytes = await orAbort(reading, this.#signal);
      ledger.hold(bytes.length, bytes);
      return bytes;
    } catch (cause) {
      this.#signal.throwIfAborted();
      if (cause instanceof PerifocalError) throw cause;
      throw new ImageError('IMAGE_UNREADABLE', `Cannot read ${name}: ${(cause as Error).message}`, { cause });
    } finally {
      // What nobody will read must not keep the process alive.
      if (name === 'standard input') process.stdin.destroy();
    }
  }
}

async function readStandardInput(budgetBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > budgetBytes) {
      const message = `Standard input has more than the budget of ${formatBytes(budgetBytes)}`;
      throw new BudgetError(message, length);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
