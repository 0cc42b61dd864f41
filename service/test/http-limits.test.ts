import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Connections } from '../lib/http/connections.js';
import { RequestRate } from '../lib/http/rate.js';
import { call, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';

describe('requests a second', () => {
  it('are bounded for each app alone, and Retry-After is true', () => {
    let now = 0;
    const rate = new RequestRate(0.5, () => now);
    rate.count('alpha');
    const more = (): void => rate.count('alpha');
    expect(more).toThrow(expect.objectContaining({ code: 'RATE', retryAfterSeconds: 2 }));
    rate.count('beta');
    now = 1900;
    expect(more).toThrow(/alpha sends more than 0.5 requests a second/);
    now = 2000;
    more();
  });

  it('may be twice as many at once, and that many in the long run', () => {
    let now = 0;
    const rate = new RequestRate(10, () => now);
    let taken = 0;
    for (; now < 60_000; now += 5) {
      try {
        rate.count('alpha');
        taken += 1;
      } catch {
        // One too many.
      }
    }
    expect(taken).toBe(20 + 599);
  });
});

describe('connections', () => {
  function destroy(this: { destroyed: boolean }): void {
    this.destroyed = true;
  }

  /** As much of a connection as is counted. */
  const socket = () => {
    const made = Object.assign(new EventEmitter(), { destroyed: false, destroy });
    return made as unknown as Socket & { destroyed: boolean };
  };

  it('of one user do not shut out the others', () => {
    const connections = new Connections(4, 2);
    const greedy = Array.from({ length: 10 }, socket);
    for (const each of greedy) connections.add(each, true, 1000);
    expect(greedy.map((each) => connections.crowdOf(each) === null)).toEqual([true, true, ...new Array(8).fill(false)]);
    expect(connections.crowdOf(greedy[2]!)).toBe('user 1000 has more than 2 connections open');
    expect(greedy.map(({ destroyed }) => destroyed)).toEqual([...new Array(6).fill(false), true, true, true, true]);
    const other = socket();
    connections.add(other, true, 1001);
    expect(connections.crowdOf(other)).toBeNull();
    for (const each of greedy) each.emit('close');
    const again = socket();
    connections.add(again, true, 1000);
    expect(connections.crowdOf(again)).toBeNull();
  });

  it('of TCP count as those of one user, and all together are bounded', () => {
    const connections = new Connections(3, 2);
    const add = (uid: number | null): string | null => {
      const made = socket();
      connections.add(made, uid !== null, uid);
      return connections.crowdOf(made);
    };
    expect([add(null), add(null), add(null)]).toEqual([null, null, 'TCP has more than 2 connections open']);
    expect([add(1), add(2)]).toEqual([null, 'More than 3 connections are open']);
  });
});

describe('an app that asks for too much', () => {
  let api: StartedApi;
  beforeAll(async () => {
    // Long enough for the test to send more than may be sent at once.
    api = await startApi({ limits: { requestsPerSecond: 0.001 } });
  });
  afterAll(() => api.close());

  it('is told so with Retry-After, and the others are served', async () => {
    const path = `/v1/captures/${randomUUID()}`;
    expect((await call(api, 'GET', path)).status).toBe(404);
    const refused = await call(api, 'GET', path);
    expect(refused).toMatchObject({ status: 429, json: { error: { code: 'RATE' } } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await call(api, 'GET', path, { as: 'beta' })).status).toBe(404);
  });
});
