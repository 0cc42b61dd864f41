import type { Io } from '../io.js';
import { readCgroup } from './cgroup.js';
import type { CgroupLimits } from './cgroup.js';
import { readMemoryErrors, readPeakMemory } from './memory.js';
import type { SystemRoots } from './roots.js';
import { nextThermal, readTemperature } from './thermal.js';
import type { Thermal, ThermalLimits } from './thermal.js';

const LOOK_MS = 2000;
/** Only the temperature changes quickly: limits and counters are read each so many looks. */
const LOOKS_TO_ALL = 5;

/** What was last seen of the board. */
export interface BoardState {
  readonly thermal: Thermal;
  readonly temperatureCelsius: number | null;
  readonly cgroup: CgroupLimits;
  readonly memoryErrors: { readonly corrected: number; readonly uncorrected: number } | null;
  readonly peakBytes: number | null;
}

/** Looks at the board: how warm it is every two seconds, all else every ten. */
export class Board {
  readonly #io: Io;
  readonly #roots: SystemRoots;
  readonly #limits: ThermalLimits;
  readonly #closing = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #state: BoardState;

  private constructor(io: Io, roots: SystemRoots, limits: ThermalLimits, cgroup: CgroupLimits) {
    this.#io = io;
    this.#roots = roots;
    this.#limits = limits;
    this.#state = { thermal: 'normal', temperatureCelsius: null, cgroup, memoryErrors: null, peakBytes: null };
  }

  /** Looks once, and then goes on. */
  static async open(io: Io, roots: SystemRoots, limits: ThermalLimits): Promise<Board> {
    const board = new Board(io, roots, limits, await readCgroup(io, roots));
    await board.look();
    board.#done = board.#run();
    return board;
  }

  get state(): BoardState {
    return this.#state;
  }

  async look(): Promise<void> {
    const [cgroup, memoryErrors, peakBytes] = await Promise.all([
      readCgroup(this.#io, this.#roots),
      readMemoryErrors(this.#io, this.#roots),
      readPeakMemory(this.#io, this.#roots),
    ]);
    this.#state = { ...this.#state, cgroup, memoryErrors, peakBytes };
    await this.#feel();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #feel(): Promise<void> {
    const temperatureCelsius = await readTemperature(this.#io, this.#roots.thermal);
    const thermal = nextThermal(this.#state.thermal, temperatureCelsius, this.#limits);
    this.#state = { ...this.#state, thermal, temperatureCelsius };
  }

  async #run(): Promise<void> {
    for (let looks = 1; ; looks += 1) {
      await this.#io.sleep(LOOK_MS, this.#closing.signal).catch(() => undefined);
      if (this.#closing.signal.aborted) return;
      if (looks % LOOKS_TO_ALL === 0) await this.look();
      else await this.#feel();
    }
  }
}
