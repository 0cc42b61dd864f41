import { isTerminal } from '../capture/machine.js';
import type { StoreLimits } from './options.js';
import type { Entry } from './records.js';
import type { FileClass } from './store.js';

/** Above this share of a limit things go, until it is down to the other. */
const HIGH = 0.95;
const LOW = 0.9;

/** What is to go of one capture. A product takes its thumbnail with it; a record has no files left but its manifest. */
export interface Removal {
  readonly entry: Entry;
  readonly what: 'raw' | 'product' | 'record';
}

/** What retention decides from. */
export interface RetentionFacts {
  readonly entries: readonly Entry[];
  readonly limits: StoreLimits;
  readonly bytesByClass: Readonly<Record<FileClass, number>>;
  readonly now: number;
  readonly freeBytes: number;
}

/** Products whose hold has ended without an acknowledgement. */
export const holdsThatEnd = (entries: readonly Entry[], now: number): Entry[] =>
  entries.filter((entry) => entry.retention === 'held' && entry.holdUntil !== null && entry.holdUntil <= now);

/**
 * What goes now, first what goes first: what is too old; then, where there is too much, raw files whose product is
 * stored, raw files that nobody wants, released products (least urgent, then oldest), raw files of failed captures; and
 * records without files. Never a held product, never the frame of a capture that has not ended.
 */
export function planRemovals(facts: RetentionFacts): Removal[] {
  const { entries, limits, now } = facts;
  const ended = entries.filter((entry) => isTerminal(entry.state));
  const candidates = [...raws(ended), ...products(ended), ...raws(ended, ['failed']), ...records(ended)];
  const old = candidates.filter(({ entry, what }) => entry.endedAt + 1000 * ageOf(limits, what) < now);
  const chosen = new Set(old);
  const excess = new Excess(facts);
  for (const removal of old) excess.take(removal);
  for (const removal of candidates) {
    if (chosen.has(removal) || !excess.isEasedBy(removal)) continue;
    chosen.add(removal);
    excess.take(removal);
  }
  return candidates.filter((removal) => chosen.has(removal));
}

const ageOf = (limits: StoreLimits, what: Removal['what']): number =>
  limits.classes[what === 'record' ? 'manifest' : what].ageSeconds;

/** Raw files of stored captures, then of those that are of no use; or of certain others. */
function raws(ended: readonly Entry[], states?: readonly string[]): Removal[] {
  const order = states ?? ['stored', 'cancelled', 'expired', 'rejected'];
  return order.flatMap((state) =>
    ended
      .filter((entry) => entry.state === state && entry.bytes.raw > 0)
      .map((entry) => ({ entry, what: 'raw' as const })),
  );
}

function products(ended: readonly Entry[]): Removal[] {
  return ended
    .filter((entry) => entry.retention === 'released')
    .sort((a, b) => a.priority - b.priority || a.order - b.order)
    .map((entry) => ({ entry, what: 'product' }));
}

function records(ended: readonly Entry[]): Removal[] {
  return ended
    .filter((entry) => entry.bytes.raw === 0 && (entry.retention === 'evicted' || entry.retention === null))
    .map((entry) => ({ entry, what: 'record' }));
}

/** How much there is too much of, in each class and in all. */
class Excess {
  readonly #byClass: Record<FileClass, number>;
  #total: number;

  constructor({ bytesByClass, limits, freeBytes }: RetentionFacts) {
    const over = (bytes: number, limit: number): number => (bytes > HIGH * limit ? bytes - LOW * limit : 0);
    const ofClass = (each: FileClass): number => over(bytesByClass[each], limits.classes[each].bytes);
    this.#byClass = {
      raw: ofClass('raw'),
      product: ofClass('product'),
      thumbnail: ofClass('thumbnail'),
      manifest: ofClass('manifest'),
    };
    const { raw, product, thumbnail, manifest } = bytesByClass;
    const total = raw + product + thumbnail + manifest;
    this.#total = Math.max(over(total, limits.quotaBytes), limits.minFreeBytes - freeBytes);
  }

  isEasedBy({ what }: Removal): boolean {
    const { raw, product, thumbnail, manifest } = this.#byClass;
    if (what === 'record') return manifest > 0;
    const ofClass = what === 'raw' ? raw > 0 : product > 0 || thumbnail > 0;
    return ofClass || this.#total > 0;
  }

  take({ entry, what }: Removal): void {
    const classes: readonly FileClass[] =
      what === 'record' ? ['manifest'] : what === 'raw' ? ['raw'] : ['product', 'thumbnail'];
    for (const each of classes) {
      this.#byClass[each] -= entry.bytes[each];
      this.#total -= entry.bytes[each];
    }
  }
}
