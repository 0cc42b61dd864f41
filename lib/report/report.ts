import { stat } from 'node:fs/promises';
import { busiestWindows } from '../image/busiest-windows.js';
import { drawKernel } from '../psf/draw.js';
import type { Psf, PsfWeights } from '../psf/psf.js';
import { fromArray } from '../psf/psf.js';
import { parse } from '../psf/spec.js';
import { ImageError } from '../runtime/errors.js';
import type { Region } from '../image/frame.js';
import { writeAtomically } from '../files/write-file.js';
import { readInput, requireComparable } from '../metrics/input.js';
import type { MetricInput } from '../metrics/input.js';
import { measure } from '../metrics/measure.js';
import { openContext } from '../metrics/options.js';
import type { MetricContext, MetricOptions } from '../metrics/options.js';
import { expected, requireFunction, requireString } from '../runtime/validate.js';
import { drawChart } from './chart.js';
import { Html, html, nothing } from './html.js';
import { describeMetrics } from './metrics.js';
import { displayGain, embedDetail, embedView } from './pictures.js';
import { describeProvenance } from './provenance.js';
import type { ReportPicture } from './provenance.js';
import { describeRun } from './run.js';
import type { RunFacts } from './run.js';
import { measureRadialSpectrum, radialTransfer } from './spectrum.js';
import { SCRIPT, STYLE } from './style.js';

/** Details that are shown pixel by pixel, and the side of each. */
const DETAILS = 3;
const DETAIL_SIDE = 288;

export interface ReportOptions extends MetricOptions {
  /** The sharp frame, of equal size, colours and depth. */
  readonly reference?: MetricInput;
  /** The kernel of the blur; it is drawn with its transfer function. */
  readonly psf?: string | PsfWeights;
  /** How the restoration went: its `report`, or what the command line printed with `--json`. */
  readonly run?: RunFacts;
  readonly title?: string;
  /** Called when a part is done. */
  readonly onProgress?: (progress: { readonly part: string; readonly done: number; readonly total: number }) => void;
}

/**
 * A page that compares a frame before and after its restoration: a view with a movable border, details, spectra, kernel,
 * metrics, run and provenance. One HTML text that loads nothing. Rejects with ArgumentError or ImageError, also where the
 * frames differ in size, colours or depth, or with the signal's reason.
 */
export async function createReport(
  before: MetricInput,
  after: MetricInput,
  options: ReportOptions = {},
): Promise<string> {
  const context = openContext(options, ['reference', 'psf', 'run', 'title', 'onProgress']);
  const { reference, run, title = 'Before and after' } = options;
  requireString('title', title);
  if (run !== undefined && (typeof run !== 'object' || run === null || Array.isArray(run)))
    throw expected('object', 'run', run);
  const step = progressOf(options.onProgress);
  const psf = await readPsf(options.psf);
  const pictures: ReportPicture[] = [];
  for (const [role, input] of [
    ['before', before],
    ['after', after],
    ['reference', reference],
  ] as const) {
    if (input !== undefined) pictures.push({ role, input, frame: await readInput(role, input, context) });
  }
  for (const { frame } of pictures.slice(1)) requireComparable(pictures[0]!.frame, frame);
  step('pictures read');
  const metrics = await compare(pictures, context, step);
  const gain = displayGain(pictures.map(({ frame }) => frame));
  const parts = [
    await showView(pictures, gain),
    await showDetails(pictures, gain),
    html`<h2>Metrics</h2>${metrics}`,
    await showCharts(pictures, psf, context),
    describeRun(run),
    await describeProvenance(pictures, context.machine.isa, context.signal),
  ];
  step('page written');
  return layOut(title, parts).text;
}

/** Writes a report to a file, whole or not at all. Rejects as `createReport` does, and where the file cannot be written. */
export async function writeReport(
  path: string,
  before: MetricInput,
  after: MetricInput,
  options: ReportOptions = {},
): Promise<void> {
  requireString('path', path);
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw new ImageError('OUTPUT_UNWRITABLE', `Cannot write ${path}: it is a directory`);
  const page = await createReport(before, after, options);
  await writeAtomically(path, [new TextEncoder().encode(page)], options.signal);
}

