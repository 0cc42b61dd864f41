import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkConfig, readConfig } from '../lib/config.js';
import { realIo } from '../lib/io.js';

const least = { store: { folder: 'store' }, socket: { path: 's.sock' } };
const check = (rest: object) => checkConfig(realIo(), { ...least, ...rest }, '/base');

describe('a configuration', () => {
  it('has a default for all but the store and the socket', async () => {
    const config = await check({});
    expect(config).toMatchObject({
      storeFolder: '/base/store',
      listening: { socket: { path: '/base/s.sock', mode: 0o660, gid: null }, tcp: null },
      engine: { levels: { network: 'eo-defocus-small', networkSmall: null }, memoryBytes: 300e6, hotThreads: 1 },
      frame: { width: 2048, height: 1536 },
      cameras: [],
      thermal: { hot: 75, critical: 90 },
    });
    expect(config.storeLimits.quotaBytes).toBe(20 * 2 ** 30);
  });

  it('describes cameras of every kind', async () => {
    const { cameras } = await check({
      cameras: {
        a: { driver: 'folder', folder: '/frames', standing: { app: 'payload', deadlineMs: 8000 } },
        b: { driver: 'exec', command: ['take', '{path}'], limits: { dataBytes: 100_000_000 } },
        c: { driver: 'push', width: 2048, height: 1536 },
        d: { driver: 'replay', folder: '/frames', everySeconds: 8 },
        e: { driver: 'v4l2', device: '/dev/video0', width: 640, height: 480 },
      },
    });
    expect(cameras.map(({ driver }) => driver.driver)).toEqual(['folder', 'exec', 'push', 'replay', 'v4l2']);
    expect(cameras[0]).toMatchObject({ timeoutSeconds: 600, standing: { app: 'payload', output: { format: 'png' } } });
    expect(cameras[1]).toMatchObject({ timeoutSeconds: 60, driver: { output: 'path' } });
  });

  it('knows users and groups by their names', async () => {
    const access = [
      { app: 'one', role: 'requester', user: 'root' },
      { app: 'two', role: 'observer', group: 'root', maxPriority: 3 },
      { app: 'three', role: 'operator', uid: 1234 },
    ];
    const { rules } = await check({ access });
    expect(rules).toMatchObject([{ uid: 0 }, { group: { gid: 0 }, maxPriority: 3 }, { uid: 1234 }]);
  });

  it.each([
    [{ stoer: {} }, /unknown stoer; known: .*store/],
    [{ store: { folder: '' } }, /store.folder is "": give a text/],
    [{ store: { folder: 'x', limits: { quotaByte: 3 } } }, /unknown quotaByte in store.limits/],
    [{ store: { folder: 'x', limits: { classes: { raw: { bytes: -1 } } } } }, /store.limits.classes.raw.bytes is -1/],
    [{ socket: null }, /nobody could call/],
    [{ socket: { path: 's', mode: '999' } }, /octal mode/],
    [{ socket: { path: 's', group: 'no-such-group' } }, /socket.group is "no-such-group"/],
    [{ tcp: { host: '0.0.0.0', port: 1 } }, /tcp.host is "0.0.0.0": give one of 127.0.0.1/],
    [{ access: [{ app: 'a', role: 'king', uid: 1 }] }, /access\[0\].role is "king"/],
    [{ access: [{ app: 'a', role: 'observer' }] }, /one of uid, user, group and tokenFile/],
    [{ access: [{ app: 'a', role: 'observer', user: 'no-such-user' }] }, /name of a user/],
    [{ access: [{ app: 'A B', role: 'observer', uid: 1 }] }, /access\[0\].app/],
    [{ cameras: { 'Bad Name': { driver: 'push' } } }, /a name of 1 to 64/],
    [{ cameras: { a: { driver: 'telepathy' } } }, /cameras.a.driver is "telepathy"/],
    [{ cameras: { a: { driver: 'folder' } } }, /cameras.a.folder is missing/],
    [{ cameras: { a: { driver: 'exec', command: [] } } }, /a program and its arguments/],
    [{ cameras: { a: { driver: 'push', folder: '/x' } } }, /unknown folder in cameras.a/],
    [{ cameras: { a: { driver: 'v4l2', device: '/dev/video0', width: 64, height: 48, coding: 'RGGB' } } }, /coding/],
    [{ cameras: { a: { driver: 'exec', command: ['x'], standing: { app: 'b' } } } }, /no frames of the kind exec/],
    [
      { cameras: { a: { driver: 'push', standing: { app: 'b', holdForSeconds: 2_600_000 } } } },
      /cameras.a.standing.holdForSeconds is 2600000: give at most 2592000, the longest hold of b/,
    ],
    [{ store: { folder: 's', limits: { apps: { b: { keptBytes: 0 } } } } }, /store.limits.apps.b.keptBytes is 0/],
    [{ engine: { threads: 9 } }, /engine.threads is 9/],
    [{ engine: { levels: { deconvolve: {} } } }, /engine.levels.deconvolve.psf is missing/],
    [{ thermal: { hot: 80, critical: 70 } }, /more than thermal.hot/],
    [{ scheduling: { policy: 'fifo' } }, /scheduling.policy/],
    [{ scheduling: { cpus: ['x'] } }, /scheduling.cpus\[0\]/],
    [{ http: { connections: 0 } }, /http.connections/],
  ])('says what is wrong with %j', async (rest, words) => {
    await expect(check(rest)).rejects.toMatchObject({ code: 'INVALID', message: expect.stringMatching(words) });
  });

  describe('in a file', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'perifocal-config-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('is read, or it is said why not', async () => {
      const path = join(folder, 'service.json');
      await expect(readConfig(realIo(), path)).rejects.toThrow(/cannot be read/);
      await writeFile(path, '{ "store": ');
      await expect(readConfig(realIo(), path)).rejects.toThrow(/is no JSON/);
      await writeFile(path, JSON.stringify(least));
      expect((await readConfig(realIo(), path)).storeFolder).toBe(join(folder, 'store'));
    });
  });
});
