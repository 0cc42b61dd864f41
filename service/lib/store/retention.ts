import { FILE_CLASSES } from './store.js';
import type { FileClass } from './store.js';
import type { StoreLimits } from './options.js';
import type { Entry } from './records.js';
import type { Removables, Removal } from './removables.js';

/** Above this share of a limit things go, until it is down to the other. */
const HIGH = 0.95;
const LOW = 0.9;

/** How much there is. */
export interface Holdings {
  readonly removables: Removables;
  readonly bytesByClass: Readonly<Record<FileClass, number>>;
  /** Captures. */
  readonly records: number;
}

/** What retention decides from. */
export interface RetentionFacts extends Holdings {
  readonly limits: StoreLimits;
  readonly now: number;
  readonly freeBytes: number;
  /** The same of each app, with its limits. */
  readonly apps: readonly (Holdings & { readonly most: { readonly keptBytes: number; readonly records: number } })[];
}

/**
 * What goes now, first what goes first, so many at most: what is too old; then, where there is too much in all or of an
 * app, raw files whose product is stored, raw files that nobody wants, released products (least urgent, then oldest),
 * raw files of failed captures; and records without files. Never a held product, never the frame of a capture that has
 * not ended. What an app has too much of is its own that goes.
 */
export function planRemovals(facts: RetentionFacts, most: number): Removal[] {
  const plan = new Plan(most);
  const excess = excessOf(facts);
  for (const removal of tooOld(facts)) {
    if (plan.add(removal)) excess.take(removal);
    if (plan.isFull) break;
  }
  for (const app of facts.apps) {
    const own = new Excess({}, over(total(app), app.most.keptBytes), over(app.records, app.most.records));
    own.relieve(app.removables, plan, excess);
  }
  excess.relieve(facts.removables, plan, null);
  return plan.removals;
}

/** Removals, each once, and not too many. */
class Plan {
  readonly removals: Removal[] = [];
  readonly #keys = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.removals.length >= this.#most;
  }

  /** Whether it is new, and there is still place. */
  add(removal: Removal): boolean {
    const key = `${removal.what} ${removal.entry.order}`;
    if (this.isFull || this.#keys.has(key)) return false;
    this.#keys.add(key);
    this.removals.push(removal);
    return true;
  }
}

function* tooOld({ removables, limits, now }: RetentionFacts): Generator<Removal> {
  for (const what of ['raw', 'product', 'record'] as const) {
    const age = limits.classes[what === 'record' ? 'manifest' : what].ageSeconds;
    yield* removables.endedBefore(what, now - 1000 * age);
  }
}

const filesOf = (entry: Entry): readonly Removal[] => [
  ...(entry.bytes.raw > 0 ? [{ entry, what: 'raw' } as const] : []),
  ...(entry.retention === 'released' ? [{ entry, what: 'product' } as const] : []),
];

const over = (count: number, limit: number): number => (count > HIGH * limit ? count - LOW * limit : 0);

export const total = ({ bytesByClass }: Pick<Holdings, 'bytesByClass'>): number =>
  FILE_CLASSES.reduce((sum, each) => sum + bytesByClass[each], 0);

function excessOf(facts: RetentionFacts): Excess {
  const { bytesByClass, limits, freeBytes, records } = facts;
  const byClass = Object.fromEntries(
    FILE_CLASSES.map((each) => [each, over(bytesByClass[each], limits.classes[each].bytes)]),
  );
  const bytes = Math.max(over(total(facts), limits.quotaBytes), limits.minFreeBytes - freeBytes);
  return new Excess(byClass, bytes, over(records, limits.records));
}

/** How much there is too much of: in each class, in all, and of captures. */
class Excess {
  readonly #byClass: Partial<Record<FileClass, number>>;
  #bytes: number;
  #records: number;

  constructor(byClass: Partial<Record<FileClass, number>>, bytes: number, records: number) {
    this.#byClass = { ...byClass };
    this.#bytes = bytes;
    this.#records = records;
  }

  /** Plans what is to go for it, as long as there is too much; that is a relief for the whole as well. */
  relieve(removables: Removables, plan: Plan, whole: Excess | null): void {
    for (const removal of removables.inOrder((what) => !plan.isFull && this.#isEasedBy(what))) {
      if (!plan.add(removal)) continue;
      this.take(removal);
      whole?.take(removal);
    }
    // A capture goes once all of its files have gone.
    for (const entry of removables.withFiles()) {
      if (plan.isFull || this.#records <= 0) return;
      this.#records -= 1;
      for (const removal of filesOf(entry)) if (plan.add(removal)) whole?.take(removal);
    }
  }

  take({ entry, what }: Removal): void {
    const classes: readonly FileClass[] =
      what === 'record' ? ['manifest'] : what === 'raw' ? ['raw'] : ['product', 'thumbnail'];
    for (const each of classes) {
      this.#byClass[each] = (this.#byClass[each] ?? 0) - entry.bytes[each];
      this.#bytes -= entry.bytes[each];
    }
    if (what === 'record') this.#records -= 1;
  }

  #isEasedBy(what: Removal['what']): boolean {
    const { raw = 0, product = 0, thumbnail = 0, manifest = 0 } = this.#byClass;
    if (what === 'record') return manifest > 0 || this.#records > 0;
    const ofClass = what === 'raw' ? raw > 0 : product > 0 || thumbnail > 0;
    return ofClass || this.#bytes > 0;
  }
}
