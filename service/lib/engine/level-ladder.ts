import type { Capture, Level } from '../capture/capture.js';
import { chooseLevel, redecide } from '../capture/ladder.js';
import type { Choice, LadderFacts } from '../capture/ladder.js';
import type { Io } from '../io.js';
import type { Thermal } from '../limits/thermal.js';
import type { Pace } from './pace.js';

/** A frame is to be given up for a lower level. */
export class LevelDrop extends Error {
  readonly choice: Choice;

  constructor(choice: Choice) {
    super(choice.reason);
    this.choice = choice;
  }
}

/** Goes down the levels for one frame. */
export class LevelLadder {
  readonly #io: Io;
  readonly #pace: Pace;
  readonly #deadline: number | null;
  readonly #work: number;
  #levels: readonly Level[];
  /** Why better levels are not allowed, where that is not the request's doing. */
  readonly #limitation: string | null;

  constructor(io: Io, pace: Pace, capture: Capture, available: readonly Level[], thermal: Thermal) {
    this.#io = io;
    this.#pace = pace;
    this.#deadline = capture.request.deadline;
    this.#work = megapixels(capture);
    const wanted = capture.request.levels.filter((level) => available.includes(level));
    const isCritical = thermal === 'critical';
    this.#levels = isCritical ? ['pass-through'] : wanted;
    this.#limitation = isCritical ? 'the board is too hot' : null;
  }

  get work(): number {
    return this.#work;
  }

  choose(): Choice {
    const choice = chooseLevel(this.#facts());
    if (this.#limitation !== null) return { ...choice, reason: this.#limitation };
    const place = this.#levels.indexOf(choice.level);
    const isProbe = place > 0 && this.#pace.shouldProbe;
    this.#pace.chosen(place <= 0);
    return isProbe ? { level: this.#levels[place - 1]!, reason: 'tried again after many lower ones' } : choice;
  }

  /** Throws LevelDrop where the frame would be late. */
  check(level: Level, startedAt: number, done: number): void {
    if (this.#pace.isUntold(level, done)) return;
    const choice = redecide({ level, startedAt, done }, this.#facts());
    if (choice) throw new LevelDrop(choice);
  }

  /** After a level has failed: the next one, or null. */
  below(level: Level, reason: string): Choice | null {
    this.#levels = this.#levels.slice(this.#levels.indexOf(level) + 1);
    if (this.#levels.length > 0) return { ...chooseLevel(this.#facts()), reason: `${level} failed: ${reason}` };
    // What is stored at least is the frame itself.
    return level === 'pass-through' ? null : { level: 'pass-through', reason: `${level} failed: ${reason}` };
  }

  #facts(): LadderFacts {
    return {
      levels: this.#levels,
      seconds: this.#pace.secondsFor(this.#work),
      now: this.#io.now(),
      deadline: this.#deadline,
      storeSeconds: this.#pace.storeSeconds,
    };
  }
}

/** 1 where nobody knows the size. */
function megapixels({ raw }: Capture): number {
  const pixels = (raw?.width ?? 0) * (raw?.height ?? 0);
  return pixels > 0 ? pixels / 1e6 : 1;
}
