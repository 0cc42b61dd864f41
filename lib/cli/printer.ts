import { describeError, formatEnvelope, messageOf } from './envelope.js';
import type { Envelope } from './envelope.js';
import { STREAM, streams } from './standard-streams.js';

/** Options of every command about what it prints. */
export interface OutputFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What is said of an input that is done. */
export interface Summary {
  /** The file that was written, if any. */
  readonly output?: string | undefined;
  /** For programs. */
  readonly report: object;
  /** For people. */
  readonly text: string;
  /** What people should look at. */
  readonly warnings?: readonly string[];
  /** The input was read, and does not hold what was looked for: that is a failure with a report. */
  readonly declined?: Error | null;
}

/** Prints how inputs end: lines for people, or envelopes for programs. */
export class Printer {
  readonly #flags: OutputFlags;
  readonly #isDataPrinted: boolean;

  /** @param isDataPrinted standard output takes what the command makes: then all else goes to standard error */
  constructor(flags: OutputFlags, isDataPrinted: boolean) {
    this.#flags = flags;
    this.#isDataPrinted = isDataPrinted;
  }

  /** An input that is done, or that was declined. */
  async summarise(input: string | null, { output, report, text, warnings = [], declined }: Summary): Promise<void> {
    for (const warning of warnings) streams.say(`${prefixOf(input)}warning: ${warning}`);
    if (declined) {
      streams.say(`${prefixOf(input)}${declined.message}`);
      await this.envelope({ input, ok: false, error: describeError(declined), report });
      return;
    }
    await this.envelope({ input, ok: true, ...(output !== undefined && { output }), report });
    const { json, quiet } = this.#flags;
    if (!json && !quiet) await this.#print(`${text}\n`);
  }

  /** An input that failed. */
  async fail(input: string | null, error: unknown): Promise<void> {
    streams.say(`${prefixOf(input)}${messageOf(error)}`);
    await this.envelope({ input, ok: false, error: describeError(error) });
  }

  /** The line for programs, where it is wanted. */
  async envelope(envelope: Envelope): Promise<void> {
    if (this.#flags.json) await this.#print(formatEnvelope(envelope));
  }

  async #print(text: string): Promise<void> {
    if (this.#isDataPrinted) process.stderr.write(text);
    else await streams.print(text);
  }
}

const prefixOf = (input: string | null): string => {
  if (input === null) return '';
  return `${input === STREAM ? 'standard input' : input}: `;
};
