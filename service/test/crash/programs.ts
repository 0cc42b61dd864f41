import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess, SpawnSyncReturns } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const DRIVER = join(HERE, 'driver.mjs');
/** Longer than any machine is busy: a driver that hangs is a finding. */
const SECONDS = 600;

/** Whether a program is installed. */
export const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** Compiles the recorder; resolves with the library to be loaded before others. */
export function compileRecorder(folder: string): string {
  const library = join(folder, 'record.so');
  const flags = ['-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  const { status, stderr } = spawnSync('gcc', [...flags, '-o', library, join(HERE, 'record.c'), '-ldl', '-lpthread']);
  if (status !== 0) throw new Error(`gcc: ${stderr}`);
  return library;
}

/** Runs the driver to its end, with other programs or libraries around it. */
export function runDriver(
  args: readonly string[],
  { prefix = [], env = {} }: { prefix?: readonly string[]; env?: Record<string, string> } = {},
): SpawnSyncReturns<string> {
  const [program, ...others] = [...prefix, process.execPath, DRIVER, ...args];
  const all = { ...process.env, UV_USE_IO_URING: '0', ...env };
  return spawnSync(program!, others, { encoding: 'utf8', timeout: SECONDS * 1000, env: all });
}

/** Starts the driver. */
export const startDriver = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [DRIVER, ...args], { stdio: 'ignore' });
