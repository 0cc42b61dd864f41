import { ServiceError } from '../errors.js';
import type { StoredRow } from './database.js';
import type { Ledger } from './ledger.js';
import { META_KEY } from './records.js';

const MOST_BYTES = 64 * 1024;

/** Small values by name. */
export class Memos {
  readonly #values = new Map<string, { readonly key: number; readonly value: unknown }>();
  #last = META_KEY;

  constructor(rows: readonly StoredRow[]) {
    for (const { key, body } of rows) {
      if (key === META_KEY || body === null) continue;
      const { name, value } = JSON.parse(body) as { name: string; value: unknown };
      this.#values.set(name, { key, value });
      this.#last = Math.max(this.#last, key);
    }
  }

  get(name: string): unknown {
    return this.#values.get(name)?.value;
  }

  async set(ledger: Ledger, name: string, value: unknown): Promise<void> {
    const body = JSON.stringify({ name, value });
    if (body.length > MOST_BYTES) {
      throw new ServiceError('INVALID', `The memo ${name} has ${body.length} bytes: at most ${MOST_BYTES} go`);
    }
    const key = this.#values.get(name)?.key ?? this.#last + 1;
    this.#last = Math.max(this.#last, key);
    await ledger.writeRow({ table: 'memos', key, body });
    this.#values.set(name, { key, value });
  }
}
