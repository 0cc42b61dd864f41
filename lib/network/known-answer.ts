import { WrongAnswerError } from '../runtime/errors.js';
import { digestOf } from '../runtime/digest.js';
import type { NativePipeline } from '../runtime/native/binding.js';
import { Pauses } from '../runtime/pauses.js';
import { Scope } from '../runtime/scope.js';
import type { AnswerOrigin, IntegrityTally } from './integrity.js';
import { knownFrame, knownFrameBytes } from './known-frame.js';
import type { Plan } from './plan.js';
import { createFrameMemory, restoreFrame } from './restore-frame.js';

/**
 * What is restored between two questions, in multiples of the known frame's work: a pass of so few pixels takes some
 * two times as long as its share of a large one, so that all questions together take less than 1 % of the time.
 */
const WORK_BETWEEN = 256;
/** The longest time between two questions, where frames come more slowly: then the processor has time enough. */
const SECONDS_BETWEEN = 10;

/** How a model restores the known frame; whether it still does so. */
export class KnownAnswer {
  readonly plan: Plan;
  readonly origin: AnswerOrigin;
  #answer: string | null;
  /** Since the last right answer. */
  #work = 0;
  #frames = 0;
  #asked = 0;

  /** @param answer SHA-256 of the restored known frame; null: what comes first is taken for it */
  constructor(plan: Plan, answer: string | null) {
    this.plan = plan;
    this.origin = answer === null ? 'opening' : 'package';
    this.#answer = answer;
  }

  /** Takes the next answer for what it must be, where the package has none. */
  forget(): void {
    if (this.origin === 'opening') this.#answer = null;
  }

  /** What asking takes. */
  get bytes(): number {
    return knownFrameBytes(this.plan);
  }

  /** Whether it is time to ask, once `macs` more multiply-accumulates have been made. */
  isDue(macs: number): boolean {
    const isLong = performance.now() - this.#asked > SECONDS_BETWEEN * 1000;
    return isLong || this.#work + macs >= WORK_BETWEEN * this.plan.macs;
  }

  /** Notes a frame that is given without asking. */
  trust(macs: number): void {
    this.#work += macs;
    this.#frames++;
  }

  /**
   * Restores the known frame. Rejects with WrongAnswerError where that gives other samples than it must, or as
   * `restoreFrame`; it is asked again with the next frame then.
   */
  async ask(pipeline: NativePipeline, scope: Scope, tally: IntegrityTally): Promise<void> {
    this.#work = Infinity;
    tally.asked++;
    const answer = await this.#restore(pipeline, scope);
    this.#answer ??= answer;
    if (answer !== this.#answer) throw this.#wrong(tally);
    this.#work = 0;
    this.#frames = 0;
    this.#asked = performance.now();
  }

  #wrong(tally: IntegrityTally): WrongAnswerError {
    tally.wrongAnswers++;
    tally.doubtfulFrames += this.#frames;
    const others = this.#frames > 0 ? `; so may have been ${this.#frames} frames before it` : '';
    this.#frames = 0;
    return new WrongAnswerError(`The known frame was not restored as it must be: what was restored is wrong${others}`);
  }

  async #restore(pipeline: NativePipeline, { runtime, signal }: Scope): Promise<string> {
    // Nobody is told how far this is.
    using scope = new Scope(runtime, { signal });
    const frame = knownFrame();
    const memory = createFrameMemory(this.plan, frame);
    await restoreFrame(pipeline, this.plan, { frame, valid: null, memory }, { index: 0, of: 1 }, scope);
    return await digestOf([memory.output], new Pauses(signal));
  }
}
