import type { Capture, StoredFile } from '../../capture/capture.js';
import { isLate } from '../tally.js';
import type { Vitals } from '../vitals.js';
import type { PageData } from './data.js';
import { html, nothing, table } from './html.js';
import type { Html } from './html.js';
import { bytes, moment, shortId } from './units.js';

/** Rows of the queue that are shown. */
export const MOST_QUEUED = 25;
/** What browsers can show. */
const SHOWN = ['image/jpeg', 'image/png', 'image/webp'];

const countQueue = (count: number): string =>
  `${count === 1 ? '1 capture waits or is' : `${count} captures wait or are`} worked on (times in UTC)`;

/** What waits and what is worked on. */
export function showQueue({ queue, queued, vitals: { working } }: PageData): Html {
  const progress = working ? showProgress(working) : html`<p>Nothing is being restored.</p>`;
  const rows = queue.map(({ id, app, state, request, createdAt, reason }) => [
    html`<code>${shortId(id)}</code>`,
    app,
    request.camera,
    request.priority,
    state,
    moment(createdAt),
    moment(request.deadline),
    reason ?? '',
  ]);
  const head = ['Capture', 'App', 'Camera', 'Priority', 'State', 'Asked for', 'Deadline', 'Note'];
  const more = queued > queue.length ? html`<p>and ${queued - queue.length} more</p>` : nothing;
  return html`<section id="queue" data-live aria-labelledby="h-queue"><h2 id="h-queue">Queue</h2>${progress}
${table(countQueue(queued), head, rows)}${more}</section>`;
}

function showProgress({ id, level, done }: NonNullable<Vitals['working']>): Html {
  if (level === 'pass-through') return html`<p>Passing <code>${shortId(id)}</code> through.</p>`;
  return html`<p>Restoring <code>${shortId(id)}</code> by ${level}:
<progress max="1" value="${done}" aria-label="progress of the restoration"></progress>
${Math.round(done * 100)} %</p>`;
}

/** The last products as thumbnails; each leads to its view. */
export function showProducts({ products, app }: PageData): Html {
  const whose = app === null ? 'of all apps' : `of ${app}`;
  const items = products.map(
    (capture) =>
      html`<li><a href="/?view=${capture.id}#view">${thumbnail(capture)}<code>${shortId(capture.id)}</code></a><br>
${moment(capture.storedAt)}<br>${capture.level ?? ''}${isLate(capture) ? html` <span class="bad">late</span>` : nothing}
${capture.retention === 'evicted' ? ' evicted' : ''}</li>`,
  );
  const list = items.length > 0 ? html`<ul class="products">${items}</ul>` : html`<p>There is none yet.</p>`;
  return html`<section id="products" data-live aria-labelledby="h-products">
<h2 id="h-products">Last products ${whose}</h2>${list}</section>`;
}

const thumbnail = ({ id, thumbnail: file }: Capture): Html =>
  file?.present
    ? html`<img src="/v1/captures/${id}/thumbnail" alt="" width="136" height="102" loading="lazy">`
    : html`<img alt="no thumbnail" width="136" height="102">`;

/** A capture before and after, with the border between them. */
export function showView({ viewed }: PageData): Html {
  if (!viewed)
    return html`<section id="view" data-live aria-labelledby="h-view"><h2 id="h-view">View</h2>
<p>There is no product to show yet.</p></section>`;
  const { id, raw, product, level, levelReason, report } = viewed;
  const seconds = (report as { readonly seconds?: unknown } | null)?.seconds;
  const took = typeof seconds === 'number' ? `, restored in ${seconds.toFixed(2)} s` : '';
  return html`<section id="view" data-live aria-labelledby="h-view"><h2 id="h-view">View</h2>
${isShown(raw) && isShown(product) ? showPair(id) : html`<p>A browser cannot show both files of this capture.</p>`}
<p>Capture <code>${id}</code> of ${viewed.app}, ${moment(viewed.storedAt)} UTC, ${level ?? 'no level'}${took}
(${levelReason ?? 'no reason'}). ${fileLink(id, 'raw', raw)} ${fileLink(id, 'product', product)}</p></section>`;
}

function showPair(id: string): Html {
  const url = `/v1/captures/${id}`;
  return html`<div class="view"><img src="${url}/raw" alt="the frame before restoration">
<img class="after" src="${url}/product" alt="the frame after restoration"><span>before</span><span>after</span>
<input type="range" min="0" max="100" step="0.1" value="50" aria-label="border between before and after"></div>
<p>Drag the border, or move it with the arrow keys.</p>`;
}

const isShown = (file: StoredFile | null): boolean => Boolean(file?.present) && SHOWN.includes(file!.mime);

function fileLink(id: string, kind: string, file: StoredFile | null): Html {
  if (!file) return html`There is no ${kind} file.`;
  if (!file.present) return html`The ${kind} file has been evicted.`;
  return html`<a href="/v1/captures/${id}/${kind}">${kind} (${file.mime}, ${bytes(file.bytes)})</a>`;
}
