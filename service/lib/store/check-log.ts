import type { CheckOptions, ClientRecord, LogEvent, Report, Row } from './check-types.js';

const ENDS = ['stored', 'rejected', 'failed', 'expired', 'cancelled'];
const MARKS = ['acked', 'held', 'released', 'evicted', 'repaired', 'discarded', 'lost'];

/** I4: the log is whole, and leads to where every capture is. Resolves with the events by seq. */
export async function checkEvents(
  { rows: read }: CheckOptions,
  rows: ReadonlyMap<string, Row>,
  report: Report,
): Promise<Map<number, LogEvent>> {
  const memo = (await read('memos')).find(({ key }) => key === 1)?.body;
  const meta = memo ? (JSON.parse(memo) as { firstSeq: number; lastSeq: number }) : { firstSeq: 1, lastSeq: 0 };
  const events = new Map<number, LogEvent>();
  for (const { key, body } of await read('events')) if (body !== null) events.set(key, JSON.parse(body) as LogEvent);
  for (let seq = meta.firstSeq; seq <= meta.lastSeq; seq += 1) {
    if (events.get(seq)?.seq !== seq) report('I4', `event ${seq} is missing from ${meta.firstSeq} to ${meta.lastSeq}`);
  }
  if (meta.firstSeq !== 1) return events;
  const stories = byCapture(events.values());
  for (const { capture } of rows.values()) checkStory(capture, stories.get(capture.id) ?? [], report);
  return events;
}

function byCapture(events: Iterable<LogEvent>): ReadonlyMap<string, readonly LogEvent[]> {
  const stories = new Map<string, LogEvent[]>();
  for (const event of events) {
    const story = stories.get(event.captureId);
    if (story) story.push(event);
    else stories.set(event.captureId, [event]);
  }
  return stories;
}

/** The events of one capture lead to its state. */
function checkStory(capture: Row['capture'], events: readonly LogEvent[], report: Report): void {
  const { id, state } = capture;
  const states = events.map(({ type }) => type).filter((type) => !MARKS.includes(type));
  const ends = states.filter((type) => ENDS.includes(type));
  if (states[0] !== 'requested') report('I4', `the first event of ${id} is ${states[0]}`);
  if (states.at(-1) !== state) report('I4', `${id} is ${state}, and its last event says ${states.at(-1)}`);
  if (ends.length !== (ENDS.includes(state) ? 1 : 0))
    report('I4', `${id} is ${state} with ends: ${ends.join() || 'none'}`);
  const evictions = events.filter(({ type }) => type === 'evicted').length;
  if (evictions !== (capture.retention === 'evicted' ? 1 : 0)) report('I4', `${id} was evicted ${evictions} times`);
}

/** I1, I2 and I4: what clients have been told is so. */
export function checkClients(
  { clientLog = [] }: CheckOptions,
  rows: ReadonlyMap<string, Row>,
  events: ReadonlyMap<number, LogEvent>,
  report: Report,
): void {
  const repaired = repairsIn(clientLog, events);
  const firstSeq = [...events.keys()].reduce((least, seq) => Math.min(least, seq), Number.POSITIVE_INFINITY);
  for (const record of clientLog) {
    const capture = rows.get(record.id)?.capture;
    if (!capture)
      report('I1', `${record.id} was ${record.kind === 'accepted' ? 'accepted' : record.type}, and is gone`);
    if (record.kind === 'accepted') continue;
    const event = events.get(record.seq);
    if (event && (event.captureId !== record.id || event.type !== record.type)) {
      report('I4', `a client saw ${record.type} of ${record.id} as ${record.seq}; the log has ${event.type} there`);
    }
    if (!event && record.seq >= firstSeq) {
      report('I4', `a client saw event ${record.seq}, and the log lacks it`);
    }
    const isProduct = record.type === 'stored' || record.type === 'repaired';
    if (!isProduct || !capture) continue;
    if (capture.state !== 'stored') report('I1', `${record.id} was answered stored, and is ${capture.state}`);
    if (capture.product?.sha256 !== (repaired.get(record.id) ?? record.sha256))
      report('I2', `${record.id} has another product than was announced`);
  }
}

/** The digests of products that were made anew, by id: the last ones that anybody was told. */
function repairsIn(
  clientLog: readonly ClientRecord[],
  events: ReadonlyMap<number, LogEvent>,
): ReadonlyMap<string, string | undefined> {
  const seen = clientLog.flatMap((record) => (record.kind === 'event' ? [record] : []));
  const logged = [...events].map(([seq, { captureId, type, detail }]) => ({ seq, id: captureId, type, ...detail }));
  const all = [...seen, ...logged].filter(({ type }) => type === 'repaired').sort((a, b) => a.seq - b.seq);
  return new Map(all.map(({ id, sha256 }) => [id, sha256]));
}
