// Packs the package with a verified addon for every target into one tarball, and refuses to leave one out.
//   node scripts/pack.mjs DESTINATION           what npm run build:binaries has built and verified
//   node scripts/pack.mjs DESTINATION --trial   what this checkout has built for itself: to try the package, not for
//                                               release, since it asks for the C++ library and glibc of this machine
import { parseArgs } from 'node:util';
import { addonPath, TARGETS, TRIAL } from './binaries/targets.mjs';
import { rebuildLibrary } from './binaries/library.mjs';
import { findObstacle } from './binaries/record.mjs';
import { packWith } from './binaries/pack-with.mjs';

/** The addons of a release; ends the program where one is missing. */
function findVerified() {
  rebuildLibrary();
  const names = Object.keys(TARGETS);
  const obstacles = names.map((name) => findObstacle(name)).filter((obstacle) => obstacle !== null);
  if (obstacles.length === 0) return Object.fromEntries(names.map((name) => [name, addonPath(name)]));
  console.error(['Nothing was packed. These addons are not fit for release:', ...obstacles].join('\n  '));
  process.exit(1);
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { trial: { type: 'boolean' } } });
const [destination] = positionals;
if (!destination || positionals.length > 1) {
  console.error('usage: pack.mjs DESTINATION [--trial]');
  process.exit(2);
}
console.log(packWith(values.trial ? TRIAL : findVerified(), destination));
