import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface ChildResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node on a script of this repository, by its path from the root. */
export function runNode(
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly onStart?: (child: ChildProcess) => void;
  } = {},
): Promise<ChildResult> {
  const [script, ...rest] = args;
  const { cwd, env } = options;
  const child = spawn(process.execPath, [`${ROOT}${script}`, ...rest], {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
  });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Says so on standard output when the process begins to listen for SIGINT: how long it takes to start is not known. */
const ANNOUNCE = "process.on('newListener', (name) => { if (name === 'SIGINT') process.stdout.write('listening'); });";

/** Runs Node as `runNode` does, and interrupts it when it has worked for a moment. */
export function runInterrupted(args: readonly string[]): Promise<ChildResult> {
  return runNode(args, {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ANNOUNCE)}` },
    onStart: (child) => child.stdout!.once('data', () => setTimeout(() => child.kill('SIGINT'), 1000)),
  });
}
