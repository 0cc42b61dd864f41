import { PerifocalError } from '../runtime/errors.js';
import { defined } from '../runtime/validate.js';
import { Interrupted } from './exit.js';

/** What `--json` prints of one input, on a line of its own. */
export interface Envelope {
  /** As it was named on the command line; null for commands without inputs, and where the command line is wrong. */
  readonly input: string | null;
  readonly ok: boolean;
  /** The file that was written, `-` for standard output. */
  readonly output?: string;
  /** Why it failed. `code` is stable, `message` is for people. */
  readonly error?: { readonly code: string; readonly message: string };
  /** What was found, and how it was done. Numbers that are not finite are null. */
  readonly report?: object;
}

/** The code of an error that is none of this package's. */
const UNKNOWN = 'INTERNAL';

/** What failed, in the form that programs read. */
export function describeError(error: unknown): NonNullable<Envelope['error']> {
  const message = messageOf(error);
  if (error instanceof PerifocalError || error instanceof Interrupted) return { code: error.code, message };
  return { code: UNKNOWN, message };
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The envelope as one line. */
export function formatEnvelope({ input, ok, output, error, report }: Envelope): string {
  return `${JSON.stringify(defined({ input, ok, output, error, report }), replaceArrays)}\n`;
}

/** Arrays of numbers are lists; JSON itself makes null of what is not finite. */
function replaceArrays(_key: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
}
