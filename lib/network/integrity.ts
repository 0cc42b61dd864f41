import type { IntegrityMode } from '../runtime/integrity.js';
import type { FaultKind, IntegrityCounters, IntegrityCoverage, NativePipeline } from '../runtime/native/binding.js';

/** What the checks of a restoration have seen. */
export interface IntegrityReport extends IntegrityCounters {
  readonly mode: IntegrityMode;
  /** How often the frame was begun again, with the model read anew from its file. */
  readonly restarts: number;
  /** How often the frame was computed to its end; of windows, the sum. */
  readonly computations: number;
  /** How often a computation gave other bytes than one before it; only 'twice' compares them. */
  readonly differences: number;
  readonly coverage: IntegrityCoverage;
  readonly knownAnswer: KnownAnswerReport;
}

/** How often a frame whose restoration is known was restored, to see that it still comes out as it must. */
export interface KnownAnswerReport {
  /**
   * What it is compared with: an answer of the package, or for a model that the package has none of, what came out when
   * it was opened.
   */
  readonly origin: AnswerOrigin;
  readonly asked: number;
  /** Answers that were wrong: what was restored before was begun again. */
  readonly wrong: number;
  /** Frames that had been given already since the last right answer when one was wrong. */
  readonly doubtfulFrames: number;
}

/** Where a known answer comes from: the package, or the known frame as it was restored when the model was opened. */
export type AnswerOrigin = 'package' | 'opening';

const KINDS: readonly FaultKind[] = ['weights', 'tables', 'arithmetic', 'rows', 'epilogue', 'control', 'code'];

/** What checks can see, for people. */
export function describeIntegrity(mode: IntegrityMode = 'off', coverage: IntegrityCoverage | null = null): string {
  if (!coverage) return mode;
  const { cases, blindCases, winogradLayers, largestSum, sumLimit } = coverage;
  const winograd = `${winogradLayers} layers by Winograd, sums up to ${largestSum} of ${sumLimit}`;
  return `${mode}: ${blindCases} blind of ${cases} cases${winogradLayers > 0 ? `, ${winograd}` : ''}`;
}

/** Adds up what the checks of one restoration see, over the pipelines that it uses. */
export class IntegrityTally {
  #firings = 0;
  #recomputed = 0;
  readonly #found = new Map<FaultKind, number>();
  restarts = 0;
  computations = 0;
  differences = 0;
  /** Known answers asked for, those that were wrong, and frames given between the last right one and these. */
  asked = 0;
  wrongAnswers = 0;
  doubtfulFrames = 0;

  /** Whether the native code has changed in memory: then all that this process computes may be wrong. */
  get hasLostCode(): boolean {
    return (this.#found.get('code') ?? 0) > 0;
  }

  /** For people. */
  get warnings(): string[] {
    const count = this.doubtfulFrames;
    return count === 0 ? [] : [`a known answer was wrong: ${count} frames that were restored before this may be, too`];
  }

  /** What has happened on `pipeline` from now on, when the function that is returned is called. */
  watch(pipeline: NativePipeline): () => void {
    const before = pipeline.counters();
    return () => {
      const after = pipeline.counters();
      if (before && after) this.#add(before, after);
    };
  }

  #add(before: IntegrityCounters, after: IntegrityCounters): void {
    this.#firings += after.firings - before.firings;
    this.#recomputed += after.recomputed - before.recomputed;
    for (const kind of KINDS) {
      this.#found.set(kind, (this.#found.get(kind) ?? 0) + after.found[kind] - before.found[kind]);
    }
  }

  report(mode: IntegrityMode, coverage: IntegrityCoverage, origin: AnswerOrigin): IntegrityReport {
    const found = Object.fromEntries(KINDS.map((kind) => [kind, this.#found.get(kind) ?? 0]));
    return {
      mode,
      firings: this.#firings,
      found: found as Record<FaultKind, number>,
      recomputed: this.#recomputed,
      restarts: this.restarts,
      computations: this.computations,
      differences: this.differences,
      coverage,
      knownAnswer: {
        origin,
        asked: this.asked,
        wrong: this.wrongAnswers,
        doubtfulFrames: this.doubtfulFrames,
      },
    };
  }
}
