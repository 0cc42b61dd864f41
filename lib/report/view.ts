import { busiestWindows } from '../image/busiest-windows.js';
import type { Region } from '../image/frame.js';
import type { Scope } from '../runtime/scope.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { embedDetail, embedView } from './pictures.js';
import type { Shown } from './pictures.js';

/** Details that are shown pixel by pixel, and the side of each. */
const DETAILS = 3;
const DETAIL_SIDE = 288;

/** A picture of a report. */
export interface ReportPicture extends Shown {
  /** What it is: before, after, reference. */
  readonly role: string;
}

/** Both frames on top of each other, with a border between them that moves. One after the other: each takes memory. */
export async function showView(scope: Scope, before: Shown, after: Shown): Promise<Html> {
  const [first, second] = [await embedView(scope, before), await embedView(scope, after)];
  const slider = html`<input type="range" min="0" max="100" step="0.1" value="50"
 aria-label="border between before and after">`;
  const times = Number(before.brightness.toPrecision(3));
  const notes = [
    'Drag the border, or move it with the arrow keys.',
    ...(before.brightness === 1 ? [] : [`Samples are shown ${times} times as bright as they are.`]),
    ...(before.valid || after.valid ? ['Pixels that are missing are transparent.'] : []),
  ];
  return html`<h2>View</h2>
<div class="view"><img src="${first}" alt="the frame before"><img class="after" src="${second}" alt="the frame after">
<span>before</span><span>after</span>
${slider}</div>
<p>${notes.join(' ')}</p>`;
}

/** The parts of all pictures where the frame after has most detail. */
export async function showDetails(scope: Scope, pictures: readonly ReportPicture[]): Promise<Html> {
  const { frame: after, valid } = pictures[1]!;
  const [width, height] = [Math.min(DETAIL_SIDE, after.width), Math.min(DETAIL_SIDE, after.height)];
  const rows: Html[] = [];
  for (const region of busiestWindows(after, width, height, DETAILS, valid)) {
    const details: Html[] = [];
    for (const picture of pictures) details.push(await showDetail(scope, picture, region));
    rows.push(html`<div class="details">${details}</div>`);
  }
  return html`<h2>Details</h2><p>Pixel by pixel, where the frame has most detail.</p>${rows}`;
}

async function showDetail(scope: Scope, picture: ReportPicture, region: Region): Promise<Html> {
  const { left, top, width, height } = region;
  const { role } = picture;
  const uri = await embedDetail(scope, picture, region);
  const image = html`<img src="${uri}" width="${width}" height="${height}" alt="detail of the frame ${role}">`;
  return html`<figure>${image}<figcaption>${role}, from ${left}, ${top}</figcaption></figure>`;
}
