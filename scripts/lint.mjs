// Checks what tools can check of style, or mends it as far as they can.
//   node scripts/lint.mjs [--write]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findClimbs } from './lint/rooms.mjs';
import { sourcesLike } from './lint/sources.mjs';
import { findWideLines } from './lint/width.mjs';
import { wrapProse } from './lint/wrap.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const REQUIREMENTS = '.ci/lint-requirements.txt';
const isWriting = process.argv.includes('--write');
const pinned = new Map(
  readFileSync(REQUIREMENTS, 'utf8')
    .split('\n')
    .map((line) => /** @type {[string, string]} */ (line.split('=='))),
);

const cpp = sourcesLike(/^native\/.*\.(cc|h|inl|inc)$/);
const shell = sourcesLike(/^\.ci\/run$|\.sh$/);

/** @type {readonly { name: string, run: () => string[] }[]} each returns what is wrong */
const CHECKS = [
  {
    name: 'biome',
    run: () =>
      call('npx', ['--no-install', 'biome', 'check', ...(isWriting ? ['--write'] : []), '--error-on-warnings', '.']),
  },
  {
    name: 'clang-format',
    run: () => callPinned('clang-format', [...(isWriting ? ['-i'] : ['--dry-run', '-Werror']), ...cpp]),
  },
  { name: 'ruff check', run: () => callPinned('ruff', ['check', '--quiet', ...(isWriting ? ['--fix'] : []), '.']) },
  { name: 'ruff format', run: () => callPinned('ruff', ['format', '--quiet', ...(isWriting ? [] : ['--diff']), '.']) },
  { name: 'shellcheck', run: () => call('shellcheck', shell, 'install the package shellcheck of the system') },
  { name: 'width of lines', run: findWideLines },
  { name: 'order of rooms', run: findClimbs },
];

/** @param {string} tool of the requirements @param {readonly string[]} args */
function callPinned(tool, args) {
  const version = pinned.get(tool);
  const advice = `pip install -r ${REQUIREMENTS}`;
  const { stdout } = spawnSync(tool, ['--version'], { encoding: 'utf8' });
  if (stdout && !stdout.includes(String(version)))
    return [`${tool} ${version} is needed (${advice}), not: ${stdout.trim()}`];
  return call(tool, args, advice);
}

/** @param {string} tool @param {readonly string[]} args @param {string} advice where the tool is missing */
function call(tool, args, advice = 'npm ci') {
  const { error, status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 1e8 });
  if (error) return [`${tool} cannot be run (${error.message}): ${advice}`];
  return status === 0 ? [] : [`${stdout}${stderr}`];
}

if (isWriting) wrapProse();
let failed = 0;
for (const { name, run } of CHECKS) {
  const faults = run();
  if (faults.length > 0) failed += 1;
  console.log([`${faults.length > 0 ? 'FAILED' : 'ok    '} ${name}`, ...faults].join('\n'));
}
console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
