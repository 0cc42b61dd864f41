// Builds the addons of a release on Debian 12, and verifies each: only these are packed (scripts/pack.mjs).
//   npm run build:binaries -- [TARGET...] [--jobs N] [--no-verify]
// g++ compiles what names an instruction set, which it is best at; zig compiles all else and links, against an old
// glibc or against musl, and with its own C++ library.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanEnvironment } from './environment.mjs';
import { rebuildLibrary } from './library.mjs';
import { digestSources, removeRecord, writeRecord } from './record.mjs';
import { BUILD_ROOT, requireTarget, ROOT, TARGETS } from './targets.mjs';
import { installZig } from './toolchain.mjs';
import { verify } from './verify.mjs';

/** @typedef {import('./targets.mjs').Cpu} Cpu */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '2' },
    verify: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(TARGETS);
const targets = names.map((name) => ({ name, ...requireTarget(name) }));

/**
 * Configures and builds a part of CMakeLists.txt.
 * @param {string} folder @param {string[]} options of CMake @param {string[]} parts @param {NodeJS.ProcessEnv} [env]
 */
function build(folder, options, parts, env = {}) {
  const settings = { cwd: ROOT, stdio: /** @type {const} */ ('inherit'), env: { ...cleanEnvironment(), ...env } };
  execFileSync('cmake', ['-S', ROOT, '-B', folder, ...options], settings);
  execFileSync('cmake', ['--build', folder, '--parallel', values.jobs, '--target', ...parts], settings);
}

/** @param {Cpu} cpu */
const unitsFolder = (cpu) => join(BUILD_ROOT, `units-${cpu}`);

/** What names an instruction set, by g++. @param {Cpu} cpu */
function buildUnits(cpu) {
  const arm = ['--toolchain', join(ROOT, 'cmake/aarch64.cmake')];
  const compiler = cpu === 'arm64' ? arm : ['-DCMAKE_CXX_COMPILER=g++'];
  // No flags of an earlier configuration either.
  build(unitsFolder(cpu), ['-DPERIFOCAL_ADDON=OFF', '-DCMAKE_CXX_FLAGS=', ...compiler], ['perifocal-units']);
}

/** @param {string} zig @param {{ name: string, cpu: Cpu, zig: string }} target */
function buildTarget(zig, target) {
  const options = ['--toolchain', join(ROOT, 'cmake/zig.cmake'), `-DPERIFOCAL_UNITS=${unitsFolder(target.cpu)}`];
  const cache = join(BUILD_ROOT, 'zig-cache');
  build(
    join(BUILD_ROOT, target.name),
    [...options, '-DPERIFOCAL_PRECOMPILE=ON', '-DPERIFOCAL_TEST_ADDON=OFF'],
    ['perifocal', 'perifocal-checks'],
    {
      PERIFOCAL_ZIG: zig,
      PERIFOCAL_ZIG_TARGET: target.zig,
      ZIG_GLOBAL_CACHE_DIR: cache,
      ZIG_LOCAL_CACHE_DIR: cache,
    },
  );
}

// A record binds an addon to what it was built from, and must not outlive a build or a verification that fails.
for (const { name } of targets) removeRecord(name);
rebuildLibrary();
const sources = digestSources();
const zig = installZig();
for (const cpu of new Set(targets.map(({ cpu }) => cpu))) buildUnits(cpu);
for (const target of targets) {
  buildTarget(zig, target);
  if (values.verify) writeRecord(target.name, verify(target.name), sources);
}
