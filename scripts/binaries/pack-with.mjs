// One tarball with given addons. The same files give the same bytes.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describeParts } from './sbom.mjs';
import { ROOT } from './targets.mjs';

/**
 * Packs this checkout into `destination`; returns the path of the tarball.
 * @param {Record<string, string>} addons path of an addon by the name of its target
 * @param {string} destination
 */
export function packWith(addons, destination) {
  const folder = join(ROOT, 'prebuilds');
  const parts = join(ROOT, 'sbom.cdx.json');
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, path] of Object.entries(addons)) {
      const from = resolve(ROOT, path);
      if (!existsSync(from)) throw new Error(`${name}: ${from} is missing; build it first`);
      copyFileSync(from, join(folder, `${name}.node`));
    }
    writeFileSync(parts, describeParts());
    mkdirSync(destination, { recursive: true });
    const options = ['--silent', '--ignore-scripts', '--pack-destination', resolve(destination)];
    const name = execFileSync('npm', ['pack', ...options], { cwd: ROOT, encoding: 'utf8' }).trim();
    return join(resolve(destination), name);
  } finally {
    // The loader prefers a prebuild to build/Release: one left behind would hide every later build.
    rmSync(folder, { recursive: true, force: true });
    rmSync(parts, { force: true });
  }
}
