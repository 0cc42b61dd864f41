// Packs the package with an addon for every target into one tarball, and refuses to leave one out.
//   node scripts/pack.mjs DESTINATION [linux-x64 linux-arm64 ...]
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where each target's build leaves its addon. @type {Record<string, string>} */
const BUILDS = { 'linux-x64': 'build/Release/perifocal.node', 'linux-arm64': 'build-arm64/perifocal.node' };

const [destination, ...named] = process.argv.slice(2);
if (!destination) throw new Error('usage: pack.mjs DESTINATION [TARGET...]');
const targets = named.length > 0 ? named : Object.keys(BUILDS);
const prebuilds = join(root, 'prebuilds');
mkdirSync(prebuilds, { recursive: true });
try {
  for (const target of targets) {
    const addon = BUILDS[target];
    if (!addon) throw new Error(`unknown target ${target}; known: ${Object.keys(BUILDS).join(', ')}`);
    if (!existsSync(join(root, addon))) throw new Error(`${target}: ${addon} is missing; build it first`);
    copyFileSync(join(root, addon), join(prebuilds, `${target}.node`));
  }
  execFileSync('npm', ['pack', '--silent', '--pack-destination', destination], { cwd: root, stdio: 'inherit' });
} finally {
  // The loader prefers a prebuild to build/Release: one left behind would hide every later build.
  rmSync(prebuilds, { recursive: true });
}
