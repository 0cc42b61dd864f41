import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../lib/config.js';
import { CONFIG_SCHEMA } from '../lib/config/schema.js';
import { realIo } from '../lib/io.js';

interface Node {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | false;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly oneOf?: readonly Node[];
  readonly const?: string;
}

const schema = CONFIG_SCHEMA as Node;
const matches = new Ajv2020({ strict: false }).compile(CONFIG_SCHEMA);
const least = { store: { folder: 'store' }, socket: { path: 's.sock' } };
const cameras: Readonly<Record<string, object>> = {
  folder: { folder: '/frames', standing: { app: 'payload', output: {} } },
  exec: { command: ['take', '{path}'], limits: {} },
  push: { standing: { app: 'payload', output: { format: 'jpeg', quality: 80 } } },
  replay: { folder: '/frames', everySeconds: 8 },
  v4l2: { device: '/dev/video0', width: 640, height: 480 },
};

/** A configuration with every object in it, and a camera of one kind. */
const whole = (driver: string): Record<string, unknown> => ({
  store: {
    folder: 'store',
    limits: {
      classes: { raw: {}, product: {}, thumbnail: {}, manifest: {} },
      ...{ queue: {}, app: {}, apps: { payload: {} }, quarantine: {} },
    },
  },
  socket: { path: 's.sock' },
  tcp: { port: 0 },
  access: [{ app: 'payload', role: 'requester', uid: 1 }],
  http: {},
  engine: { frame: {}, levels: { deconvolve: { psf: 'disk:4' } } },
  ...{ thermal: {}, scheduling: {}, roots: {} },
  cameras: { one: { driver, ...cameras[driver] } },
});

const accepts = async (config: unknown): Promise<boolean> =>
  checkConfig(realIo(), config, '/base').then(
    () => true,
    () => false,
  );

/** The schema of what stands at a path, with the driver of the one camera. */
function at(path: readonly string[], driver: string): Node {
  return path.reduce<Node>((node, key) => {
    const next = node.properties?.[key] ?? (node as { items?: Node }).items ?? (node.additionalProperties as Node);
    return next.oneOf?.find(({ properties }) => properties?.driver?.const === driver) ?? next;
  }, schema);
}

/** Paths of all objects in a value. */
function objectsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, item]) => objectsIn(item, [...path, key]));
  return Array.isArray(value) ? inside : [path, ...inside];
}

/** The same configuration with another value at a path. */
function withValue(config: object, path: readonly string[], value: unknown): object {
  const copy = structuredClone(config);
  const last = path.at(-1)!;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string, unknown>>((node, key) => node[key] as typeof node, copy as never);
  parent[last] = value;
  return copy;
}

describe('the schema of the configuration', () => {
  it('is shipped: node service/scripts/write-config-schema.mjs', () => {
    const shipped = readFileSync(new URL('../config.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(shipped)).toEqual(CONFIG_SCHEMA);
  });

  describe.each(Object.keys(cameras))('with a camera of the kind %s', (driver) => {
    const config = whole(driver);

    it('takes what the code takes', async () => {
      expect([matches(config), await accepts(config)]).toEqual([true, true]);
    });

    it('knows the keys of every object that the code knows, and no others', async () => {
      const maps = ['cameras', 'store.limits.apps'];
      for (const path of objectsIn(config).filter((each) => !maps.includes(each.join('.')))) {
        const changed = withValue(config, [...path, 'strange'], 1);
        const message = await checkConfig(realIo(), changed, '/base').catch((error: Error) => error.message);
        const known = /; known: (.*)$/.exec(String(message))?.[1]?.split(', ') ?? [];
        const keys = Object.keys(at(path, driver).properties ?? {});
        expect([path.join('.'), keys.sort()]).toEqual([path.join('.'), known.sort()]);
        expect(matches(changed)).toBe(false);
      }
    });

    it('has the ranges of the code', async () => {
      for (const path of objectsIn(config)) {
        for (const [key, { minimum, maximum }] of Object.entries(at(path, driver).properties ?? {})) {
          for (const value of [minimum, maximum].filter((bound) => bound !== undefined)) {
            const beyond = value === maximum ? value + 1 : value - 1;
            const changed = withValue(config, [...path, key], beyond);
            expect([path, key, beyond, matches(changed), await accepts(changed)]).toEqual([
              path,
              key,
              beyond,
              false,
              false,
            ]);
          }
        }
      }
    });
  });

  it.each([
    [{ socket: null }],
    [{ access: [{ app: 'a', role: 'observer' }] }],
    [{ access: [{ app: 'a', role: 'observer', uid: 1, user: 'root' }] }],
    [{ cameras: { a: { driver: 'exec', command: ['x'], standing: { app: 'b' } } } }],
    [{ cameras: { 'Bad Name': { driver: 'push' } } }],
    [{ cameras: { a: { driver: 'exec', command: [] } } }],
    [{ tcp: { host: '0.0.0.0', port: 1 } }],
  ])('refuses %j, as the code does', async (rest) => {
    const config = { ...least, ...rest };
    expect([matches(config), await accepts(config)]).toEqual([false, false]);
  });
});
