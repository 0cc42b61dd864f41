import { orAbort } from '../runtime/abort.js';
import { formatBytes } from '../runtime/budget.js';
import { BudgetError, ImageError, PerifocalError } from '../runtime/errors.js';
import { ledger } from '../runtime/ledger.js';
import { STREAM } from './standard-streams.js';

/** The inputs of one command, as the library takes them. Standard input is read once, and counts against the budget. */
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
    this.#standardInput ??= this.#readStandardInput();
    return this.#standardInput;
  }

  async #readStandardInput(): Promise<Buffer> {
    try {
      const bytes = await orAbort(readStandardInput(this.#budgetBytes), this.#signal);
      ledger.hold(bytes.length, bytes);
      return bytes;
    } catch (cause) {
      this.#signal.throwIfAborted();
      if (cause instanceof PerifocalError) throw cause;
      throw new ImageError('IMAGE_UNREADABLE', `Cannot read standard input: ${(cause as Error).message}`, { cause });
    } finally {
      // What nobody will read must not keep the process alive.
      process.stdin.destroy();
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
