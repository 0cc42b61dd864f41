import { LEVELS } from './capture.js';
import type { Level } from './capture.js';

/** How long each level is expected to take for a frame, in seconds; null or absent where nothing is known. */
export type LevelSeconds = Readonly<Partial<Record<Level, number | null>>>;

/** What a choice of level is made from. Times are milliseconds since the epoch. */
export interface LadderFacts {
  /** Allowed by the request, the limits and what is installed; best first. */
  readonly levels: readonly Level[];
  readonly seconds: LevelSeconds;
  readonly now: number;
  readonly deadline: number | null;
  /** To encode and store the product. */
  readonly storeSeconds: number;
}

export interface Choice {
  readonly level: Level;
  /** For people: why this level and no better one. */
  readonly reason: string;
}

/** How far a frame is that is being restored. */
export interface Progress {
  readonly level: Level;
  readonly startedAt: number;
  /** 0..1 of its rows. */
  readonly done: number;
}

/** Below this share of a frame its own pace tells too little. */
const LEAST_SHARE = 0.05;
/** Of the time that the next level takes, so much is left for it by one that has told nothing. */
const SPARED = 1.5;

/**
 * The best level that will be done in time. A level of which nothing is known is tried: only so it becomes known, and
 * {@link redecide} ends it in time. Where none will be done in time, the quickest that is allowed; null where none is.
 */
export function chooseLevel(facts: LadderFacts): Choice | null {
  const { levels, deadline } = facts;
  const [best] = levels;
  if (best === undefined) return null;
  if (deadline === null) return { level: best, reason: 'no deadline' };
  const level = levels.find((candidate) => fits(facts, candidate));
  if (level === undefined) return { level: quickest(facts), reason: `too late for any level: ${left(facts)} left` };
  if (level === best) return { level, reason: 'in time' };
  const slow = facts.seconds[levels[levels.indexOf(level) - 1]!];
  return { level, reason: `${levels[levels.indexOf(level) - 1]} takes ${format(slow)}, ${left(facts)} left` };
}

/**
 * Whether a frame that is being restored should be given up for a lower level: the choice then, else null. It is asked
 * at every strip. It goes down as soon as the frame's own pace says that it will be late, to the best level that still
 * fits.
 */
export function redecide(progress: Progress, facts: LadderFacts): Choice | null {
  const { deadline, now } = facts;
  const lower = facts.levels.filter((level) => LEVELS.indexOf(level) > LEVELS.indexOf(progress.level));
  const next = chooseLevel({ ...facts, levels: lower });
  if (deadline === null || next === null) return null;
  const nextFinish = now + 1000 * ((facts.seconds[next.level] ?? 0) + facts.storeSeconds);
  if (isUntold(progress, facts)) {
    const spared = SPARED * (facts.seconds[lower[0]!] ?? 0) + facts.storeSeconds;
    if (now + 1000 * spared < deadline) return null;
    return { ...next, reason: `${progress.level} had only begun when ${next.level} was to begin` };
  }
  const finish = now + 1000 * (secondsLeft(progress, facts) + facts.storeSeconds);
  if (finish <= deadline) return null;
  // Where both are late, the one that is done sooner is better.
  if (nextFinish >= finish) return null;
  const lateSeconds = (finish - deadline) / 1000;
  return { ...next, reason: `${progress.level} would have been ${format(lateSeconds)} late` };
}

/** Nothing is known of the level, and what is done of the frame tells nothing yet. */
const isUntold = ({ level, done }: Progress, { seconds }: LadderFacts): boolean =>
  (seconds[level] ?? null) === null && done < LEAST_SHARE;

/** What a frame will still take: by its own pace, and by what is known of its level where it has only begun. */
function secondsLeft(progress: Progress, facts: LadderFacts): number {
  const done = Math.min(1, Math.max(0, progress.done));
  const elapsed = Math.max(0, facts.now - progress.startedAt) / 1000;
  const known = facts.seconds[progress.level] ?? null;
  if (done < LEAST_SHARE) return (known ?? 0) * (1 - done);
  const byPace = (elapsed / done) * (1 - done);
  if (known === null) return byPace;
  return done * byPace + (1 - done) * known * (1 - done);
}

function fits(facts: LadderFacts, level: Level): boolean {
  const seconds = facts.seconds[level] ?? 0;
  return facts.now + 1000 * (seconds + facts.storeSeconds) <= facts.deadline!;
}

/** Of those with the least seconds the lowest level. What is unknown counts as slow. */
function quickest({ levels, seconds }: LadderFacts): Level {
  const cost = (level: Level): number => seconds[level] ?? (level === 'pass-through' ? 0 : Number.POSITIVE_INFINITY);
  return levels.reduce((best, level) => (cost(level) <= cost(best) ? level : best));
}

const left = ({ deadline, now }: LadderFacts): string => format(Math.max(0, deadline! - now) / 1000);

const format = (seconds: number | null | undefined): string => `${(seconds ?? 0).toFixed(1)} s`;