function progressOf(onProgress: ReportOptions['onProgress'] = () => {}): (part: string) => void {
  requireFunction('onProgress', onProgress);
  const total = 4;
  let done = 0;
  return (part) => {
    done += 1;
    onProgress({ part, done, total });
  };
}

async function readPsf(source: string | PsfWeights | undefined): Promise<Psf | null> {
  if (source === undefined) return null;
  return typeof source === 'string' ? parse(source) : fromArray(source);
}

async function compare(
  pictures: readonly ReportPicture[],
  { machine, signal }: MetricContext,
  step: (part: string) => void,
): Promise<Html> {
  const [before, after, reference] = pictures.map(({ frame }) => frame);
  const options = { threads: machine.threads, isa: machine.isa, signal, ...(reference && { reference }) };
  const first = await measure(before!, options);
  step('frame before measured');
  const second = await measure(after!, options);
  step('frame after measured');
  return describeMetrics(first, second);
}

/** @param gain that samples are shown with */
async function showView(pictures: readonly ReportPicture[], gain: number): Promise<Html> {
  const [before, after] = await Promise.all(pictures.slice(0, 2).map(({ frame }) => embedView(frame, gain)));
  return html`<h2>View</h2>
<div class="view"><img src="${before!}" alt="the frame before"><img class="after" src="${after!}" alt="the frame after">
<span>before</span><span>after</span>
<input type="range" min="0" max="100" step="0.1" value="50" aria-label="border between before and after"></div>
<p>Drag the border, or move it with the arrow keys.${gain === 1 ? '' : ` Samples are shown ${Number(gain.toPrecision(3))} times as bright as they are.`}</p>`;
}

async function showDetails(pictures: readonly ReportPicture[], gain: number): Promise<Html> {
  const after = pictures[1]!.frame;
  const { width, height } = after;
  const regions = busiestWindows(after, Math.min(DETAIL_SIDE, width), Math.min(DETAIL_SIDE, height), DETAILS);
  const rows = await Promise.all(
    regions.map(
      async (region) =>
        html`<div class="details">${await Promise.all(pictures.map(async (picture) => showDetail(picture, gain, region)))}</div>`,
    ),
  );
  return html`<h2>Details</h2><p>Pixel by pixel, where the frame has most detail.</p>${rows}`;
}

async function showDetail({ role, frame }: ReportPicture, gain: number, region: Region): Promise<Html> {
  const { left, top, width, height } = region;
  const uri = await embedDetail(frame, gain, region);
  return html`<figure><img src="${uri}" width="${width}" height="${height}" alt="detail of the frame ${role}"><figcaption>${role}, from ${left}, ${top}</figcaption></figure>`;
}

async function showCharts(
  pictures: readonly ReportPicture[],
  psf: Psf | null,
  { binding, machine }: MetricContext,
): Promise<Html> {
  const spectra = await Promise.all(
    pictures.map(async ({ role, frame }) => ({
      name: role,
      points: await measureRadialSpectrum(binding, machine.isa, frame),
    })),
  );
  const drawn = spectra.filter(({ points }) => points.length > 0);
  return html`<h2>Frequencies</h2><div class="charts">
${
  drawn.length === 0
    ? html`<p>The samples are clipped almost everywhere: there is no spectrum to show.</p>`
    : drawChart({
        title: 'Power of the middle colour',
        xLabel: 'cycles per pixel',
        yLabel: 'power',
        logarithmic: true,
        lines: drawn,
      })
}
${psf ? await showKernel(psf) : nothing}</div>`;
}

async function showKernel(psf: Psf): Promise<Html> {
  const { width, height } = psf;
  const uri = await embedDetail(drawKernel(psf), 1, { left: 0, top: 0, width, height });
  return html`${drawChart({ title: 'Transfer function of the kernel', xLabel: 'cycles per pixel', yLabel: 'mean |H|', lines: [{ name: 'kernel', points: radialTransfer(psf) }] })}
<figure><figcaption>Kernel, ${width}x${height} pixels</figcaption><img class="kernel" src="${uri}" alt="the kernel"></figure>`;
}

/** The policy keeps browsers from loading anything, whatever stands in the page. */
function layOut(title: string, parts: readonly Html[]): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><h1>${title}</h1>${parts}<script>${new Html(SCRIPT)}</script></body></html>
`;
}
