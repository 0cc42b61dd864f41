// The pinned zig, in a Python venv of its own.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILD_ROOT, ROOT } from './targets.mjs';

const VENV = join(BUILD_ROOT, 'venv');
const WANTED = join(ROOT, 'scripts/binaries/requirements.txt');
const INSTALLED = join(VENV, 'requirements.txt');

/**
 * Path of zig's program; installs it where it is not, or is another version.
 * @returns {string}
 */
export function installZig() {
  if (!existsSync(INSTALLED) || readFileSync(INSTALLED, 'utf8') !== readFileSync(WANTED, 'utf8')) {
    execFileSync('python3', ['-m', 'venv', '--clear', VENV], { stdio: 'inherit' });
    execFileSync(join(VENV, 'bin/pip'), ['install', '-q', '-r', WANTED], { stdio: 'inherit' });
    copyFileSync(WANTED, INSTALLED);
  }
  const script = 'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))';
  return execFileSync(join(VENV, 'bin/python'), ['-c', script], { encoding: 'utf8' }).trim();
}
