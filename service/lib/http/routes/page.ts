import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Capture } from '../../capture/capture.js';
import type { HttpContext } from '../context.js';
import { namesTag } from '../files/range.js';
import { MOST_QUEUED } from '../page/captures.js';
import { layOutPage, POLICY } from '../page/page.js';
import type { PageData } from '../page/data.js';
import type { Tally } from '../tally.js';
import { camerasFor, healthFor, reasonsFor } from '../redact.js';
import { told } from '../told.js';
import { findCapture, visibleApp } from './captures.js';
import { register } from './register.js';
import type { Call } from './register.js';

type PageCall = Call<unknown, { view?: string }>;

const PRODUCTS = 20;
const EVENTS = 30;

/** The status page. */
export function addPage(app: FastifyInstance, context: HttpContext, tally: Tally): void {
  register(app, 'getPage', async (call: PageCall, reply) => {
    const page = layOutPage(await gather(context, tally, call));
    return sendPage(page, call, reply);
  });
}

function sendPage(page: string, { headers }: PageCall, reply: FastifyReply): FastifyReply {
  const tag = `"${createHash('sha256').update(page).digest('hex')}"`;
  reply.headers({
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'private, no-cache',
    etag: tag,
  });
  if (namesTag(headers['if-none-match'], tag)) return reply.code(304).send();
  return reply.type('text/html; charset=utf-8').send(page);
}

/** What the page shows; of captures only those that the caller may see. */
async function gather(context: HttpContext, tally: Tally, { caller, query }: PageCall): Promise<PageData> {
  const { store, cameras } = context;
  const app = visibleApp(caller);
  const isVisible = (item: { readonly app: string }): boolean => app === null || item.app === app;
  const only = app === null ? {} : { app };
  const products = await store.list({ state: 'stored', newestFirst: true, limit: PRODUCTS, ...only });
  const wanted = query.view === undefined ? undefined : await findCapture(context, caller, query.view);
  const recent = await store.events(Math.max(store.lastSeq - EVENTS, 0), EVENTS);
  const [vitals, storeHealth] = [context.vitals(), store.health()];
  const { load } = store.queue;
  const queued = (app === null ? load : store.queue.loadOf(app)).captures;
  const isOwn = app === null || store.queue.find(vitals.working?.id ?? '')?.app === app;
  return {
    app,
    version: context.version,
    lastSeq: store.lastSeq,
    health: healthFor(caller, context.health()),
    vitals: { ...vitals, working: isOwn ? vitals.working : null },
    cameras: camerasFor(caller, cameras.list()),
    queue: store.queue.oldest(MOST_QUEUED, app).map((capture) => told(capture, store.clock)),
    queued,
    products,
    viewed: wanted ?? products.find(hasBoth) ?? null,
    hours: tally.hours(),
    usage: store.usage(),
    storeHealth: { ...storeHealth, reasons: reasonsFor(caller, storeHealth.reasons) },
    events: recent.events.filter(isVisible).toReversed(),
  };
}

const hasBoth = ({ raw, product }: Capture): boolean => Boolean(raw?.present && product?.present);
