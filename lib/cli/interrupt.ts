import { ENDING_SIGNALS, Interrupted } from './exit.js';
import type { EndingSignal } from './exit.js';

/**
 * Does work whose signal aborts on SIGINT or SIGTERM, with {@link Interrupted}. A second one ends the process at once.
 */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const interrupt = (signal: EndingSignal): void => {
    forget();
    controller.abort(new Interrupted(signal));
  };
  const forget = (): void => {
    for (const signal of ENDING_SIGNALS) process.off(signal, interrupt);
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, interrupt);
  try {
    await work(controller.signal);
  } finally {
    forget();
  }
}
