// Fits a model of pristine pictures for NIQE, by the package's own features:
//   node scripts/fit-niqe.mjs --name eo-niqe -o models/metrics/eo-niqe.json PICTURE...
import { renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { metrics } from '../dist/index.js';

const { values, positionals } = parseArgs({
  options: { name: { type: 'string' }, output: { type: 'string', short: 'o' } },
  allowPositionals: true,
});
if (!values.name || !values.output || positionals.length === 0)
  throw new Error('usage: fit-niqe.mjs --name NAME -o FILE PICTURE...');
const model = await metrics.fitNiqe(positionals, { name: values.name });
/** Nine digits say more than any picture can. @param {number} value */
const round = (value) => Number(value.toPrecision(9));
const rows = model.covariance.map((row) => JSON.stringify(row.map(round)));
const text = `{
"kind":"niqe",
"name":${JSON.stringify(model.name)},
"mean":${JSON.stringify(model.mean.map(round))},
"covariance":[
${rows.join(',\n')}]}
`;
writeFileSync(`${values.output}.part`, text);
renameSync(`${values.output}.part`, values.output);
console.log(`${values.output}: from ${positionals.length} pictures`);
