import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROUTES } from '../lib/http/access.js';
import type { Route } from '../lib/http/access.js';
import { STATUS_OF } from '../lib/http/errors.js';
import { FIELDS, SIZES } from '../lib/http/telemetry/record.js';
import { startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';

const run = promisify(execFile);
const PAGE = readFileSync(new URL('../../docs/service/api.md', import.meta.url), 'utf8');
const CLIENTS = fileURLToPath(new URL('../clients', import.meta.url));
const TS_CLIENT = pathToFileURL(fileURLToPath(new URL('../dist/client/index.js', import.meta.url))).href;
const SOCKET = '/run/perifocal/api.sock';
const product = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 31) % 253));

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
  api.store.onEvent(({ captureId, type }) => {
    if (type === 'requested') setTimeout(() => void api.finish(captureId, Buffer.from('raw'), product), 100);
  });
});
afterAll(() => api.close());
beforeEach(() => writeFileSync(join(api.folder, 'frame.png'), ''));

/** The examples of a language, for the socket of the test. */
const examples = (language: string): string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) =>
    code!.replaceAll(SOCKET, api.socketPath),
  );

const saved = (): boolean => readFileSync(join(api.folder, 'frame.png')).equals(product);
const isAcked = async (): Promise<boolean> => (await api.store.list({ newestFirst: true, limit: 1 }))[0]!.acked;

describe('the examples of the page', () => {
  it.skipIf(spawnSync('curl', ['--version']).status !== 0)('in curl work', async () => {
    const { stdout } = await run('bash', ['-ec', examples('sh').join('\n')], { cwd: api.folder });
    expect(stdout).toContain('"state":"requested"');
    expect(stdout).toContain('"state":"stored"');
    expect(saved()).toBe(true);
    expect(await isAcked()).toBe(true);
    expect(api.cameras.frames.at(-1)!.bytes.equals(product)).toBe(true);
  });

  it.skipIf(spawnSync('python3', ['--version']).status !== 0)('in Python work', async () => {
    const env = { ...process.env, PYTHONPATH: CLIENTS };
    const { stdout } = await run('python3', ['-c', examples('python')[0]!], { cwd: api.folder, env });
    expect(stdout).toMatch(/^network there was time for it [0-9a-f]{64}\nUNKNOWN .*side/);
    expect(saved()).toBe(true);
    expect(await isAcked()).toBe(true);
  });

  it('in TypeScript work', async () => {
    const code = examples('ts')[0]!.replace('perifocal-service/client', TS_CLIENT);
    writeFileSync(join(api.folder, 'example.mjs'), code);
    const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: api.folder });
    expect(stdout).toMatch(/^network there was time for it [0-9a-f]{64}\nUNKNOWN .*side/);
    expect(saved()).toBe(true);
    expect(await isAcked()).toBe(true);
  });

  const flags = (process.env.LIBCURL_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
  const canCompile = spawnSync('cc', [...flags, '-E', '-'], { input: '#include <curl/curl.h>' }).status === 0;
  it.skipIf(!canCompile)('in C work', async () => {
    writeFileSync(join(api.folder, 'capture.c'), examples('c')[0]!);
    const warnings = ['-std=c99', '-Wall', '-Wextra', '-Werror'];
    const links = flags.some((flag) => flag.includes('libcurl')) ? [] : ['-lcurl'];
    await run('cc', [...warnings, '-o', 'capture', 'capture.c', ...flags, ...links], { cwd: api.folder });
    await run('./capture', [randomUUID(), 'frame.png'], { cwd: api.folder });
    expect(saved()).toBe(true);
    expect(await isAcked()).toBe(true);
    await expect(run('./capture', ['not-a-uuid', 'frame.png'], { cwd: api.folder })).rejects.toMatchObject({ code: 1 });
  });
});

describe('the tables of the page', () => {
  it('have every error with its status', () => {
    for (const [code, status] of Object.entries(STATUS_OF)) expect(PAGE).toContain(`| \`${code}\` | ${status} |`);
  });

  it('have every field of the housekeeping record at its place', () => {
    let offset = 0;
    for (const { name, kind, unit, meaning } of FIELDS) {
      expect(PAGE).toContain(`| ${offset} | \`${name}\` | ${kind} | ${unit} | ${meaning} |\n`);
      offset += SIZES[kind];
    }
  });

  it('name every route', () => {
    for (const { url } of Object.values<Route>(ROUTES)) {
      const path = url.replace(':id', '{id}');
      const rest = path.replace('/v1/captures/{id}', '');
      expect(PAGE.includes(`${path}\``) || PAGE.includes(`\`${rest}\``), path).toBe(true);
    }
  });
});
