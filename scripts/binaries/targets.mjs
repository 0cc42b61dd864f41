// What a release has an addon for.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/**
 * @typedef {'x64' | 'arm64'} Cpu
 * @typedef {'glibc' | 'musl'} Libc
 * @typedef {{ cpu: Cpu, libc: Libc, zig: string, machine: RegExp, libraries: RegExp }} Target
 */

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The newest glibc that an addon may ask for: that of RHEL 8, the oldest that Node 20 runs on. */
export const GLIBC_MINOR = 28;

const MACHINES = { x64: /X86-64/, arm64: /AArch64/ };
const LIBRARIES = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-.*)$/,
  musl: /^libc\.so$/,
};

/**
 * @param {Cpu} cpu
 * @param {Libc} libc
 * @returns {Target}
 */
function describe(cpu, libc) {
  const processor = cpu === 'x64' ? 'x86_64' : 'aarch64';
  const zig = libc === 'musl' ? `${processor}-linux-musl` : `${processor}-linux-gnu.2.${GLIBC_MINOR}`;
  return { cpu, libc, zig, machine: MACHINES[cpu], libraries: LIBRARIES[libc] };
}

/** By the name of the addon in prebuilds/, which the loader knows too. @type {Record<string, Target>} */
export const TARGETS = {
  'linux-x64': describe('x64', 'glibc'),
  'linux-arm64': describe('arm64', 'glibc'),
  'linux-x64-musl': describe('x64', 'musl'),
  'linux-arm64-musl': describe('arm64', 'musl'),
};

/** Where a checkout's own builds leave addons, which serve to try the package. @type {Record<string, string>} */
export const TRIAL = { 'linux-x64': 'build/Release/perifocal.node', 'linux-arm64': 'build-arm64/perifocal.node' };

/** @param {string} name */
export function requireTarget(name) {
  const target = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (!target) throw new Error(`unknown target ${name}; known: ${Object.keys(TARGETS).join(', ')}`);
  return target;
}

/** Where everything of the release's build is. */
export const BUILD_ROOT = join(ROOT, 'build-binaries');

/** @param {string} name of a target */
export const addonPath = (name) => join(BUILD_ROOT, name, 'perifocal.node');
