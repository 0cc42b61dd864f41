import { isTerminal } from '../capture/machine.js';
import { Sorted } from '../capture/sorted.js';
import type { Entry } from './records.js';

/** What is to go of one capture. A product takes its thumbnail with it; a record has no files left but its manifest. */
export interface Removal {
  readonly entry: Entry;
  readonly what: 'raw' | 'product' | 'record';
}

/** Raw files by what they are still good for. */
type RawGroup = 'stored' | 'unwanted' | 'failed';

const byOrder = (a: Entry, b: Entry): number => a.order - b.order;
const byUrgency = (a: Entry, b: Entry): number => a.priority - b.priority || a.order - b.order;
const byEnd = (a: Entry, b: Entry): number => a.endedAt - b.endedAt || a.order - b.order;
const byHold = (a: Entry, b: Entry): number => a.holdUntil! - b.holdUntil! || a.order - b.order;

/** What may go one day, in the order in which it goes; kept up to date, so that nobody sorts all captures. */
export class Removables {
  /** Products that are held, those whose hold ends first first. */
  readonly held = new Sorted<Entry>(byHold);
  readonly #raws: Readonly<Record<RawGroup, Sorted<Entry>>> = {
    stored: new Sorted(byOrder),
    unwanted: new Sorted(byOrder),
    failed: new Sorted(byOrder),
  };
  readonly #products = new Sorted<Entry>(byUrgency);
  readonly #records = new Sorted<Entry>(byOrder);
  readonly #aged: Readonly<Record<Removal['what'], Sorted<Entry>>> = {
    raw: new Sorted(byEnd),
    product: new Sorted(byEnd),
    record: new Sorted(byEnd),
  };

  /** An entry must be taken out before it changes, and put in after. */
  add(entry: Entry): void {
    for (const sorted of this.#placesOf(entry)) sorted.add(entry);
  }

  remove(entry: Entry): void {
    for (const sorted of this.#placesOf(entry)) sorted.remove(entry);
  }

  /** Whether anything may go before its time. */
  get isEmpty(): boolean {
    return [...Object.values(this.#raws), this.#products, this.#records].every(({ size }) => size === 0);
  }

  /** Those that ended before, the oldest first. */
  *endedBefore(what: Removal['what'], time: number): Generator<Removal> {
    for (const entry of this.#aged[what]) {
      if (entry.endedAt >= time) return;
      yield { entry, what };
    }
  }

  /** Those of one kind, what goes first first; products before the raw files of failed captures. */
  *inOrder(isWanted: (what: Removal['what']) => boolean): Generator<Removal> {
    const groups = [
      [this.#raws.stored, 'raw'],
      [this.#raws.unwanted, 'raw'],
      [this.#products, 'product'],
      [this.#raws.failed, 'raw'],
      [this.#records, 'record'],
    ] as const;
    for (const [entries, what] of groups) {
      for (const entry of entries) {
        if (!isWanted(what)) break;
        yield { entry, what };
      }
    }
  }

  /** Captures that have files and may lose all of them. */
  *withFiles(): Generator<Entry> {
    yield* this.#products;
    yield* this.#raws.unwanted;
    yield* this.#raws.failed;
  }

  #placesOf(entry: Entry): readonly Sorted<Entry>[] {
    const { state, retention, bytes, holdUntil } = entry;
    if (!isTerminal(state)) return [];
    const isRecord = bytes.raw === 0 && (retention === 'evicted' || retention === null);
    return [
      ...(bytes.raw > 0 ? [this.#raws[groupOf(entry)], this.#aged.raw] : []),
      ...(retention === 'released' ? [this.#products, this.#aged.product] : []),
      ...(isRecord ? [this.#records, this.#aged.record] : []),
      ...(retention === 'held' && holdUntil !== null ? [this.held] : []),
    ];
  }
}

function groupOf({ state, retention }: Entry): RawGroup {
  if (state === 'failed') return state;
  return state === 'stored' && retention !== 'evicted' ? state : 'unwanted';
}
