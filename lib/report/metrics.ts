import type { MetricName, MetricValues } from '../metrics/measure.js';
import { html, nothing, table } from './html.js';
import type { Html } from './html.js';

interface Label {
  readonly name: string;
  readonly unit?: string;
  readonly better: 'higher' | 'lower';
}

const LABELS: Readonly<Record<MetricName, Label>> = {
  psnr: { name: 'PSNR', unit: 'dB', better: 'higher' },
  ssim: { name: 'SSIM', better: 'higher' },
  ssimPooled: { name: 'SSIM, pooled first', better: 'higher' },
  msSsim: { name: 'MS-SSIM', better: 'higher' },
  waterAgreement: { name: 'agreement of water (IoU)', better: 'higher' },
  niqe: { name: 'NIQE', better: 'lower' },
  eoNiqe: { name: 'EO-NIQE', better: 'lower' },
  brisque: { name: 'BRISQUE', better: 'lower' },
  edgeSharpness: { name: 'edge sharpness', better: 'higher' },
  mtf50: { name: 'MTF50', unit: 'cycles per pixel', better: 'higher' },
};

const format = (value: number | undefined): string =>
  value === undefined ? '' : Number.isFinite(value) ? String(Number(value.toPrecision(5))) : '∞';

/** What was measured of both frames, side by side, and why something was not. */
export function describeMetrics(before: MetricValues, after: MetricValues): Html {
  const names = (Object.keys(LABELS) as MetricName[]).filter((name) => name in before.values || name in after.values);
  const rows = names.map((name) => {
    const { name: label, unit, better } = LABELS[name];
    const [first, second] = [before.values[name], after.values[name]];
    const change =
      first !== undefined && second !== undefined && Number.isFinite(second - first) ? second - first : undefined;
    const sign = change !== undefined && change > 0 ? '+' : '';
    return [
      unit ? `${label} (${unit})` : label,
      format(first),
      format(second),
      `${sign}${format(change)}`,
      `${better} is better`,
    ];
  });
  const values = table(['', 'before', 'after', 'change', ''], rows);
  const { missingPixels } = after;
  const note =
    missingPixels > 0
      ? html`<p>Of the ${missingPixels} pixels that are missing in a picture none is counted.</p>`
      : nothing;
  return html`<div class="scroll">${values}</div>${note}${listSkipped({ ...before.skipped, ...after.skipped })}`;
}

function listSkipped(skipped: MetricValues['skipped']): Html {
  const reasons = Object.entries(skipped).map(
    ([name, reason]) => html`<p>${LABELS[name as MetricName].name} was not measured: ${reason}</p>`,
  );
  return html`${reasons}`;
}
