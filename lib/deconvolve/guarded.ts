import { untilTwoComputeAlike } from '../restoration/agree.js';
import { digestOf } from '../runtime/digest.js';
import { IntegrityError } from '../runtime/errors.js';
import { garbage } from '../runtime/garbage.js';
import { MOST_RESTARTS } from '../runtime/integrity.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import { Pauses } from '../runtime/pauses.js';
import type { Scope } from '../runtime/scope.js';
import type { Deconvolved } from './deconvolve-frame.js';

/** Counts what `DeconvolutionIntegrity` says. */
export class GuardTally {
  restarts = 0;
  computations = 0;
  differences = 0;
}

/**
 * Deconvolves a frame, again where its checks fail, and with 'twice' until two computations agree. Rejects with
 * IntegrityError where that does not help.
 * @param free gives the memory of solvers back: what comes next is made anew
 */
export async function deconvolveGuarded(
  mode: IntegrityMode,
  compute: () => Promise<Deconvolved>,
  free: () => void,
  tally: GuardTally,
  { signal, binding }: Scope,
): Promise<Deconvolved> {
  const computeOnce = async (): Promise<Deconvolved> => {
    for (let restarts = 0; ; restarts += 1) {
      try {
        const result = await compute();
        tally.computations++;
        return result;
      } catch (error) {
        if (!(error instanceof IntegrityError) || restarts === MOST_RESTARTS) throw error;
        free();
        tally.restarts++;
      }
    }
  };
  if (mode !== 'twice') return await computeOnce();
  let result: Deconvolved | null = null;
  await untilTwoComputeAlike(async (index) => {
    if (index > 0) {
      free();
      garbage.add(result!.data.byteLength);
      result = null;
      garbage.settle(() => binding.trimHeap());
    }
    result = await computeOnce();
    return await digestOf([result.data], new Pauses(signal));
  }, tally);
  return result!;
}
