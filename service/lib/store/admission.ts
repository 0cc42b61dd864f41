import type { CaptureRequest } from '../capture/capture.js';
import { givesUpAt, refusal } from '../capture/scheduler.js';
import { FullError, QuotaError, ServiceError } from '../errors.js';
import type { Share } from './catalogue.js';
import type { Context } from './context.js';
import { limitsOf } from './options.js';
import type { AppLimits } from './options.js';
import { total } from './retention.js';

/** Housekeeping comes round so often. */
const ROUND_SECONDS = 2;

/** Throws where the store takes nothing, or nothing more of an app: `FULL`, `QUOTA` or `INVALID`. */
export function admit(context: Context, app: string, { holdForSeconds }: CaptureRequest): void {
  const { catalogue, limits } = context;
  const most = limitsOf(limits, app);
  requireHold(app, holdForSeconds, most);
  if (catalogue.totalBytes >= limits.quotaBytes) {
    throw new FullError(
      `The store has ${catalogue.totalBytes} of ${limits.quotaBytes} bytes: acknowledge products, so that they may go`,
    );
  }
  requirePlace(context, 'all apps', null);
  requirePlace(context, `app ${app}`, app);
  if (catalogue.size >= limits.records)
    throw tooMuch(context, `${catalogue.size} captures of all apps`, limits.records, null);
  const share = catalogue.shareOf(app);
  if (share) requireShare(context, app, share, most);
}

/** Throws `INVALID` where an app may not hold a product for so long. */
export function requireHold(app: string, seconds: number, { holdSeconds }: AppLimits): void {
  if (seconds <= holdSeconds) return;
  const message = `A hold of ${seconds} s is longer than ${app} may have, which is ${holdSeconds} s`;
  throw new ServiceError(
    'INVALID',
    `${message}: ask for less, and hold again later (store.limits.apps.${app}.holdSeconds)`,
  );
}

function requirePlace(context: Context, who: string, app: string | null): void {
  const { catalogue, limits } = context;
  const { queue } = catalogue;
  const load = app === null ? queue.load : queue.loadOf(app);
  const most = app === null ? limits.queue : limitsOf(limits, app);
  const reason = refusal(who, load, most);
  if (reason === null) return;
  const mustHaveFrame = load.captures < most.captures;
  throw new QuotaError(
    `${reason}: wait until one is done, or cancel one`,
    secondsUntilPlace(context, app, mustHaveFrame),
  );
}

function requireShare(context: Context, app: string, share: Share, { keptBytes, records }: AppLimits): void {
  if (total(share) >= keptBytes) throw tooMuch(context, `${total(share)} bytes of app ${app}`, keptBytes, app);
  if (share.records >= records) throw tooMuch(context, `${share.records} captures of app ${app}`, records, app);
}

function tooMuch(context: Context, what: string, limit: number, app: string | null): QuotaError {
  const advice = 'acknowledge or release products, so that they may go';
  return new QuotaError(`${what} are kept, and ${limit} may be: ${advice}`, secondsUntilRoom(context, app));
}

/** Until a capture of an app, or of any, does not wait any more: what is done next, or given up. */
function secondsUntilPlace(
  { catalogue: { queue }, clock, throughput }: Context,
  app: string | null,
  mustHaveFrame: boolean,
): number {
  const now = clock.now();
  const isOwn = (capture: { readonly app: string }): boolean => app === null || capture.app === app;
  const restoring = queue.inState('restoring');
  const order = [...restoring, ...queue.toRestore(now)];
  const place = order.findIndex(isOwn);
  const done = throughput.secondsFor(place < 0 ? order.length + 1 : place + 1, now);
  if (mustHaveFrame) return done;
  for (const capture of queue.givenUpNext) {
    if (isOwn(capture)) return Math.max(1, Math.min(done, Math.ceil((givesUpAt(capture)! - now) / 1000)));
  }
  return done;
}

/** Until something of an app, or of any, may go: at once what is released, else what is held for the shortest time. */
function secondsUntilRoom(context: Context, app: string | null): number {
  const { catalogue, clock } = context;
  const { removables } = (app === null ? catalogue.all : catalogue.shareOf(app)) ?? catalogue.all;
  if (!removables.isEmpty) return ROUND_SECONDS;
  const until = removables.held.first?.holdUntil ?? null;
  if (until === null) return secondsUntilPlace(context, app, false);
  return ROUND_SECONDS + Math.max(0, Math.ceil((until - clock.now()) / 1000));
}
