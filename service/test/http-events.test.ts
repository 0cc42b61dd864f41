import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOKENS, call, startApi } from './support/api.js';
import type { AppName, StartedApi } from './support/api.js';
import { openStream } from './support/event-stream.js';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi({ limits: { heartbeatSeconds: 0.2, waitsPerApp: 2 } });
});
afterAll(() => api.close());

/** Asks for a capture: one event. */
async function ask(as: AppName = 'alpha'): Promise<string> {
  const id = randomUUID();
  const { status } = await call(api, 'PUT', `/v1/captures/${id}`, { body: { camera: 'front' }, as });
  expect(status).toBe(202);
  return id;
}

const seqsOf = (events: readonly { seq: number }[]): number[] => events.map(({ seq }) => seq);

describe('events', () => {
  it('come in order and page by page, for an operator without a gap', async () => {
    for (let index = 0; index < 5; index++) await ask(index % 2 ? 'beta' : 'alpha');
    const first = (await call(api, 'GET', '/v1/events?after=0&limit=3', { as: 'operator' })).json;
    const second = (await call(api, 'GET', `/v1/events?after=${first.next}`, { as: 'operator' })).json;
    expect(seqsOf([...first.events, ...second.events])).toEqual(api.log.map(({ seq }) => seq));
    expect(second).toMatchObject({ next: api.store.lastSeq, lastSeq: api.store.lastSeq, firstSeq: 1 });
  });

  it('of other apps are left out, and the cursor goes on behind them', async () => {
    await ask('alpha');
    await ask('beta');
    const { events, next } = (await call(api, 'GET', '/v1/events', { as: 'alpha' })).json;
    expect(events.every(({ app }: { app: string }) => app === 'alpha')).toBe(true);
    expect(next).toBe(api.store.lastSeq);
  });

  it('are waited for, and other apps wake nobody', async () => {
    const after = api.store.lastSeq;
    let isDone = false;
    const waiting = call(api, 'GET', `/v1/events?after=${after}&wait=30`).then((reply) => {
      isDone = true;
      return reply.json;
    });
    await ask('beta');
    await ask('beta');
    expect(isDone).toBe(false);
    const id = await ask('alpha');
    const { events, next } = await waiting;
    expect(events).toMatchObject([{ captureId: id, type: 'requested', seq: after + 3 }]);
    expect(next).toBe(after + 3);
  });

  it('that do not come end the wait with none', async () => {
    const { events, next } = (await call(api, 'GET', `/v1/events?after=${api.store.lastSeq}&wait=1`)).json;
    expect({ events, next }).toEqual({ events: [], next: api.store.lastSeq });
  });

  it('after a cursor that is beyond the log are gone: the log was made anew', async () => {
    const reply = await call(api, 'GET', `/v1/events?after=${api.store.lastSeq + 1}&wait=30`);
    expect(reply).toMatchObject({ status: 410, json: { error: { code: 'GONE' } } });
  });

  it('are waited for by as many requests of an app as may, and by those of others too', async () => {
    const after = api.store.lastSeq;
    const waits = [1, 2].map(() => call(api, 'GET', `/v1/events?after=${after}&wait=30`));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const third = await call(api, 'GET', `/v1/events?after=${after}&wait=30`);
    expect(third).toMatchObject({ status: 429, headers: { 'retry-after': '5' }, json: { error: { code: 'QUOTA' } } });
    const other = call(api, 'GET', `/v1/events?after=${after}&wait=30`, { as: 'beta' });
    await ask('alpha');
    await ask('beta');
    for (const reply of await Promise.all([...waits, other])) expect(reply.json.events).toHaveLength(1);
  });

  it('free their place when the one who waits goes', async () => {
    const after = api.store.lastSeq;
    for (let index = 0; index < 6; index++) {
      const socket = connect(api.port, '127.0.0.1');
      const head = `GET /v1/events?after=${after}&wait=30 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKENS.alpha}`;
      socket.write(`${head}\r\n\r\n`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await call(api, 'GET', `/v1/events?after=${after}&wait=1`)).status).toBe(200);
  });
});

