import { LEVELS } from '../../capture/capture.js';
import type { HourOfProducts } from '../tally.js';
import type { PageData } from './data.js';
import { html, nothing, table } from './html.js';
import type { Html } from './html.js';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [640, 150, 36, 20];
const PLOT = HEIGHT - BOTTOM - 8;

/** Products of each hour by their level, and misses, over a day: a chart, and the same as a table. */
export function showLevels({ hours, vitals: { levelSeconds } }: PageData): Html {
  const filled = hours.filter((hour) => totalOf(hour) > 0);
  const rows = filled.map((hour) => [
    hourOf(hour),
    ...LEVELS.map((level) => hour.levels[level]),
    hour.late > 0 ? html`<span class="bad">${hour.late}</span>` : '0',
  ]);
  const took = LEVELS.map((level) => levelSeconds[level]?.toFixed(2) ?? 'not measured');
  const foot = ['seconds a frame, 95 %', ...took, ''];
  return html`<section id="levels" data-live aria-labelledby="h-levels">
<h2 id="h-levels">Levels and misses over a day</h2>${draw(hours)}${legend()}
${table('Products of each hour (UTC)', ['Hour', ...LEVELS, 'Misses'], [...rows, foot])}</section>`;
}

const totalOf = ({ levels }: HourOfProducts): number => LEVELS.reduce((sum, level) => sum + levels[level], 0);

const hourOf = ({ from }: HourOfProducts): string => new Date(from).toISOString().slice(11, 16);

function draw(hours: readonly HourOfProducts[]): Html {
  const most = Math.max(1, ...hours.map(totalOf));
  const step = (WIDTH - LEFT) / hours.length;
  const bars = hours.flatMap((hour, index) => bar(hour, LEFT + index * step, step - 3, PLOT / most));
  const labels = hours.map((hour, index) =>
    index % 4 === 0 ? html`<text x="${LEFT + index * step}" y="${HEIGHT - 4}">${hourOf(hour)}</text>` : nothing,
  );
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="products of each hour by level">
<line x1="${LEFT}" x2="${WIDTH}" y1="${8 + PLOT}" y2="${8 + PLOT}"/><text x="0" y="18">${most}</text>
<text x="0" y="${8 + PLOT}">0</text>${bars}${labels}</svg>`;
}

function bar(hour: HourOfProducts, x: number, width: number, scale: number): Html[] {
  let top = 8 + PLOT;
  const parts = LEVELS.map((level, index) => {
    const height = hour.levels[level] * scale;
    top -= height;
    return height === 0
      ? nothing
      : html`<rect class="level-${index}" x="${round(x)}" y="${round(top)}" width="${round(width)}"
 height="${round(height)}"/>`;
  });
  const height = hour.late * scale;
  const miss = html`<rect class="miss" x="${round(x + width - 3)}" y="${round(8 + PLOT - height)}" width="3"
 height="${round(height)}"/>`;
  return hour.late > 0 ? [...parts, miss] : parts;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const swatch = (name: string): Html => html`<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="${name}" width="10"
 height="10"/></svg>`;

const legend = (): Html =>
  html`<p class="legend">${LEVELS.map((level, index) => html`${swatch(`level-${index}`)}${level}`)}
${swatch('miss')}later than its deadline</p>`;
