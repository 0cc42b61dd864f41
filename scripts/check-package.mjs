// Reads every addon of a packed tarball: machine, libraries, glibc version, run paths, exported symbols; and sees to it
// that nothing that injects faults is packed.
//   node scripts/check-package.mjs TARBALL
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** ELF e_machine as readelf names it. @type {Record<string, RegExp>} */
const MACHINES = { 'linux-x64.node': /Machine:\s+.*X86-64/, 'linux-arm64.node': /Machine:\s+AArch64/ };
const LIBRARIES = /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-.*)$/;
// Debian 12's. A release for older systems is built against glibc 2.28, which this machine cannot do.
const HIGHEST_GLIBC = 36;
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

// What only code that flips bits contains (native/faults/site.cc).
const FAULTS = ['epilogue tables', 'sums of threads'];
const FAULTS_PROGRAM = 'build/Release/perifocal-faults';

const [tarball] = process.argv.slice(2);
if (!tarball) throw new Error('usage: check-package.mjs TARBALL');
const folder = mkdtempSync(join(tmpdir(), 'perifocal-package-'));
let [passed, failed] = [0, 0];

/** @param {string} what @param {boolean} isTrue @param {unknown} detail */
function expect(what, isTrue, detail) {
  if (isTrue) passed += 1;
  else failed += 1;
  console.log(`${isTrue ? 'ok    ' : 'FAILED'} ${what}: ${detail}`);
}

/** @param {string} text @param {RegExp} pattern with one group */
const captures = (text, pattern) => [...new Set([...text.matchAll(pattern)].map((match) => String(match[1])))];

/** @param {string} path */
function checkAddon(path) {
  const name = basename(path);
  /** @param {string[]} options */
  const readelf = (...options) => execFileSync('readelf', ['-W', ...options, path], { encoding: 'utf8' });
  const dynamic = readelf('-d');
  const symbols = readelf('--dyn-syms');
  expect(`${name} machine`, MACHINES[name]?.test(readelf('-h')) ?? false, captures(readelf('-h'), /Machine:\s+(.*)/g));
  const libraries = captures(dynamic, /NEEDED.*\[(.*)\]/g);
  expect(
    `${name} libraries`,
    libraries.every((library) => LIBRARIES.test(library)),
    libraries.join(' '),
  );
  const paths = captures(dynamic, /(?:RPATH|RUNPATH).*\[(.*)\]/g);
  expect(`${name} run paths`, paths.length === 0, paths.join(' ') || 'none');
  const highest = Math.max(...captures(symbols, /@GLIBC_2\.(\d+)/g).map(Number));
  const users = captures(symbols, new RegExp(`(\\w+)@GLIBC_2\\.${highest}\\b`, 'g'));
  expect(`${name} glibc`, highest <= HIGHEST_GLIBC, `2.${highest} (${users.join(' ')})`);
  const exported = symbols
    .split('\n')
    .filter((line) => /\b(GLOBAL|WEAK|UNIQUE|<OS specific>: \d+)\s/.test(line) && !/\bUND\b/.test(line))
    .map((line) => String(line.trim().split(/\s+/).pop()));
  expect(
    `${name} exports`,
    exported.length > 0 && exported.every((symbol) => EXPORTS.includes(symbol)),
    exported.join(' '),
  );
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
    compiled.length === Object.keys(MACHINES).length,
    compiled.map((path) => basename(path)),
  );
  const faulty = compiled.filter(hasFaults);
  expect('no injected faults', faulty.length === 0, faulty.join(' ') || 'none');
  // Where that program is built, it shows that they would be found.
  if (existsSync(FAULTS_PROGRAM)) expect('faults are found', hasFaults(FAULTS_PROGRAM), FAULTS_PROGRAM);
}

try {
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  const prebuilds = join(folder, 'package', 'prebuilds');
  for (const name of Object.keys(MACHINES)) expect('prebuild', readdirSync(prebuilds).includes(name), name);
  for (const name of readdirSync(prebuilds)) checkAddon(join(prebuilds, name));
  checkPrograms(join(folder, 'package'));
  const top = readdirSync(join(folder, 'package'));
  expect('no install script', !top.includes('binding.gyp'), top.join(' '));
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
