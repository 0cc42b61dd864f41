import { type Html, html } from './html.js';

export type Point = readonly [x: number, y: number];

export interface ChartLine {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** Whether values are drawn by their logarithm; those that are not positive are left out. */
  readonly logarithmic?: boolean;
  readonly lines: readonly ChartLine[];
}

const [WIDTH, HEIGHT] = [460, 280];
const MARGIN = { left: 58, right: 12, top: 12, bottom: 42 };
const TICKS = 5;

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** A line chart as SVG; lines are told apart by the classes line-0, line-1 ... of the style sheet. */
export function drawChart({ title, xLabel, yLabel, logarithmic = false, lines }: Chart): Html {
  const shown = lines.map(({ name, points }) => ({
    name,
    points: logarithmic ? points.filter(([, y]) => y > 0).map(([x, y]) => [x, Math.log10(y)] as const) : points,
  }));
  const all = shown.flatMap(({ points }) => points);
  const x = linearAxis([0, ...all.map(([value]) => value)]);
  const values = all.map(([, value]) => value);
  const y = logarithmic ? decadeAxis(values) : linearAxis([0, ...values]);
  const atX = (value: number): number =>
    MARGIN.left + ((value - x.low) / (x.high - x.low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const atY = (value: number): number =>
    HEIGHT - MARGIN.bottom - ((value - y.low) / (y.high - y.low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const formatY = (value: number): string => (logarithmic ? (10 ** value).toExponential(0) : format(value));
  const [top, bottom, left, right] = [MARGIN.top, HEIGHT - MARGIN.bottom, MARGIN.left, WIDTH - MARGIN.right];
  const tickAcross = (tick: number): Html =>
    html`<line class="grid" x1="${atX(tick)}" x2="${atX(tick)}" y1="${top}" y2="${bottom}"/>
<text x="${atX(tick)}" y="${bottom + 16}" text-anchor="middle">${format(tick)}</text>`;
  const tickUp = (tick: number): Html =>
    html`<line class="grid" x1="${left}" x2="${right}" y1="${atY(tick)}" y2="${atY(tick)}"/>
<text x="${left - 6}" y="${atY(tick) + 4}" text-anchor="end">${formatY(tick)}</text>`;
  const path = (points: readonly Point[]): string =>
    points.map(([px, py]) => `${atX(px).toFixed(1)},${atY(py).toFixed(1)}`).join(' ');
  return html`<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${x.ticks.map(tickAcross)}
${y.ticks.map(tickUp)}
<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${xLabel}</text>
<text transform="translate(12 ${(HEIGHT - MARGIN.bottom) / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>
${shown.map(({ points }, index) => html`<polyline class="line-${index}" points="${path(points)}"/>`)}
</svg>
<p class="legend">${shown.map(({ name }, index) => html`<span class="line-${index}">${name}</span> `)}</p></figure>`;
}

const format = (value: number): string => String(Number(value.toPrecision(3)));

/** From the smallest to a round number at or beyond the largest, in round steps. */
function linearAxis(values: readonly number[]): Axis {
  const [low, largest] = [Math.min(...values), Math.max(...values)];
  const span = largest > low ? largest - low : 1;
  const power = 10 ** Math.floor(Math.log10(span / TICKS));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => span / one <= TICKS)!;
  const count = Math.ceil(span / step - 1e-9);
  return { low, high: low + count * step, ticks: Array.from({ length: count + 1 }, (_, index) => low + index * step) };
}

/** Whole decades, of logarithms. */
function decadeAxis(values: readonly number[]): Axis {
  const low = Math.floor(Math.min(...values, 0));
  const high = Math.max(low + 1, Math.ceil(Math.max(...values, low)));
  return { low, high, ticks: Array.from({ length: high - low + 1 }, (_, index) => low + index) };
}
