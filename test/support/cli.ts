import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Envelope } from '../../lib/cli/envelope.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How a command ended. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly text: string;
  readonly stderr: string;
  /** What was printed, as `--json` prints it. */
  readonly envelopes: () => Envelope[];
}

export interface CliOptions {
  readonly stdin?: Uint8Array;
  /** A file that takes standard output, such as /dev/full. */
  readonly stdoutFile?: string;
  /** Closes standard output after this many bytes of it. */
  readonly closeAfter?: number;
  readonly cwd?: string;
}

/** Runs the command line as a user does. */
export async function perifocal(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const target = options.stdoutFile === undefined ? null : openSync(options.stdoutFile, 'w');
  const stdio = ['pipe', target ?? 'pipe', 'pipe'] as const;
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: [...stdio], cwd: options.cwd });
  if (target !== null) closeSync(target);
  const [chunks, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (options.closeAfter !== undefined && Buffer.concat(chunks).length >= options.closeAfter) child.stdout!.destroy();
  });
  child.stderr!.on('data', (chunk: Buffer) => errors.push(chunk));
  // A command that reads nothing may be gone by now.
  child.stdin!.on('error', () => {});
  child.stdin!.end(options.stdin ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const stdout = Buffer.concat(chunks);
  const text = stdout.toString();
  const envelopes = (): Envelope[] => parseLines(text);
  return { code, stdout, text, stderr: Buffer.concat(errors).toString(), envelopes };
}

function parseLines(text: string): Envelope[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Envelope);
}
