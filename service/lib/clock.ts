import type { Io } from './io.js';

type Clocks = Pick<Io, 'now' | 'monotonic' | 'boot'>;

/** One moment by two clocks, in milliseconds since the epoch. */
export interface Moment {
  /** By the clock of the service, which never jumps: everything that is counted is counted by it. */
  readonly service: number;
  /** By the clock of the board, which may be set: what people and other programs are told. */
  readonly wall: number;
}

/** What is kept of the clock, so that a new start goes on where it was. */
export interface ClockMark extends Moment {
  /** Since which start of the machine `monotonic` counts; empty where nobody knows. */
  readonly boot: string;
  readonly monotonic: number;
}

/** The wall clock was set, or the board slept. */
export interface ClockStep {
  /** By so much, forward where positive. */
  readonly milliseconds: number;
  /** What the wall clock said after it. */
  readonly at: number;
}

/** What the clock shows of itself. */
export interface ClockState {
  /** What the wall clock is ahead of the service. */
  readonly aheadSeconds: number;
  /** Steps of the wall clock since the start. */
  readonly steps: number;
  readonly lastStep: ClockStep | null;
}

/** Less is no step: clocks are adjusted all the time. */
const LEAST_STEP_MS = 1000;
const MOST_UNTOLD = 100;
/** The last moment that a Date can have. */
const LATEST = 8.64e15;

/**
 * The time of the service: it begins as the wall clock says when a store is made, and from then on goes on with the
 * clock that nobody can set. Between two runs it goes on by what that clock says where the machine was not started
 * anew; else by what the wall clock says, unless that is more than the machine can have been off, or less than nothing.
 */
export class ServiceClock {
  readonly #io: Clocks;
  readonly #begin: { readonly service: number; readonly monotonic: number };
  #ahead: number;
  #steps = 0;
  #untold: ClockStep[] = [];
  #lastStep: ClockStep | null = null;

  /** @param longestOffMs longer the machine is not off: a wall clock that says so has been set */
  constructor(io: Clocks, mark: ClockMark | null, longestOffMs: number) {
    const monotonic = io.monotonic();
    const last = mark ?? { service: io.now(), wall: io.now(), boot: io.boot(), monotonic };
    this.#io = io;
    this.#begin = { service: last.service + msSince(last, io, longestOffMs), monotonic };
    this.#ahead = last.wall - last.service;
  }

  /** The time of the service. */
  now(): number {
    return Math.floor(this.#begin.service + this.#io.monotonic() - this.#begin.monotonic);
  }

  moment(): Moment {
    return { service: this.now(), wall: this.#io.now() };
  }

  /** What the wall clock is ahead of the service; the same as long as nobody sets it. */
  get ahead(): number {
    this.#look();
    return this.#ahead;
  }

  /** What the wall clock will say at a time of the service, as far as anybody knows. */
  toWall<T extends number | null>(service: T): T {
    return (service === null ? null : service + this.ahead) as T;
  }

  mark(): ClockMark {
    return { ...this.moment(), boot: this.#io.boot(), monotonic: this.#io.monotonic() };
  }

  get state(): ClockState {
    return { aheadSeconds: this.ahead / 1000, steps: this.#steps, lastStep: this.#lastStep };
  }

  /** Steps of the wall clock that nobody has been told of, the first ones first. */
  untold(): readonly ClockStep[] {
    this.#look();
    return this.#untold;
  }

  /** The first of them has been told. */
  told(): void {
    this.#untold.shift();
  }

  #look(): void {
    const { service, wall } = this.moment();
    const milliseconds = wall - service - this.#ahead;
    if (Math.abs(milliseconds) < LEAST_STEP_MS) return;
    this.#ahead += milliseconds;
    this.#steps += 1;
    this.#lastStep = { milliseconds, at: wall };
    // A clock that is set all the time fills no memory: the last ones count.
    this.#untold = [...this.#untold, this.#lastStep].slice(-MOST_UNTOLD);
  }
}

/** How much time has passed since a mark was made by an earlier run. */
function msSince(mark: ClockMark, io: Clocks, longestOffMs: number): number {
  const monotonic = io.monotonic() - mark.monotonic;
  if (mark.boot !== '' && mark.boot === io.boot() && monotonic >= 0) return monotonic;
  const off = io.now() - mark.wall;
  return off > 0 && off <= longestOffMs ? off : 0;
}

/** A mark from a file, or null where it is none. */
export function readMark(value: unknown): ClockMark | null {
  const { service, wall, boot, monotonic } = (value ?? {}) as Partial<Record<keyof ClockMark, unknown>>;
  if (!isTime(service) || !isTime(wall) || !isTime(monotonic) || typeof boot !== 'string') return null;
  return { service, wall, boot, monotonic };
}

const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= LATEST;
