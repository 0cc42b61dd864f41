import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEVELS } from '../lib/capture/capture.js';
import { ROUTES } from '../lib/http/access.js';
import type { RouteName } from '../lib/http/access.js';
import { OPERATIONS } from '../lib/http/schemas/operations.js';
import { Tally } from '../lib/http/tally.js';
import { crc16 } from '../lib/http/telemetry/crc16.js';
import { FIELDS, RECORD_BYTES, SIZES, encodeHousekeeping } from '../lib/http/telemetry/record.js';
import type { Housekeeping } from '../lib/http/telemetry/record.js';
import { call, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';

let api: StartedApi;
let isReady = true;
let id: string;
beforeAll(async () => {
  const degraded = (): string[] => (isReady ? [] : ['the store is full']);
  api = await startApi({ health: () => ({ live: true, ready: isReady, degraded: degraded() }) });
  for (const level of LEVELS) {
    id = randomUUID();
    const body = { camera: 'front', deadlineMs: level === 'pass-through' ? 1 : 60_000 };
    await call(api, 'PUT', `/v1/captures/${id}`, { body });
    await new Promise((resolve) => setTimeout(resolve, 2));
    await api.finish(id, Buffer.from('raw'), Buffer.from('product'), level);
  }
  await call(api, 'PUT', `/v1/captures/${randomUUID()}`, { body: { camera: 'front' } });
});
afterAll(() => api.close());

describe('health', () => {
  it('is 200 where requests are taken and 503 where they are not', async () => {
    expect((await call(api, 'GET', '/v1/health')).json).toEqual({
      live: true,
      ready: true,
      degraded: [],
      clock: { aheadSeconds: expect.closeTo(0, 2), steps: 0, lastStep: null },
      quota: expect.objectContaining({ records: { used: expect.any(Number), limit: 25_000 } }),
      version: '0.1.0',
    });
    isReady = false;
    const reply = await call(api, 'GET', '/v1/health');
    isReady = true;
    expect(reply).toMatchObject({ status: 503, json: { live: true, ready: false, degraded: ['the store is full'] } });
  });
});

describe('the hours of the last day', () => {
  it('are known again after a start', async () => {
    const tally = new Tally(api.store, api.store.clock);
    await tally.fill();
    const hours = tally.hours();
    tally.close();
    expect(hours).toHaveLength(24);
    expect(hours.map(({ late }) => late).reduce((sum, count) => sum + count)).toBe(1);
    for (const level of LEVELS) {
      expect(hours.map(({ levels }) => levels[level]).reduce((sum, count) => sum + count)).toBe(1);
    }
  });

  it('leave out what is older', async () => {
    const later = api.store.clock.now() + 48 * 3_600_000;
    const tally = new Tally(api.store, { now: () => later, toWall: (time) => time });
    await tally.fill();
    const hours = tally.hours();
    tally.close();
    expect(hours.every(({ levels }) => Object.values(levels).every((count) => count === 0))).toBe(true);
  });
});

describe('the housekeeping record', () => {
  const DECODER = `
import struct, sys, binascii
data = sys.stdin.buffer.read()
head = struct.unpack('>IBBHQIIQ4HI4H5I', data[:72])
crc, = struct.unpack('>H', data[126:])
print(len(data), binascii.crc_hqx(data[:126], 0xFFFF) == crc, *head)
`;

  it('is what another decoder reads by the documented layout', async () => {
    const { bytes, headers } = await call(api, 'GET', '/v1/telemetry.bin');
    expect(headers['content-type']).toBe('application/octet-stream');
    const words = execFileSync('python3', ['-c', DECODER], { input: bytes }).toString().trim().split(' ');
    expect(words.slice(0, 6)).toEqual(['128', 'True', String(0x50464b48), '1', String(0b1011), '128']);
    const [, , , lastSeq, requested, , , , stored, , , , , ...levels] = words.slice(6).map(Number);
    expect({ lastSeq, requested, stored, levels }).toEqual({
      lastSeq: api.store.lastSeq,
      requested: 1,
      stored: 4,
      levels: [1, 1, 1, 1, 1],
    });
  });

  it('counts its records', async () => {
    const countOf = async (): Promise<number> => (await call(api, 'GET', '/v1/telemetry.bin')).bytes.readUInt32BE(20);
    expect((await countOf()) + 1).toBe(await countOf());
  });

  it('saturates, and has the greatest number for what is not measured', () => {
    const huge = new Proxy({} as Housekeeping, {
      get: (_, name) =>
        name === 'flags' ? {} : name === 'temperatureCelsius' ? -1e9 : name === 'throttledSeconds' ? null : 1e30,
    });
    const record = encodeHousekeeping(huge);
    expect(at(record, 'requested')).toBe(0xffff);
    expect(at(record, 'stored')).toBe(0xffff_ffff);
    expect(at(record, 'temperature')).toBe(-32_768);
    expect(at(record, 'throttled')).toBe(0xffff_ffff);
    expect(at(record, 'time')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('has its fields in line with their size, and room left', () => {
    let offset = 0;
    for (const { name, kind } of FIELDS) {
      expect(offset % Math.min(SIZES[kind], 4), name).toBe(0);
      offset += SIZES[kind];
    }
    expect(offset).toBeLessThanOrEqual(RECORD_BYTES - 2);
  });

  it('has the checksum of the standard', () => {
    expect(crc16(Buffer.from('123456789'))).toBe(0x29b1);
  });

  const at = (record: Buffer, name: string): number => {
    const index = FIELDS.findIndex((field) => field.name === name);
    const offset = FIELDS.slice(0, index).reduce((sum, { kind }) => sum + SIZES[kind], 0);
    const { kind } = FIELDS[index]!;
    if (kind === 'i16') return record.readInt16BE(offset);
    return kind === 'u64' ? Number(record.readBigUInt64BE(offset)) : record.readUIntBE(offset, SIZES[kind]);
  };
});

describe('metrics', () => {
  it('are OpenMetrics text with what was counted', async () => {
    const { headers, bytes } = await call(api, 'GET', '/metrics');
    const text = bytes.toString('utf8');
    expect(headers['content-type']).toContain('application/openmetrics-text');
    for (const line of [
      'perifocal_queue{state="requested"} 1',
      'perifocal_captures_total{state="stored"} 4',
      'perifocal_products_total{level="network-small"} 1',
      'perifocal_products_late_total 1',
      'perifocal_temperature_celsius 51.2',
      'perifocal_memory_errors_total{kind="corrected"} 3',
      'perifocal_sync_seconds_bucket{le="0.01"} 8',
      'perifocal_sync_seconds_bucket{le="+Inf"} 9',
      'perifocal_sync_seconds_count 9',
      'perifocal_camera_healthy{camera="rear"} 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toMatch(/throttled_seconds_total \d/);
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text.match(/# EOF/g)).toHaveLength(1);
  });

  it('are the same when they are asked for twice', async () => {
    const stable = async (): Promise<string> =>
      (await call(api, 'GET', '/metrics')).bytes.toString('utf8').replace(/^perifocal_uptime_seconds .*/m, '');
    expect(await stable()).toBe(await stable());
  });
});

describe('the description of the API', () => {
  const require = createRequire(import.meta.url);
  const { Ajv2020: Ajv } = require('ajv/dist/2020.js') as { Ajv2020: typeof Ajv2020 };
  const text = readFileSync(new URL('../openapi.json', import.meta.url), 'utf8');
  const description = JSON.parse(text);
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema({ $id: 'api', components: description.components });
  const check = (name: string, value: unknown): unknown => {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`)!;
    validate(value);
    return validate.errors;
  };

  it('is up to date: node service/scripts/write-openapi.mjs', async () => {
    expect((await call(api, 'GET', '/v1/openapi.json')).json).toEqual(description);
  });

  it('has every route, and every reference leads somewhere', () => {
    const operations = Object.values<object>(description.paths).flatMap((path) => Object.values(path));
    const names = operations.map(({ operationId }) => operationId);
    expect(names.sort()).toEqual(Object.keys(ROUTES).sort());
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(description.components.schemas).toHaveProperty(name!);
    }
  });

  it('says of replies what they are', async () => {
    const { json: capture } = await call(api, 'GET', `/v1/captures/${id}`);
    expect(check('Capture', capture)).toBeNull();
    const requested = await call(api, 'GET', '/v1/captures?state=requested');
    expect(check('CapturePage', requested.json)).toBeNull();
    expect(check('EventPage', (await call(api, 'GET', '/v1/events')).json)).toBeNull();
    expect(check('CameraList', (await call(api, 'GET', '/v1/cameras')).json)).toBeNull();
    expect(check('Health', (await call(api, 'GET', '/v1/health')).json)).toBeNull();
    expect(check('Error', (await call(api, 'GET', '/nothing')).json)).toBeNull();
    expect(check('Error', (await call(api, 'GET', '/v1/captures?limit=0')).json)).toBeNull();
  });

  it('would notice a field that it does not know', async () => {
    const { json: capture } = await call(api, 'GET', `/v1/captures/${id}`);
    expect(check('Capture', { ...capture, colour: 'red' })).not.toBeNull();
    expect(check('Capture', { ...capture, level: 'best' })).not.toBeNull();
  });

  it('has a status of success for every operation', () => {
    for (const name of Object.keys(OPERATIONS) as RouteName[]) {
      expect(
        Object.keys(OPERATIONS[name].replies).some((status) => status.startsWith('2')),
        name,
      ).toBe(true);
    }
  });
});
