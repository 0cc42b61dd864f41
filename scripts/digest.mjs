// Restores a generated frame with seeded random weights and compares SHA-256 digests with test/digest.json: the same
// bytes must come out of every instruction set, convolution algorithm, thread count and architecture.
//   node scripts/digest.mjs [--isa NAME] [--conv direct|winograd] [--threads N] [--write]
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Restorer } from '../dist/index.js';
import { loadBinding } from '../dist/runtime/native/loader.js';
import { createRandomModel } from './random-model.mjs';
import { createRandom } from '../dist/math/random.js';

/** @typedef {import('../dist/index.js').Frame} Frame */

const EXPECTED = new URL('../test/digest.json', import.meta.url);
// No multiple of 4 and no square, so that padding, cropping and the choice of a direction take part.
const [WIDTH, HEIGHT] = [90, 71];

/** @param {Uint8Array | Uint16Array} data */
const digest = ({ buffer, byteOffset, byteLength }) =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');

/**
 * Ramps, edges and noise in whole numbers only: floating-point functions may differ between platforms.
 * @param {8 | 16} depth
 * @returns {Frame}
 */
function createFrame(depth) {
  const random = createRandom(20);
  const samples = Array.from({ length: WIDTH * HEIGHT * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % WIDTH, Math.floor(index / 3 / WIDTH)];
    const edge = (((x >> 4) ^ (y >> 4)) % 2) * 90;
    return Math.min(255, ((x + 2 * y + 40 * (index % 3)) % 150) + edge + Math.floor(16 * random()));
  });
  const data =
    depth === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples, (sample) => sample * 256 + (sample % 251));
  return { data, width: WIDTH, height: HEIGHT, channels: 3, depth };
}

const { values } = parseArgs({
  options: {
    isa: { type: 'string' },
    conv: { type: 'string' },
    threads: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const isas = loadBinding()
  .isas()
  .filter(({ name, supported }) => (values.isa ? name === values.isa : supported));
if (isas.length === 0) throw new Error(`unknown instruction set '${values.isa}'`);
/** @type {('direct' | 'winograd')[]} */
const algorithms = values.conv ? [/** @type {'direct' | 'winograd'} */ (values.conv)] : ['direct', 'winograd'];
const threadCounts = values.threads ? [Number(values.threads)] : [1, 2, 3];
const model = createRandomModel({ blocks: 2, base: 12, seed: 7 });
/** @type {Record<string, string>} */
const expected = values.write ? { model: digest(model) } : JSON.parse(readFileSync(EXPECTED, 'utf8'));
let [passed, failed] = [0, 0];

/** @param {string} key of test/digest.json @param {string} actual @param {string} label */
function compare(key, actual, label) {
  if (values.write) expected[key] ??= actual;
  const isEqual = expected[key] === actual;
  if (isEqual) passed += 1;
  else failed += 1;
  console.log(`${isEqual ? 'ok    ' : 'FAILED'} ${label} ${actual}${isEqual ? '' : ` instead of ${expected[key]}`}`);
}

console.log(`${process.platform}-${process.arch}, Node ${process.version}`);
compare('model', digest(model), 'model file');
for (const { name: isa, winograd } of isas) {
  for (const conv of algorithms.filter((algorithm) => winograd || algorithm === 'direct')) {
    for (const threads of threadCounts) {
      const restorer = await Restorer.open({ model, isa, conv, threads, memory: '1GB' });
      for (const depth of /** @type {const} */ ([8, 16])) {
        const { data } = await restorer.restore(createFrame(depth));
        compare(`rgb${depth}`, digest(data), `${isa}, ${conv}, threads ${threads}, ${depth} bit:`);
      }
      await restorer.dispose();
    }
  }
}
if (values.write) writeFileSync(EXPECTED, `${JSON.stringify(expected, null, 2)}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
