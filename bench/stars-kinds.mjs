/** False and lost stars in generated frames of every kind. Usage: node bench/stars-kinds.mjs [KIND,...] [SEEDS] */
import { stars } from '../dist/index.js';
import { KINDS, judge, makeKind } from './star-kinds.mjs';

const [only, seeds = '5'] = process.argv.slice(2);
const names = only && only !== 'all' ? only.split(',') : Object.keys(KINDS);

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

function describe(shape) {
  const kind = 'radiusPx' in shape ? 'disk' : shape.lengthPx > 0 ? 'trail' : 'sharp';
  return `${kind} ${Object.values(shape).map((value) => value.toFixed(1))}`;
}

console.log('| kind | false, median (most) | lost of true stars | look | sky sigma |');
console.log('|---|---|---|---|---|');
for (const name of names) {
  const judged = [];
  const looks = [];
  let sigma = 0;
  let total = 0;
  for (let seed = 1; seed <= Number(seeds); seed += 1) {
    const truth = await makeKind(name, seed, stars.simulate);
    const { stars: found, report } = await stars.restoreStars(truth.frame, { method: 'none' });
    judged.push(judge(found, truth));
    looks.push(describe(report.shape));
    sigma = report.sky.sigma;
    total += truth.stars.length;
  }
  const falses = judged.map(({ falseStars }) => falseStars);
  const lost = judged.reduce((sum, one) => sum + one.lost, 0);
  const share = `${((100 * lost) / total).toFixed(1)} %`;
  console.log(
    `| ${name} | ${median(falses)} (${Math.max(...falses)}) | ${share} | ${median(looks)} | ${sigma.toFixed(2)} |`,
  );
}
