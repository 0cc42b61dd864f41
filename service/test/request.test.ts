import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../lib/capture/canonical.js';
import { checkId, checkRequest } from '../lib/capture/request.js';
import { ServiceError } from '../lib/errors.js';
import { Random } from './support/random.js';

const refuse = (body: unknown): string => {
  try {
    checkRequest(body, 1000);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'INVALID') return error.message;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(body)}`);
};

describe('requests', () => {
  test('only a camera is needed', () => {
    expect(checkRequest({ camera: 'main' }, 1000).request).toEqual({
      camera: 'main',
      priority: 4,
      expiresAt: null,
      deadline: null,
      levels: ['network', 'network-small', 'deconvolve', 'pass-through'],
      output: { format: 'png' },
      holdForSeconds: 86_400,
      params: {},
    });
  });

  test('a deadline counts from now, and the same body has the same digest later', () => {
    const body = { camera: 'main', deadlineMs: 500 };
    const [first, later] = [checkRequest(body, 1000), checkRequest(body, 9000)];
    expect([first.request.deadline, later.request.deadline]).toEqual([1500, 9500]);
    expect(later.sha256).toBe(first.sha256);
    expect(checkRequest({ camera: 'main', deadlineMs: 501 }, 1000).sha256).not.toBe(first.sha256);
  });

  test('the order of keys and of levels means nothing', () => {
    const one = { camera: 'a', levels: ['pass-through', 'network'], params: { x: 1, y: [2, { b: 1, a: 2 }] } };
    const other = { params: { y: [2, { a: 2, b: 1 }], x: 1 }, levels: ['network', 'pass-through'], camera: 'a' };
    expect(checkRequest(one, 0)).toEqual(checkRequest(other, 0));
  });

  test('what is not acceptable is named with its value', () => {
    expect(refuse({})).toMatch(/camera is nothing: give the name of a camera/);
    expect(refuse({ camera: '../x' })).toMatch(/camera is "..\/x"/);
    expect(refuse({ camera: 'a', priority: 10 })).toMatch(/priority is 10: give an integer from 0 to 9/);
    expect(refuse({ camera: 'a', levels: [] })).toMatch(/levels is \[\]/);
    expect(refuse({ camera: 'a', levels: ['network', 'network'] })).toMatch(/none twice/);
    expect(refuse({ camera: 'a', output: { format: 'gif' } })).toMatch(/output.format is "gif"/);
    expect(refuse({ camera: 'a', output: { format: 'png', quality: 3 } })).toMatch(/jpeg and webp have one/);
    expect(refuse({ camera: 'a', holdFor: -1 })).toMatch(/holdFor is -1/);
    expect(refuse({ camera: 'a', colour: 1 })).toMatch(/unknown field 'colour'/);
    expect(refuse({ camera: 'a', params: { x: 'y'.repeat(20_000) } })).toMatch(/at most 16384 bytes/);
    expect(refuse(null)).toMatch(/the request is null: give an object/);
  });

  test('deep parameters are refused, not recursed into', () => {
    const params = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`);
    expect(refuse({ camera: 'a', params })).toMatch(/more than 32 deep/);
  });

  test('random JSON is taken or refused with INVALID, never anything else', () => {
    const random = new Random(5);
    const values = [null, true, -1, 3, 1e300, '', 'main', [], ['network'], {}, { format: 'jpeg', quality: 50 }];
    const names = [
      'camera',
      'priority',
      'expiresAt',
      'deadlineMs',
      'levels',
      'output',
      'holdFor',
      'params',
      '__proto__',
    ];
    for (let round = 0; round < 5000; round += 1) {
      const body = Object.fromEntries(
        names.filter(() => random.chance(0.3)).map((name) => [name, random.pick(values)]),
      );
      try {
        expect(checkRequest(body, 1000).sha256).toMatch(/^[0-9a-f]{64}$/);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INVALID' });
      }
    }
  });
});

test('ids are UUIDs, in lower case', () => {
  expect(checkId('6F1C0AE2-8F6C-4D59-9A35-0B6F0A3F6F11')).toBe('6f1c0ae2-8f6c-4d59-9a35-0b6f0a3f6f11');
  for (const bad of ['', '..', '6f1c0ae2', 5, null]) expect(() => checkId(bad)).toThrow('give a UUID');
});

test('canonical JSON is JSON with its keys in order', () => {
  expect(canonicalJson({ b: [1, 'x', null], a: { d: undefined, c: -0 } })).toBe('{"a":{"c":0},"b":[1,"x",null]}');
});
