import type { Acceleration, StepReport } from '../runtime/native/binding.js';
import type { DeconvolveSettings } from './settings.js';

/**
 * Why no further iteration was made:
 * - `discrepancy`: the residual is down to the noise;
 * - `relative-change`: an iteration changed little;
 * - `stalled`: the residual stays above the noise, held up by total variation or a wrong kernel;
 * - `iterations`: the number asked for was reached;
 * - `cap`: the most that there may be was reached;
 * - `complete`: the method makes no more;
 * - `blank`: all samples are 0, or all are saturated; the frame is returned as it came.
 */
export type StopReason = 'discrepancy' | 'relative-change' | 'stalled' | 'iterations' | 'cap' | 'complete' | 'blank';

/** Decides after each iteration whether it was the last; null: it was not. */
export type StopTest = (step: StepReport, iteration: number) => StopReason | null;

/** Makes a given number of iterations. */
export function stopAfter(count: number, reason: StopReason): StopTest {
  return (_, iteration) => (iteration >= count ? reason : null);
}

/**
 * Iterations that lower the residual by less than this part in 10 will not get to the noise: another term holds it up.
 */
const LEAST_DECREASE: Readonly<Record<Acceleration, number>> = {
  none: 5e-4,
  'biggs-andrews': 5e-3,
  'heavy-ball': 5e-3,
};

/**
 * The rule that the options name. @param variance of the noise in what is iterated on
 *
 * The restored scene is best some time after the residual is down to the noise (Morozov): by then it explains the noise
 * only where the blur has left little of it. How much later, in parts of the iterations so far, is nearly the same for
 * all kernels, scenes and noise levels, and depends on the acceleration: `overrun`.
 */
export function stopByRule(
  { stop, tau, overrun, minChange, maxIterations, acceleration }: DeconvolveSettings,
  variance: number,
): StopTest {
  const residuals: number[] = [];
  let last = Infinity;
  return ({ residual, change }, iteration) => {
    residuals.push(residual);
    if (stop === 'relative-change' && change <= minChange) return 'relative-change';
    if (stop === 'discrepancy') {
      if (last === Infinity && residual <= tau * variance)
        last = Math.floor(overrun * crossing(residuals, tau * variance)) + 1;
      if (iteration >= last) return 'discrepancy';
      if (isStalled(residuals, LEAST_DECREASE[acceleration])) return 'stalled';
    }
    return iteration >= maxIterations ? 'cap' : null;
  };
}

/** Where between the last two iterations the residual fell to a level, on a logarithmic scale. */
function crossing(residuals: readonly number[], level: number): number {
  const [before, after] = [residuals.at(-2), residuals.at(-1)!];
  if (before === undefined || after <= 0) return residuals.length;
  return residuals.length - 1 + Math.log(before / level) / Math.log(before / after);
}

function isStalled(residuals: readonly number[], leastDecrease: number): boolean {
  const before = residuals.at(-11);
  return before !== undefined && residuals.at(-1)! > (1 - leastDecrease) * before;
}
