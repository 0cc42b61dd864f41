import type { Capture, Level } from '../capture/capture.js';
import { chooseLevel, redecide } from '../capture/ladder.js';
import type { Choice, LadderFacts } from '../capture/ladder.js';
import { ServiceError } from '../errors.js';
import type { ServiceClock } from '../clock.js';
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

/** None of the levels that a request allows can be had: trying again does not help. */
export class NoLevel extends ServiceError {
  constructor(wanted: readonly Level[], why: string) {
    super('STATE', `Its levels are ${wanted.join(', ')}, and ${why}: allow others, such as pass-through`);
  }
}

/** Goes down the levels for one frame: those that the request allows, and no other. */
export class LevelLadder {
  readonly #clock: Pick<ServiceClock, 'now'>;
  readonly #pace: Pace;
  readonly #deadline: number | null;
  readonly #work: number;
  readonly #wanted: readonly Level[];
  #levels: readonly Level[];
  readonly #isTooHot: boolean;
  /** A level that is tried although it is known to take too long: only its own pace counts. */
  #probed: Level | null = null;

  constructor(
    clock: Pick<ServiceClock, 'now'>,
    pace: Pace,
    capture: Capture,
    available: readonly Level[],
    thermal: Thermal,
  ) {
    this.#clock = clock;
    this.#pace = pace;
    this.#deadline = capture.request.deadline;
    this.#work = megapixels(capture);
    this.#wanted = capture.request.levels;
    this.#isTooHot = thermal === 'critical';
    this.#levels = this.#wanted.filter((level) =>
      this.#isTooHot ? level === 'pass-through' : available.includes(level),
    );
  }

  get work(): number {
    return this.#work;
  }

  /** Throws NoLevel where there is none. */
  choose(): Choice {
    const choice = chooseLevel(this.#facts());
    const heat = 'the board is too hot';
    if (choice === null) {
      const why = this.#isTooHot ? `${heat} for all but pass-through` : 'the configuration has none of them';
      throw new NoLevel(this.#wanted, why);
    }
    if (this.#isTooHot) return { ...choice, reason: heat };
    const place = this.#levels.indexOf(choice.level);
    const isProbe = place > 0 && this.#pace.shouldProbe;
    this.#pace.chosen(place <= 0);
    if (!isProbe) return choice;
    this.#probed = this.#levels[place - 1]!;
    return { level: this.#probed, reason: 'tried again after many lower ones' };
  }

  /** Throws LevelDrop where the frame would be late. */
  check(level: Level, startedAt: number, done: number): void {
    if (this.#pace.isUntold(level, done)) return;
    const facts = this.#facts();
    const seconds = level === this.#probed ? { ...facts.seconds, [level]: null } : facts.seconds;
    const choice = redecide({ level, startedAt, done }, { ...facts, seconds });
    if (choice) throw new LevelDrop(choice);
  }

  /** After a level has failed: the next one that the request allows, or null. */
  below(level: Level, reason: string): Choice | null {
    this.#levels = this.#levels.slice(this.#levels.indexOf(level) + 1);
    const choice = chooseLevel(this.#facts());
    return choice && { ...choice, reason: `${level} failed: ${reason}` };
  }

  #facts(): LadderFacts {
    return {
      levels: this.#levels,
      seconds: this.#pace.secondsFor(this.#work),
      now: this.#clock.now(),
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
