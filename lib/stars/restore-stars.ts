import type { EncodedImage } from '../image/decode.js';
import type { AnyFrame } from '../image/frame.js';
import type { EndsTally } from '../operation/ends.js';
import { toInputs } from '../operation/options.js';
import { perform } from '../operation/perform.js';
import type { Finish } from '../operation/perform.js';
import { Runtime } from '../runtime/runtime.js';
import { Scope } from '../runtime/scope.js';
import { recountSpare } from './measure/plane-memory.js';
import { searchFrame } from './measure/search-frame.js';
import { checkRestoreOptions, checkStarIntegrity } from './restore/options.js';
import type { RestoreStarsOptions } from './restore/options.js';
import { planFile } from './restore/plan.js';
import type { StarFrameSize, StarPlan } from './restore/plan.js';
import { StarResult } from './restore/result.js';
import { StarOperation } from './restore/star-frame.js';

/**
 * Restores a blurred star frame in windows around its stars, and measures them: a file's path, its bytes, or pixels of
 * 8, 16 or 32 bits (floats: 1 is full scale). What the frame does not tell is said in `report.warnings`. Rejects with
 * ArgumentError, ImageError, BudgetError, IsaError, NativeError, or the reason of `signal`.
 */
export async function restoreStars(
  input: EncodedImage | AnyFrame,
  options: RestoreStarsOptions = {},
): Promise<StarResult> {
  using performed = await performStars(input, options);
  return performed.result;
}

/** A star frame that was restored, whose memory is leased until it is disposed of. */
export interface PerformedStars extends Disposable {
  readonly result: StarResult;
  /** Counts what checks of its ends see, for the report; null: they are not checked. */
  readonly ends: EndsTally | null;
}

/** {@link restoreStars} for those who do more with the result. @param finish what they do @internal */
export async function performStars(
  input: EncodedImage | AnyFrame,
  options: RestoreStarsOptions,
  finish?: Finish<StarPlan>,
): Promise<PerformedStars> {
  const settings = checkRestoreOptions(options);
  const runtime = Runtime.of(options);
  using scope = new Scope(runtime, options);
  const integrity = checkStarIntegrity(options);
  const finder = searchFrame(settings.blur, settings.search);
  const operation = new StarOperation(settings, finder, runtime, integrity);
  try {
    const performed = await perform(operation, toInputs([input], options), scope, finish);
    const { outcome, report, metadata, ends } = performed;
    const result = new StarResult(outcome, report, metadata);
    return { result, ends, [Symbol.dispose]: () => performed[Symbol.dispose]() };
  } finally {
    recountSpare();
  }
}

/**
 * In what memory `restoreStars` would work on a file with a frame of a size, without reading or decoding one. Throws
 * ArgumentError, IsaError, NativeError, or BudgetError with a budget that suffices.
 */
export function planStars(size: StarFrameSize, options: RestoreStarsOptions = {}): StarPlan {
  const settings = checkRestoreOptions(options);
  const runtime = Runtime.of(options);
  return planFile(size, settings, runtime, runtime.budgetBytes, checkStarIntegrity(options));
}
