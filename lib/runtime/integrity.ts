/**
 * How much of the work is checked, so that a flipped bit is found and the work done again: nothing; sums of what is
 * held and computed; more of them, with both ends (input and output); or all of it, computed twice.
 */
export type IntegrityMode = 'off' | 'checked' | 'full' | 'twice';

/** The words for how much is checked. */
export const INTEGRITY_MODES = ['off', 'checked', 'full', 'twice'] as const satisfies readonly IntegrityMode[];

/**
 * How often a computation of a frame, of a window of a scene, or of some rows of a stream through one, is begun again
 * before its faults are an error.
 */
export const MOST_RESTARTS = 2;

/** Whether inputs are read twice, and outputs read back. */
export function checksEnds(mode: IntegrityMode): boolean {
  return mode === 'full' || mode === 'twice';
}

/** How often all is computed, at least. */
export function computations(mode: IntegrityMode): 1 | 2 {
  return mode === 'twice' ? 2 : 1;
}
