// Takes out of the store, one after the other, what its durability rests on, and sees whether a test notices:
//   node service/scripts/mutate-store.mjs [--quick] [PART OF A NAME]
// First come the scenarios that are ended at every operation, then, unless `--quick`, 600 seeds of the simulation, and
// more mutations.
// Ends with `N passed, N failed`: a mutation passes when something fails with it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { MORE, MUTATIONS, SCENARIO_OF } from './mutations.mjs';

const SECONDS = 1800;
const SEEDS = 600;
const service = fileURLToPath(new URL('..', import.meta.url));
const flags = process.argv.slice(2).filter((word) => word === '--quick');
const [wanted = ''] = process.argv.slice(2).filter((word) => word !== '--quick');
const seeds = flags.length > 0 ? 0 : SEEDS;
const work = mkdtempSync(join(tmpdir(), 'perifocal-mutants-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

// The scenario that is named on the command line comes first: it is the one that is expected to notice.
const RUNNER = `
import { crashGenerations } from './test/support/crash-generations.js';
import { crashEverywhere } from './test/support/crash-points.js';
import { SCENARIOS } from './test/support/scenarios.js';
import { SURVIVALS } from './test/support/simulated-disk.js';
import { noSimulationCounts, simulate } from './test/support/simulation.js';
const first = SCENARIOS.filter(({ name }) => name === process.argv[2]);
try {
  for (const survival of SURVIVALS) await crashGenerations(survival);
  for (const scenario of [...first, ...SCENARIOS]) await crashEverywhere(scenario);
  for (let seed = 0; seed < ${seeds}; seed += 1) await simulate(seed, 4, noSimulationCounts());
} catch (error) {
  console.log('NOTICED ' + error.message.split('\\n')[0]);
  process.exit(1);
}`;

/** What mutations call, and where it is. */
const NEEDED = { digestFile: './durable.js', tidy: './tidy.js', sealFiles: './product-files.js' };

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

for (const room of ['lib', 'lib/io', 'lib/store', 'lib/capture', 'test/support']) {
  for (const name of readdirSync(join(service, room)).filter((each) => each.endsWith('.ts'))) {
    translate(join(room, name));
  }
}
writeFileSync(join(work, 'package.json'), '{ "type": "module" }');
writeFileSync(join(work, 'run.mjs'), RUNNER);
symlinkSync(join(service, '../node_modules'), join(work, 'node_modules'));

/** @param {string} first */
const run = (first = '') =>
  spawnSync(process.execPath, [join(work, 'run.mjs'), first], { encoding: 'utf8', timeout: SECONDS * 1000 });
if (wanted === '') {
  const whole = run();
  if (whole.status !== 0) throw new Error(`It fails without any mutation: ${whole.stdout}${whole.stderr}`);
}
const mutations = flags.length > 0 && wanted === '' ? MUTATIONS : [...MUTATIONS, ...MORE];
let [passed, failed] = [0, 0];
for (const { name, file, find, replace } of mutations.filter((each) => each.name.includes(wanted))) {
  translate(file, (text) => mutate(text, find, replace, name));
  const { status, stdout, stderr } = run(SCENARIO_OF[file]);
  const noticed = status === 1 && stdout.startsWith('NOTICED');
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
  const lacks = (/** @type {string} */ word) =>
    replace.includes(`${word}(`) && !new RegExp(`import \\{[^}]*\\b${word}\\b`).test(text);
  const imports = Object.entries(NEEDED).filter(([word]) => lacks(word));
  return imports.map(([word, from]) => `import { ${word} } from '${from}';\n`).join('') + mutated;
}
