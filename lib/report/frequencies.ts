import { drawKernel } from '../psf/draw.js';
import type { Psf } from '../psf/psf.js';
import type { Scope } from '../runtime/scope.js';
import { drawChart } from './chart.js';
import type { ChartLine } from './chart.js';
import { html, nothing } from './html.js';
import type { Html } from './html.js';
import { embedDetail } from './pictures.js';
import { measureRadialSpectrum, radialTransfer } from './spectrum.js';
import type { ReportPicture } from './view.js';

const NO_SPECTRUM = html`<p>The samples are clipped almost everywhere: there is no spectrum to show.</p>`;

/** The spectra of the pictures, and the kernel with its transfer function where there is one. */
export async function showFrequencies(
  scope: Scope,
  pictures: readonly ReportPicture[],
  psf: Psf | null,
): Promise<Html> {
  const lines: ChartLine[] = [];
  for (const { role, frame, valid } of pictures) {
    const points = await measureRadialSpectrum(scope, frame, valid);
    if (points.length > 0) lines.push({ name: role, points });
  }
  return html`<h2>Frequencies</h2><div class="charts">
${lines.length > 0 ? drawSpectra(lines) : NO_SPECTRUM}
${psf ? await showKernel(scope, psf) : nothing}</div>`;
}

function drawSpectra(lines: readonly ChartLine[]): Html {
  return drawChart({
    title: 'Power of the middle colour',
    xLabel: 'cycles per pixel',
    yLabel: 'power',
    logarithmic: true,
    lines,
  });
}

async function showKernel(scope: Scope, psf: Psf): Promise<Html> {
  const { width, height } = psf;
  const uri = await embedDetail(
    scope,
    { frame: drawKernel(psf), valid: null, brightness: 1 },
    { left: 0, top: 0, width, height },
  );
  const chart = drawChart({
    title: 'Transfer function of the kernel',
    xLabel: 'cycles per pixel',
    yLabel: 'mean |H|',
    lines: [{ name: 'kernel', points: radialTransfer(psf) }],
  });
  const image = html`<img class="kernel" src="${uri}" alt="the kernel">`;
  return html`${chart}
<figure><figcaption>Kernel, ${width}x${height} pixels</figcaption>${image}</figure>`;
}
