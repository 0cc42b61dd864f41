import type { Capture } from '../capture/capture.js';
import type { Moment } from '../clock.js';
import type { CheckedRequest } from '../capture/request.js';
import { loadOf, refusal, retryAfterSeconds } from '../capture/scheduler.js';
import { ConflictError, FullError, QuotaError, ServiceError } from '../errors.js';
import type { Context } from './context.js';
import type { QueueLimit, StoreLimits } from './options.js';
import { recordOf } from './records-of.js';

/** Until something is known of the pace: the cadence of a camera. */
const SECONDS_PER_CAPTURE = 8;

/** Takes a request, or finds it again. */
export async function takeRequest(
  context: Context,
  app: string,
  id: string,
  checked: CheckedRequest,
): Promise<{ readonly capture: Capture; readonly outcome: 'created' | 'same' }> {
  const entry = context.catalogue.find(id);
  if (entry) {
    const { capture } = await recordOf(context, entry);
    if (capture.app === app && capture.requestSha256 === checked.sha256) return { capture, outcome: 'same' };
    const whose = capture.app === app ? 'another request' : 'a request of another app';
    throw new ConflictError(`The id ${id} stands for ${whose} already: choose a new one`);
  }
  refuseWhereUnwritable(context);
  const now = context.clock.moment();
  const [change] = await context.ledger.commit((order) => {
    // Asked here, where no other request can come in between.
    refuseWhereFull(context, app);
    const capture = newCapture(order, app, id, checked, now);
    const event = { type: 'requested', detail: { camera: checked.request.camera } } as const;
    return [{ record: { capture, manifestBytes: 0 }, event, untidy: false }];
  });
  return { capture: change!.record.capture, outcome: 'created' };
}

function refuseWhereUnwritable({ problems }: Context): void {
  const [full, broken] = [problems.get('full'), problems.get('database')];
  if (full !== undefined) throw new FullError(`The store takes no requests: ${full}`);
  if (broken !== undefined) throw new ServiceError('UNWRITABLE', `The store takes no requests: ${broken}`);
}

function refuseWhereFull({ catalogue, limits }: Context, app: string): void {
  if (catalogue.totalBytes >= limits.quotaBytes) {
    throw new FullError(
      `The store has ${catalogue.totalBytes} of ${limits.quotaBytes} bytes: acknowledge products, so that they may go`,
    );
  }
  const live = catalogue.live();
  const own = live.filter((capture) => capture.app === app);
  const reason =
    refusal('all apps', loadOf(live), limits.queue) ?? refusal(`app ${app}`, loadOf(own), limitOf(limits, app));
  if (reason !== null) throw new QuotaError(`${reason}: try again later`, retryAfterSeconds(SECONDS_PER_CAPTURE));
}

const limitOf = ({ apps, appQueue }: StoreLimits, app: string): QueueLimit =>
  Object.hasOwn(apps, app) ? apps[app]! : appQueue;

function newCapture(order: number, app: string, id: string, checked: CheckedRequest, now: Moment): Capture {
  return {
    id,
    order,
    app,
    request: checked.request,
    requestSha256: checked.sha256,
    state: 'requested',
    reason: null,
    times: { created: now.service, ended: null },
    createdAt: now.wall,
    acquiredAt: null,
    storedAt: null,
    level: null,
    levelReason: null,
    model: null,
    attempts: 0,
    restorations: 0,
    raw: null,
    product: null,
    thumbnail: null,
    retention: null,
    holdUntil: null,
    acked: false,
    report: null,
  };
}