describe('the end of a capture', () => {
  const end = (id: string) => call(api, 'DELETE', `/v1/captures/${id}`);

  it('is waited for, whatever else happens', async () => {
    const id = await ask();
    const waiting = call(api, 'GET', `/v1/captures/${id}?wait=30`);
    await end(await ask());
    await api.store.advance(id, { to: 'acquiring' });
    await end(id);
    expect((await waiting).json).toMatchObject({ id, state: 'cancelled' });
  });

  it('that has come is told at once', async () => {
    const id = await ask();
    await end(id);
    expect((await call(api, 'GET', `/v1/captures/${id}?wait=30`)).json).toMatchObject({ id, state: 'cancelled' });
  });

  it('that does not come ends the wait with the capture as it is', async () => {
    const id = await ask();
    expect((await call(api, 'GET', `/v1/captures/${id}?wait=1`)).json).toMatchObject({ id, state: 'requested' });
  });

  it('of another app is not waited for', async () => {
    const reply = await call(api, 'GET', `/v1/captures/${await ask('beta')}?wait=30`);
    expect(reply).toMatchObject({ status: 404, json: { error: { code: 'UNKNOWN' } } });
  });

  it('is waited for by as many as may wait, for events or for ends', async () => {
    const [first, second] = [await ask(), await ask()];
    const waits = [first, second].map((id) => call(api, 'GET', `/v1/captures/${id}?wait=30`));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const third = await call(api, 'GET', `/v1/captures/${first}?wait=30`);
    expect(third).toMatchObject({ status: 429, json: { error: { code: 'QUOTA' } } });
    for (const id of [first, second]) await end(id);
    for (const reply of await Promise.all(waits)) expect(reply.json.state).toBe('cancelled');
  });

  it('frees the place of one who goes while the capture is looked for', async () => {
    const id = await ask();
    const { store } = api;
    const get = store.get.bind(store);
    for (let index = 0; index < 2; index++) {
      const socket = connect(api.port, '127.0.0.1');
      const found = new Promise<void>((resolve) => {
        store.get = async (one) => {
          socket.destroy();
          // The other side hears of it.
          await new Promise((told) => setTimeout(told, 50));
          resolve();
          return get(one);
        };
      });
      const head = `GET /v1/captures/${id}?wait=30 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKENS.alpha}`;
      socket.write(`${head}\r\n\r\n`);
      await found;
    }
    store.get = get;
    expect((await call(api, 'GET', `/v1/captures/${id}?wait=1`)).status).toBe(200);
  });

  it('is refused a wait that is none', async () => {
    const id = await ask();
    for (const wait of ['61', '-1', 'x', '1.5']) {
      const reply = await call(api, 'GET', `/v1/captures/${id}?wait=${wait}`);
      expect(reply).toMatchObject({ status: 400, json: { error: { code: 'INVALID' } } });
    }
  });
});

describe('an event stream', () => {
  it('goes on after the event that the client has seen last, whatever the query says', async () => {
    const from = api.store.lastSeq;
    for (let index = 0; index < 4; index++) await ask();
    const stream = await openStream(api, '?after=0', 'alpha', { 'last-event-id': String(from + 2) });
    expect((await stream.reach(2)).slice(0, 2).map(({ id }) => Number(id))).toEqual([from + 3, from + 4]);
    await ask();
    const [, , live] = await stream.reach(3);
    expect(JSON.parse(live!.data!)).toMatchObject({ seq: from + 5, app: 'alpha' });
    stream.close();
  });

  it('shows an event soon after its commit', async () => {
    const stream = await openStream(api, `?after=${api.store.lastSeq}`);
    const delays: number[] = [];
    for (let index = 0; index < 20; index++) {
      const id = await ask();
      await stream.reach(index + 1);
      delays.push(Date.now() - (await api.store.get(id))!.createdAt);
    }
    stream.close();
    delays.sort((a, b) => a - b);
    // The goal is 50 ms; a test on a busy machine must not judge by the clock alone.
    expect(delays[10]).toBeLessThan(1000);
  });

  it('gives signs of life that move the cursor past events of others', async () => {
    const stream = await openStream(api, `?after=${api.store.lastSeq}`);
    await ask('beta');
    const deadline = Date.now() + 5000;
    const ids = (): (string | undefined)[] => stream.messages.map(({ id }) => id);
    while (!ids().includes(String(api.store.lastSeq)) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(ids()).toContain(String(api.store.lastSeq));
    expect(stream.messages.filter(({ data }) => data !== undefined)).toEqual([]);
    stream.close();
  });

  it('with a last id that is none is refused', async () => {
    const headers = { accept: 'text/event-stream', 'last-event-id': 'x' };
    expect(await call(api, 'GET', '/v1/events', { headers })).toMatchObject({ status: 400 });
  });

  it('ends when the service stops', async () => {
    const own = await startApi();
    const stream = await openStream(own, '');
    const wait = call(own, 'GET', '/v1/events?wait=60');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await own.close();
    await stream.ended;
    expect((await wait).json.events).toEqual([]);
  });

  it('that a client does not read takes no memory for the events that come', async () => {
    const socket = connect(api.port, '127.0.0.1');
    const head = `GET /v1/events?after=0 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKENS.operator}`;
    socket.write(`${head}\r\naccept: text/event-stream\r\n\r\n`);
    socket.pause();
    const reads: number[] = [];
    const { events } = api.store;
    api.store.events = (after, limit) => {
      reads.push(after);
      return events.call(api.store, after, limit);
    };
    const reason = 'x'.repeat(100_000);
    for (let index = 0; index < 150; index++) {
      await api.store.advance(await ask(), { to: 'cancelled', reason });
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    api.store.events = events;
    // 15 MB of events: what the sockets' buffers do not take has not been read from the store.
    expect(reads.at(-1)).toBeLessThan(api.store.lastSeq - 100);
    expect((await call(api, 'GET', '/v1/health')).status).toBe(200);
    socket.destroy();
  });
});
