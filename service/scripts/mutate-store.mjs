// Takes out of the store, one after the other, what its durability rests on, and sees whether the simulation notices:
//   node service/scripts/mutate-store.mjs [SEEDS] [PART OF A NAME]
// Ends with `N passed, N failed`: a mutation passes when some seed fails with it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { MUTATIONS } from './mutations.mjs';

const SECONDS = 300;
const service = fileURLToPath(new URL('..', import.meta.url));
const seeds = Number(process.argv[2] ?? '600');
const wanted = process.argv[3] ?? '';
const work = mkdtempSync(join(tmpdir(), 'perifocal-mutants-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const RUNNER = `
import { noSimulationCounts, simulate } from './test/support/simulation.js';
for (let seed = 0; seed < ${seeds}; seed += 1) {
  try { await simulate(seed, 4, noSimulationCounts()); }
  catch (error) { console.log(error.message.split('\\n')[0]); process.exit(1); }
}`;

/** @param {string} text */
function toJs(text) {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(text, { compilerOptions }).outputText;
}

/** @param {string} path below service/ @param {(text: string) => string} change */
function translate(path, change = (text) => text) {
  const target = join(work, path.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, toJs(change(readFileSync(join(service, path), 'utf8'))));
}

for (const room of ['lib', 'lib/store', 'lib/capture', 'test/support']) {
  for (const name of readdirSync(join(service, room)).filter((each) => each.endsWith('.ts'))) {
    translate(join(room, name));
  }
}
writeFileSync(join(work, 'package.json'), '{ "type": "module" }');
writeFileSync(join(work, 'run.mjs'), RUNNER);
symlinkSync(join(service, '../node_modules'), join(work, 'node_modules'));

const run = () => spawnSync(process.execPath, [join(work, 'run.mjs')], { encoding: 'utf8', timeout: SECONDS * 1000 });
const whole = run();
if (whole.status !== 0) throw new Error(`The simulation fails without any mutation: ${whole.stdout}${whole.stderr}`);
let [passed, failed] = [0, 0];
for (const { name, file, find, replace } of MUTATIONS.filter((each) => each.name.includes(wanted))) {
  translate(file, (text) => mutate(text, find, replace, name));
  const { status, stdout, stderr } = run();
  const noticed = status === 1 && stdout.startsWith('Seed');
  if (noticed) passed += 1;
  else failed += 1;
  console.log(
    `${noticed ? 'ok    ' : 'FAILED'} ${name}: ${(stdout || stderr || 'nobody notices').trim().slice(0, 150)}`,
  );
  translate(file);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** @param {string} text @param {string} find @param {string} replace @param {string} name */
function mutate(text, find, replace, name) {
  if (text.split(find).length !== 2) throw new Error(`'${name}' finds its place ${text.split(find).length - 1} times`);
  const mutated = text.replace(find, () => replace);
  // What a mutation needs may be imported already.
  const lacks = (/** @type {string} */ word) => replace.includes(`${word}(`) && !new RegExp(`\\b${word}\\b`).test(text);
  const digest = lacks('digestFile') ? "import { digestFile } from './durable.js';\n" : '';
  const tidy = lacks('tidy') ? "import { tidy } from './tidy.js';\n" : '';
  return digest + tidy + mutated;
}
