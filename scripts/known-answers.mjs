// Restores the known frame by every packaged model and compares what comes out with models/known-answers.json, by which
// a restorer checks itself: the same from every instruction set, convolution algorithm and thread count.
//   node scripts/known-answers.mjs [--isa NAME] [--write]
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Restorer, listModels } from '../dist/index.js';
import { knownFrame } from '../dist/network/known-frame.js';
import { loadBinding } from '../dist/runtime/native/loader.js';

const ANSWERS = new URL('../models/known-answers.json', import.meta.url);
const WHITE = 65_535;

const { values } = parseArgs({
  options: { isa: { type: 'string' }, write: { type: 'boolean', default: false } },
});
const isas = loadBinding()
  .isas()
  .filter(({ name, supported }) => supported && (!values.isa || name === values.isa));
/** @type {Record<string, { model: string, answer: string }>} */
const expected = values.write ? {} : JSON.parse(readFileSync(ANSWERS, 'utf8'));
let [passed, failed] = [0, 0];

/** @param {string} label @param {boolean} isRight @param {string} detail */
function count(label, isRight, detail) {
  if (isRight) passed += 1;
  else failed += 1;
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${label}: ${detail}`);
}

/** @param {Restorer} restorer @param {string} label */
async function check(restorer, label) {
  const { sha256, name } = restorer.model;
  const { data } = await restorer.restore(knownFrame());
  const answer = createHash('sha256').update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const hex = answer.digest('hex');
  if (values.write) expected[sha256] ??= { model: name, answer: hex };
  const wanted = expected[sha256]?.answer ?? 'no answer';
  count(label, hex === wanted, hex === wanted ? hex : `${hex} instead of ${wanted}`);
  // What is clamped would hide what a fault has changed.
  if (data.includes(0) || data.includes(WHITE)) count(label, false, 'some samples are black or white');
}

for (const model of await listModels()) {
  for (const { name: isa, winograd } of isas) {
    for (const conv of /** @type {const} */ (['direct', 'winograd'])) {
      if (conv === 'winograd' && !winograd) continue;
      for (const threads of /** @type {const} */ ([1, 2, 3])) {
        // Slow, and all its paths are those of the others.
        if (isa === 'scalar' && threads !== 2) continue;
        const restorer = await Restorer.open({ model, isa, conv, threads, memory: '1GB' });
        await check(restorer, `${model}, ${isa}, ${conv}, threads ${threads}`);
        await restorer.dispose();
      }
    }
  }
}
if (values.write) writeFileSync(ANSWERS, `${JSON.stringify(expected, null, 2)}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
