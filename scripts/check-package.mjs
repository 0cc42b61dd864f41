// Reads every addon of a packed tarball: machine, libraries, glibc version, run paths, exported symbols; and sees to it
// that nothing that injects faults is packed.
//   node scripts/check-package.mjs TARBALL [--trial]   of a release, or of pack.mjs --trial
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { judgeAddon } from './binaries/elf.mjs';
import { GLIBC_MINOR, TARGETS, TRIAL } from './binaries/targets.mjs';

// A trial is built by this machine's compiler for its own glibc: that of Debian 12.
const TRIAL_GLIBC_MINOR = 36;
const MOST_BYTES = 20e6;

// What only code that flips bits contains (native/faults/site.cc).
const FAULTS = ['epilogue tables', 'sums of threads'];
const FAULTS_PROGRAM = 'build/Release/perifocal-faults';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { trial: { type: 'boolean' } } });
const [tarball] = positionals;
if (!tarball) throw new Error('usage: check-package.mjs TARBALL [--trial]');
const names = Object.keys(values.trial ? TRIAL : TARGETS);
const folder = mkdtempSync(join(tmpdir(), 'perifocal-package-'));
let [passed, failed] = [0, 0];

/** @param {string} what @param {boolean} isTrue @param {unknown} detail */
function expect(what, isTrue, detail) {
  if (isTrue) passed += 1;
  else failed += 1;
  console.log(`${isTrue ? 'ok    ' : 'FAILED'} ${what}: ${detail}`);
}

/** @param {string} prebuilds */
function checkAddons(prebuilds) {
  const glibcMinor = values.trial ? TRIAL_GLIBC_MINOR : GLIBC_MINOR;
  const present = readdirSync(prebuilds).sort();
  expect(
    'prebuilds',
    present.join() ===
      names
        .map((name) => `${name}.node`)
        .sort()
        .join(),
    present.join(' '),
  );
  for (const name of names.filter((name) => present.includes(`${name}.node`))) {
    for (const { what, isTrue, detail } of judgeAddon(name, join(prebuilds, `${name}.node`), glibcMinor))
      expect(`${name} ${what}`, isTrue, detail);
  }
}

/** What describes the package is there, and nothing that is of no use without a checkout. @param {string} root */
function checkFiles(root) {
  const top = readdirSync(root);
  const wanted = [
    'LICENSE',
    'NOTICE',
    'THIRD-PARTY.md',
    'README.md',
    'CHANGELOG.md',
    'sbom.cdx.json',
    'dist',
    'models',
  ];
  const missing = wanted.filter((name) => !top.includes(name));
  expect('described', missing.length === 0, missing.length === 0 ? wanted.join(' ') : `without ${missing.join(' ')}`);
  const useless = ['binding.gyp', 'native', 'cmake', 'CMakeLists.txt'].filter((name) => top.includes(name));
  expect('no install script, no sources', useless.length === 0, useless.join(' ') || 'none');
  const maps = readdirSync(root, { recursive: true }).filter((path) => String(path).endsWith('.map'));
  expect('no source maps', maps.length === 0, maps.length);
}

/** @param {string} path */
const hasFaults = (path) => FAULTS.some((name) => readFileSync(path).includes(name));

/** Of compiled code there are the addons, and no fault is injected by these. @param {string} root */
function checkPrograms(root) {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const compiled = files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).subarray(0, 4).toString('latin1') === '\x7fELF');
  expect(
    'no other programs',
    compiled.length === names.length,
    compiled.map((path) => basename(path)),
  );
  const faulty = compiled.filter(hasFaults);
  expect('no injected faults', faulty.length === 0, faulty.join(' ') || 'none');
  // Where that program is built, it shows that they would be found.
  if (existsSync(FAULTS_PROGRAM)) expect('faults are found', hasFaults(FAULTS_PROGRAM), FAULTS_PROGRAM);
}

try {
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  const size = statSync(tarball).size;
  expect('size', size <= MOST_BYTES, `${(size / 1e6).toFixed(2)} MB`);
  checkAddons(join(folder, 'package', 'prebuilds'));
  checkFiles(join(folder, 'package'));
  checkPrograms(join(folder, 'package'));
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
