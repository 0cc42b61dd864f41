import type { Level } from '../capture/capture.js';
import { LEVELS } from '../capture/capture.js';
import type { LevelSeconds } from '../capture/ladder.js';
import { learn, p95Seconds, readRates } from '../capture/rates.js';
import type { Rates } from '../capture/rates.js';

/** Above this share of what a level took so far, something else takes the processor. */
const DISTURBED = 1.3;
/** Below it, what was known was learnt while something else took the processor. */
const OUTDATED = 0.7;
/** Share of the newest frame when the slow-down falls; it rises at once. */
const FALLING = 0.7;
/** To make a thumbnail and to store the product, before anything is known. */
const FIRST_STORE_SECONDS = 0.5;
const STORE_WEIGHT = 0.2;
/** Of a level that nobody knows, this share of a frame must be done before its own pace tells anything. */
const TELLING_SHARE = 0.2;
/** After so many frames below the best level, the next better one is tried: what is known of it may be wrong. */
const FRAMES_TO_PROBE = 10;
/** No processor is shared among so many that it gets slower than that. */
const MOST_SLOWDOWN = 100;

/** What is learnt of time, as JSON: it outlives restarts. */
export interface PaceMemo {
  readonly rates: Rates;
  readonly slowdown: number;
  readonly storeSeconds: number;
}

/**
 * How long levels take. What a level takes when nothing disturbs is learnt by itself; how much slower the machine is
 * now, by the last frames, whatever their level. So a network is chosen again as soon as a lower level shows that the
 * processor is free again.
 */
export class Pace {
  #rates: Rates;
  #slowdown: number;
  #storeSeconds: number;
  #framesBelow = 0;

  /** @param memo of an earlier run, of any kind */
  constructor(memo: unknown) {
    const { rates, slowdown, storeSeconds } = (memo ?? {}) as Partial<Record<keyof PaceMemo, unknown>>;
    this.#rates = readRates(rates);
    this.#slowdown = isBetween(slowdown, 1, MOST_SLOWDOWN) ? slowdown : 1;
    this.#storeSeconds = isBetween(storeSeconds, 0, 60) ? storeSeconds : FIRST_STORE_SECONDS;
  }

  get memo(): PaceMemo {
    return { rates: this.#rates, slowdown: this.#slowdown, storeSeconds: this.#storeSeconds };
  }

  get storeSeconds(): number {
    return this.#storeSeconds;
  }

  /** Seconds within which 95 of 100 frames of that work end, as busy as the machine is now. */
  secondsFor(work: number): LevelSeconds {
    const seconds = LEVELS.map((level) => [level, p95Seconds(this.#rates, level, work)] as const);
    return Object.fromEntries(seconds.map(([level, value]) => [level, value === null ? null : value * this.#slowdown]));
  }

  /** Whether a level is unknown, and a frame has not yet shown how fast it is. */
  isUntold(level: Level, done: number): boolean {
    return this.#rates[level] === undefined && done < TELLING_SHARE;
  }

  /** Whether it is time to try a better level. */
  get shouldProbe(): boolean {
    return this.#framesBelow >= FRAMES_TO_PROBE;
  }

  /** A level was chosen; `isBest` where there is no better one. */
  chosen(isBest: boolean): void {
    this.#framesBelow = isBest || this.shouldProbe ? 0 : this.#framesBelow + 1;
  }

  /** A frame is restored. */
  finished(level: Level, work: number, seconds: number): void {
    const mean = this.#rates[level]?.mean;
    const ratio = mean === undefined ? 1 : seconds / work / mean;
    if (ratio < OUTDATED) this.#forget(level, work, seconds);
    else if (ratio < DISTURBED) this.#rates = learn(this.#rates, level, work, seconds);
    this.#slow(ratio);
  }

  /** A frame was given up; by its pace it would have taken so long. @param done share of it that shows the pace */
  abandoned(level: Level, work: number, whole: number, done: number): void {
    if (!(done > 0) || this.isUntold(level, done)) return;
    const mean = this.#rates[level]?.mean;
    if (mean === undefined) this.#rates = learn(this.#rates, level, work, whole);
    else this.#slow(whole / work / mean);
  }

  stored(seconds: number): void {
    this.#storeSeconds += STORE_WEIGHT * (seconds - this.#storeSeconds);
  }

  /** What is known of better levels may be outdated as well: the next one is tried. */
  #forget(level: Level, work: number, seconds: number): void {
    this.#rates = { ...this.#rates, ...learn({}, level, work, seconds) };
    this.#framesBelow = FRAMES_TO_PROBE;
  }

  #slow(ratio: number): void {
    const latest = Math.min(MOST_SLOWDOWN, ratio < DISTURBED ? 1 : ratio);
    const isRising = latest >= this.#slowdown;
    this.#slowdown = isRising ? latest : Math.max(1, this.#slowdown + FALLING * (latest - this.#slowdown));
  }
}

const isBetween = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && value >= least && value <= most;
