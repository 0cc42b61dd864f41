import type { Io } from '../io.js';

/** A part of the service that must answer: null where it does, else what is wrong. */
export type Probe = () => string | null;

export interface WatchdogOptions {
  readonly io: Io;
  /** By the name of the part. */
  readonly probes: Readonly<Record<string, Probe>>;
  /** Between two strokes. */
  readonly everyMs: number;
  /** Strokes it, with a line for people. */
  readonly stroke: (status: string) => void;
  /** Told when the parts that do not answer have changed. */
  readonly onTrouble: (troubles: readonly string[]) => void;
  /** The line for people. */
  readonly status: () => string;
}

/** Every `WatchdogSec` is given two strokes and a half. */
export function strokeMilliseconds(watchdogUsec: string | undefined): number | null {
  const microseconds = Number(watchdogUsec);
  if (!(microseconds > 0)) return null;
  return Math.max(100, Math.floor(microseconds / 1000 / 2.5));
}

/** Strokes the watchdog of systemd only when every part answers: a service that hangs is started again. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #troubles: readonly string[] = [];

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** What does not answer, in words. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { io, everyMs } = this.#options;
    for (; !this.#closing.signal.aborted; ) {
      this.#look();
      await io.sleep(everyMs, this.#closing.signal).catch(() => undefined);
    }
  }

  #look(): void {
    const { probes, stroke, status, onTrouble } = this.#options;
    const troubles = Object.entries(probes).flatMap(([name, probe]) => {
      const trouble = probe();
      return trouble === null ? [] : [`${name}: ${trouble}`];
    });
    if (troubles.join('\n') !== this.#troubles.join('\n')) onTrouble(troubles);
    this.#troubles = troubles;
    if (troubles.length === 0) stroke(status());
  }
}
