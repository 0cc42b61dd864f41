import { CommanderError } from 'commander';
import { formatEnvelope, messageOf } from './envelope.js';
import { WRONG_USAGE, exitCodeOf } from './exit.js';
import { createProgram } from './program.js';
import { streams } from './standard-streams.js';

/** Says why a command ended, where commander has not said it. Wrong usage has an envelope that is no input's. */
async function explain(error: unknown, exitCode: number): Promise<void> {
  if (!(error instanceof CommanderError)) streams.say(messageOf(error));
  if (exitCode !== WRONG_USAGE || !isJsonWanted()) return;
  const code = (error as { code?: string }).code ?? '';
  const message = messageOf(error).replace(/^error: /, '');
  const isParsed = !(error instanceof CommanderError);
  await streams.print(
    formatEnvelope({ input: null, ok: false, error: { code: isParsed ? code : 'ARGUMENT_INVALID', message } }),
  );
}

/** Where the command line cannot be parsed, its words are looked at. */
function isJsonWanted(): boolean {
  const words = process.argv.slice(2);
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).includes('--json');
}

/** Does what the words of the command line ask for, and sets the exit code. */
export async function runCommandLine(): Promise<void> {
  streams.watch();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    await explain(error, process.exitCode);
  }
}
