import { FILE_CLASSES } from '../../store/store.js';
import type { PageData } from './data.js';
import { html, nothing, table } from './html.js';
import type { Html } from './html.js';
import { bytes, measured, moment, shortId } from './units.js';

/** Whether all is well, and what is not. */
export function showHealth({ health, storeHealth }: PageData): Html {
  const reasons = [...new Set([...health.degraded, ...storeHealth.reasons])];
  const isWell = health.ready && reasons.length === 0;
  const state = !health.ready ? 'not ready' : reasons.length > 0 ? 'ready, with faults' : 'ready';
  const faults = reasons.length > 0 ? html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>` : nothing;
  return html`<div id="health" data-live><p class="${isWell ? 'state' : 'state bad'}">${state}</p>${faults}</div>`;
}

/** How full the store is. */
export function showDisk({ usage }: PageData): Html {
  const used = FILE_CLASSES.reduce((sum, name) => sum + usage.bytesByClass[name], 0);
  const rows = FILE_CLASSES.map((name) => [name, bytes(usage.bytesByClass[name])]);
  const kept = usage.quarantinedBytes > 0 ? [['kept aside by recovery', bytes(usage.quarantinedBytes)]] : [];
  const quota = Math.max(usage.quotaBytes, 1);
  return html`<section id="disk" data-live aria-labelledby="h-disk"><h2 id="h-disk">Disk</h2>
<p><meter max="${quota}" high="${quota * 0.95}" value="${Math.min(used, quota)}" aria-label="used of the quota"></meter>
${bytes(used)} of ${bytes(usage.quotaBytes)}; ${bytes(usage.freeBytes)} free on the file system</p>
${table(`${usage.files} files by class`, ['Class', 'Bytes'], [...rows, ...kept])}</section>`;
}

/** Temperature, memory and CPU. */
export function showBoard({ vitals }: PageData): Html {
  const { memoryErrors: errors } = vitals;
  const heat = measured(vitals.temperatureCelsius, '\u00b0C', 1);
  const note = vitals.thermal === 'normal' ? '' : `, ${vitals.thermal}`;
  const rows = [
    ['Temperature', `${heat}${note}`],
    ['Memory of the process', `${bytes(vitals.residentBytes)}, peak ${bytes(vitals.peakResidentBytes)}`],
    ['CPU time', measured(vitals.cpuSeconds, 's')],
    ['Kept from computing', measured(vitals.throttledSeconds, 's')],
    ['Lag of the event loop, 99 %', measured(vitals.loopLagSeconds * 1000, 'ms')],
    ['Memory errors corrected', errors ? String(errors.corrected) : 'not measured'],
    ['Memory errors not corrected', errors ? String(errors.uncorrected) : 'not measured'],
    ['Restarts of drivers and the worker', String(vitals.restarts)],
    ['Started', `${moment(vitals.startedAt)} UTC`],
  ];
  return html`<section id="board" data-live aria-labelledby="h-board"><h2 id="h-board">Board</h2>
${table('What the service measures', ['What', 'Value'], rows)}</section>`;
}

/** Faults that were found and mended. */
export function showIntegrity({ vitals: { integrity }, storeHealth: { counters } }: PageData): Html {
  const stored = Object.entries(counters).map(([name, value]) => [
    `store: ${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`,
    value,
  ]);
  const rows = [
    ['faults found', integrity.found],
    ['faults healed', integrity.healed],
    ['faults not healed', integrity.lost],
    ...stored,
  ];
  return html`<section id="integrity" data-live aria-labelledby="h-integrity"><h2 id="h-integrity">Integrity</h2>
${table('Counted since the start', ['What', 'Count'], rows as [string, number][])}</section>`;
}

/** Cameras and how they are. */
export function showCameras({ cameras }: PageData): Html {
  const rows = cameras.map(({ id, driver, healthy, reason, width, height }) => [
    id,
    driver,
    width === null || height === null ? 'unknown' : `${width}x${height}`,
    healthy ? 'works' : html`<span class="bad">${reason ?? 'does not work'}</span>`,
  ]);
  return html`<section id="cameras" data-live aria-labelledby="h-cameras"><h2 id="h-cameras">Cameras</h2>
${table('Cameras', ['Name', 'Driver', 'Frame', 'State'], rows)}</section>`;
}

/** The last events. */
export function showEvents({ events }: PageData): Html {
  const rows = events.map(({ seq, at, captureId, app, type, detail }) => [
    String(seq),
    moment(at),
    html`<code>${shortId(captureId)}</code>`,
    app,
    type,
    String(detail.reason ?? detail.level ?? ''),
  ]);
  return html`<section id="events" data-live aria-labelledby="h-events"><h2 id="h-events">Events</h2>
${table('The last events, newest first (times in UTC)', ['Number', 'At', 'Capture', 'App', 'What', 'Detail'], rows)}
</section>`;
}
