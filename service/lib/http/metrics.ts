import { Counter, Gauge, Registry } from 'prom-client';
import type { OpenMetricsContentType } from 'prom-client';
import { LEVELS, STATES } from '../capture/capture.js';
import { isTerminal } from '../capture/machine.js';
import type { AppQuota } from '../store/quota.js';
import { FILE_CLASSES } from '../store/store.js';
import type { HttpContext } from './context.js';
import { countStates } from './telemetry/take.js';
import type { Tally } from './tally.js';
import type { Durations } from '../limits/metered-io.js';

/** The metrics of the service, in a registry of its own. */
export interface Metrics {
  readonly contentType: string;
  /** OpenMetrics text of this moment. */
  render(): Promise<string>;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number | null | undefined];

/** Every metric is read when it is asked for: nothing is counted twice. */
export function createMetrics(context: HttpContext, tally: Tally): Metrics {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const gauge = (name: string, help: string, samples: () => readonly Sample[]): void =>
    addReader(new Gauge({ name, help, labelNames: LABELS, registers: [registry], collect }), samples);
  const counter = (name: string, help: string, samples: () => readonly Sample[]): void =>
    addReader(new Counter({ name, help, labelNames: LABELS, registers: [registry], collect }), samples);
  addCaptures(context, tally, gauge, counter);
  addStore(context, gauge, counter);
  addBoard(context, gauge, counter);
  const render = async (): Promise<string> => {
    const text = await registry.metrics();
    return text.replace('# EOF\n', `${renderSyncs(context.vitals().syncs)}# EOF\n`);
  };
  return { contentType: registry.contentType, render };
}

type Add = (name: string, help: string, samples: () => readonly Sample[]) => void;

const LABELS = ['state', 'level', 'class', 'app', 'camera', 'kind'];
const READERS = new WeakMap<object, () => readonly Sample[]>();

const addReader = (metric: object, samples: () => readonly Sample[]): void => void READERS.set(metric, samples);

/** Called by the registry with the metric as `this`. What cannot be measured has no sample. */
function collect(this: Gauge | Counter): void {
  this.reset();
  for (const [labels, value] of READERS.get(this)?.() ?? []) {
    if (value !== null && value !== undefined) this.inc(labels, value);
  }
}

function addCaptures(context: HttpContext, tally: Tally, gauge: Add, counter: Add): void {
  const live = STATES.filter((state) => !isTerminal(state));
  gauge('perifocal_queue', 'Captures in a state that is not final', () => {
    const count = countStates(context);
    return live.map((state) => [{ state }, count(state)]);
  });
  counter('perifocal_captures', 'Captures that came into a state since the start', () =>
    STATES.map((state) => [{ state }, tally.ended(state)]),
  );
  counter('perifocal_products', 'Products since the start', () =>
    LEVELS.map((level) => [{ level }, tally.produced(level)]),
  );
  counter('perifocal_products_late', 'Products after their deadline since the start', () => [[{}, tally.late]]);
  gauge('perifocal_last_event', 'Number of the last event', () => [[{}, context.store.lastSeq]]);
  gauge('perifocal_camera_healthy', 'Whether a camera works', () =>
    context.cameras.list().map(({ id, healthy }) => [{ camera: id }, Number(healthy)]),
  );
  gauge('perifocal_level_seconds', 'What a level takes for a frame, 95th percentile', () =>
    Object.entries(context.vitals().levelSeconds).map(([level, seconds]) => [{ level }, seconds]),
  );
}

function addStore({ store }: HttpContext, gauge: Add, counter: Add): void {
  gauge('perifocal_store_bytes', 'Bytes of the store', () =>
    FILE_CLASSES.map((name) => [{ class: name }, store.usage().bytesByClass[name]]),
  );
  gauge('perifocal_store_quota_bytes', 'Bytes that the store may take', () => [[{}, store.usage().quotaBytes]]);
  gauge('perifocal_store_free_bytes', 'Free bytes of its file system', () => [[{}, store.usage().freeBytes]]);
  gauge('perifocal_store_files', 'Files of the store', () => [[{}, store.usage().files]]);
  const ofApps = (name: string, help: string, of: (quota: AppQuota) => number): void =>
    gauge(name, help, () => store.quotas().map((quota) => [{ app: quota.app }, of(quota)]));
  ofApps('perifocal_app_captures', 'Captures of an app that wait', ({ captures }) => captures.used);
  ofApps('perifocal_app_waiting_bytes', 'Bytes of their raw frames', ({ waitingBytes }) => waitingBytes.used);
  ofApps('perifocal_app_kept_bytes', 'Bytes of the files of an app', ({ keptBytes }) => keptBytes.used);
  ofApps('perifocal_app_records', 'Captures of an app, whatever has become of them', ({ records }) => records.used);
  gauge('perifocal_store_writable', 'Whether the store can be written', () => [[{}, Number(store.health().writable)]]);
  counter('perifocal_store_operations', 'What the store counts since it was opened', () =>
    Object.entries(store.health().counters).map(([kind, count]) => [{ kind }, count]),
  );
}

function addBoard({ vitals, health, store }: HttpContext, gauge: Add, counter: Add): void {
  gauge('perifocal_ready', 'Whether requests are taken', () => [[{}, Number(health().ready)]]);
  gauge('perifocal_uptime_seconds', 'Since the start', () => [[{}, vitals().uptimeSeconds]]);
  gauge('perifocal_clock_ahead_seconds', 'What the wall clock is ahead of that of the service', () => [
    [{}, store.clock.state.aheadSeconds],
  ]);
  counter('perifocal_clock_steps', 'Steps of the wall clock since the start', () => [[{}, store.clock.state.steps]]);
  gauge('perifocal_resident_bytes', 'Memory of the process', () => [[{}, vitals().residentBytes]]);
  gauge('perifocal_resident_peak_bytes', 'Its peak', () => [[{}, vitals().peakResidentBytes]]);
  gauge('perifocal_temperature_celsius', 'Of the hottest zone', () => [[{}, vitals().temperatureCelsius]]);
  gauge('perifocal_loop_lag_seconds', 'Of the event loop, 99 %', () => [[{}, vitals().loopLagSeconds]]);
  counter('perifocal_cpu_seconds', 'CPU time of the process', () => [[{}, vitals().cpuSeconds]]);
  counter('perifocal_throttled_seconds', 'Kept from computing', () => [[{}, vitals().throttledSeconds]]);
  counter('perifocal_restarts', 'Of drivers and the worker', () => [[{}, vitals().restarts]]);
  counter('perifocal_memory_errors', 'As the kernel counts them', () =>
    Object.entries(vitals().memoryErrors ?? {}).map(([kind, count]) => [{ kind }, count]),
  );
  counter('perifocal_integrity_faults', 'Checks of integrity that failed, and what became of them', () =>
    Object.entries(vitals().integrity).map(([kind, count]) => [{ kind }, count]),
  );
}

/** A histogram that was counted elsewhere; the library only renders those that it has observed itself. */
function renderSyncs({ bounds, counts, sum }: Durations): string {
  const name = 'perifocal_sync_seconds';
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return `${name}_bucket{le="${index < bounds.length ? bounds[index] : '+Inf'}"} ${total}\n`;
  });
  return `# HELP ${name} What syncs of the store took\n# TYPE ${name} histogram\n${buckets.join('')}${name}_sum ${sum}
${name}_count ${total}
`;
}
