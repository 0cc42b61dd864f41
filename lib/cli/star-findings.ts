import { toDegrees } from '../stars/sky/angles.js';
import { EstimateError } from '../runtime/errors.js';
import type { DeclinedReason, Identification, Solved } from '../stars/identify/identification.js';
import type { TrackedAttitude } from '../stars/track/attitude-tracker.js';

/** What is said of the stars of a frame. */
export interface FrameFinding {
  /** Null: none. */
  readonly solution: Solved | null;
  /** For --json. */
  readonly report: object;
  /** For people. */
  readonly text: string;
  /** Why there is no solution. */
  readonly declined: Error | null;
}

/** Of a frame by itself. */
export function ofIdentification(found: Identification): FrameFinding {
  if (found.status === 'declined') return declinedFinding(found.reason, found);
  return { solution: found, report: reportSolution(found), text: describeSolution(found), declined: null };
}

/** Of a frame of a sequence. */
export function ofAttitude({ mode, turn, latencyMs, ...rest }: TrackedAttitude): FrameFinding {
  const tracking = { mode, turn, latencyMs };
  const { solution } = rest;
  if (solution === null) {
    const { reason } = rest as { readonly reason: DeclinedReason };
    return declinedFinding(reason, { status: 'declined', reason, ...tracking });
  }
  const report = { ...reportSolution(solution), ...tracking };
  const rate = turn === null ? '' : `, ${toDegrees(Math.hypot(...turn.ratesRadPerSecond)).toFixed(4)} degrees a second`;
  return { solution, report, text: `${mode}: ${describeSolution(solution)}${rate}`, declined: null };
}

/** Each star once. */
function reportSolution({ matches, unmatched, ...rest }: Solved): object {
  return {
    ...rest,
    matches: matches.map(({ seen: { x, y }, star, residualPx }) => ({ x, y, ...star, residualPx })),
    unmatched: unmatched.map(({ x, y, flux }) => ({ x, y, flux })),
  };
}

/** What to tell people, and what to do about it. */
const REASONS: Readonly<Record<DeclinedReason, string>> = {
  'too-few': 'there are fewer than four stars',
  'nothing-fits': 'no attitude explains enough of them: check the field or camera, and whether these are stars',
  ambiguous: 'two attitudes explain them about as well',
  hypotheses: 'the search has come to its limit of hypotheses: check the field or camera, and whether these are stars',
  time: 'the search has come to its limit of time: check the field or camera, and whether these are stars',
};

const declinedFinding = (reason: DeclinedReason, report: object): FrameFinding => ({
  solution: null,
  report,
  text: `not identified: ${REASONS[reason]}`,
  declined: new EstimateError(`The stars are not identified: ${REASONS[reason]}`),
});

function describeSolution({ middle, pointing, matches, fieldDegrees }: Solved): string {
  const place = `RA ${middle.raDegrees.toFixed(4)}, Dec ${middle.decDegrees.toFixed(4)}`;
  const roll = `roll ${pointing.rollDegrees.toFixed(3)} degrees`;
  return `${place}, ${roll}, field ${fieldDegrees.toFixed(3)} degrees, ${matches.length} stars identified`;
}
