import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TOKENS, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';

const SERVE = join(import.meta.dirname, '../dist/cli/serve.js');

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** What `perifocal-serve captures` answers: its exit code, and all that it says. */
function run(...args: string[]): Promise<{ readonly code: number; readonly text: string }> {
  const env = { ...process.env, PERIFOCAL_SOCKET: api.socketPath };
  return new Promise((resolve) => {
    execFile(process.execPath, [SERVE, 'captures', ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr });
    });
  });
}

it('asks for captures, lists and shows them', async () => {
  const { code, text } = await run('request', '--camera', 'front', '--deadline', '60', '--params', '{"gain": 2}');
  expect(code).toBe(0);
  const id = text.trim();
  const { request, createdAt } = (await api.store.get(id))!;
  expect(request).toMatchObject({ camera: 'front', params: { gain: 2 } });
  expect(Math.round((request.deadline! - createdAt) / 1000)).toBe(60);
  expect((await run('list', '--newest', '--limit', '1')).text).toBe(`${id}  front  requested  -  -\n`);
  expect(JSON.parse((await run('get', id)).text)).toMatchObject({ id, state: 'requested' });
});

it('is known by its token over TCP', async () => {
  const file = join(api.folder, 'alpha.token');
  writeFileSync(file, `${TOKENS.alpha}\n`, { mode: 0o600 });
  expect(await run('list', '--port', String(api.port), '--token-file', file)).toEqual({ code: 0, text: '' });
});

it.each([
  ['a deadline that is no number', ['request', '--camera', 'front', '--deadline', 'soon'], "--deadline is 'soon'"],
  ['parameters that are no JSON', ['request', '--camera', 'front', '--params', '{x'], '--params is no JSON'],
  ['a port without a token', ['list', '--port', '8470'], '--port needs --token-file'],
  ['a limit that is no number', ['list', '--limit', ''], "--limit is ''"],
])('refuses %s, and asks for nothing', async (_, args, message) => {
  const before = api.store.lastSeq;
  const { code, text } = await run(...args);
  expect(text).toContain(message);
  expect(code).toBe(2);
  expect(api.store.lastSeq).toBe(before);
});

it('says what the service has refused', async () => {
  expect(await run('request', '--camera', 'side')).toMatchObject({ code: 1, text: expect.stringContaining('side') });
});
