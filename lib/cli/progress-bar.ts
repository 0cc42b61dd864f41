import { SingleBar } from 'cli-progress';
import type { Progress } from '../runtime/progress.js';

const FORMAT = '{phase} [{bar}] {value} of {total} {unit} | {eta_formatted}';
/** Phases as people are told them; others are shown as they are. */
const PHASES: Readonly<Record<string, string>> = {
  probe: 'probing',
  restore: 'restoring',
  verify: 'reading the part',
  repeat: 'repeating',
};

/** Shows people how far the work is, on a terminal. It leaves the line as it found it. */
export class ProgressBar implements Disposable {
  readonly #isShown: boolean;
  #bar: SingleBar | null = null;

  constructor(isQuiet: boolean) {
    this.#isShown = !isQuiet && process.stderr.isTTY;
  }

  update({ unit, phase, done, total }: Progress): void {
    if (!this.#isShown) return;
    this.#bar ??= startBar(total);
    this.#bar.setTotal(total);
    this.#bar.update(done, { phase: PHASES[phase] ?? phase, unit });
  }

  /** Makes room for other lines; what is still going on draws a new bar below them. */
  clear(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

function startBar(total: number): SingleBar {
  // Signals are none of the bar's business: the runner ends the work, which clears the bar.
  const options = { format: FORMAT, stream: process.stderr, clearOnComplete: true, gracefulExit: false };
  const bar = new SingleBar(options);
  bar.start(total, 0, { phase: 'starting', unit: '' });
  return bar;
}
