// The built library as it is packed: from this checkout's sources, without a file that an earlier build has left.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './targets.mjs';

/** Empties dist and builds it. */
export function rebuildLibrary() {
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  execFileSync('npm', ['run', '--silent', 'build:lib'], { cwd: ROOT, stdio: 'inherit' });
}
