import { checkFiles } from './check-files.js';
import { checkClients, checkEvents } from './check-log.js';
import type { CheckOptions, CheckReport, Finding, Report, Row } from './check-types.js';

export type { CheckOptions, CheckReport, ClientRecord, Finding, Invariant } from './check-types.js';

/** Checks I0 to I8. */
export async function check(options: CheckOptions): Promise<CheckReport> {
  const findings: Finding[] = [];
  const report: Report = (invariant, message) => void findings.push({ invariant, message });
  const rows = new Map<string, Row>();
  const damaged = new Set<number>();
  for (const fault of options.faults ?? []) report('I0', `the database cannot be read: ${fault}: make it anew`);
  for (const row of options.halved ?? []) report('I0', `one copy of the record ${row} is damaged`);
  for (const { key, body } of await options.rows('captures')) {
    const row = body === null ? null : (JSON.parse(body) as Row);
    if (row?.capture.order !== key) {
      damaged.add(key);
      report('I0', `the record captures ${key} is damaged`);
    } else if (rows.has(row.capture.id)) report('I2', `capture ${row.capture.id} has two records`);
    else rows.set(row.capture.id, row);
  }
  const events = await checkEvents(options, rows, report);
  checkClients(options, rows, events, report);
  const found = await checkFiles(options, rows, damaged, report);
  for (const row of rows.values()) checkRow(options, row, report);
  const { most } = options;
  if (most && found.bytes > most.quotaBytes + most.frameBytes) {
    report('I6', `${found.bytes} bytes, and the quota is ${most.quotaBytes} and one frame of ${most.frameBytes}`);
  }
  return { findings, captures: rows.size, events: events.size, ...found };
}

function checkRow({ now }: CheckOptions, { capture }: Row, report: Report): void {
  const { id, state, level, model, product, storedAt, acquiredAt, raw, request } = capture;
  if (state === 'stored') {
    const byNetwork = level === 'network' || level === 'network-small';
    if (level === null || storedAt === null || acquiredAt === null || !product)
      report('I7', `${id} is stored and says too little`);
    if (byNetwork && !/^[0-9a-f]{64}$/.test(model?.sha256 ?? ''))
      report('I7', `${id} does not say which network made it`);
  }
  if ((state === 'acquired' || state === 'restoring') && !raw?.present)
    report('I5', `${id} is ${state} without a frame`);
  const latest = Math.min(request.deadline ?? Number.POSITIVE_INFINITY, request.expiresAt ?? Number.POSITIVE_INFINITY);
  const waits = state === 'requested' || state === 'acquiring';
  if (now !== undefined && waits && now > latest + 1000) report('I8', `${id} is ${state} ${now - latest} ms too late`);
}
