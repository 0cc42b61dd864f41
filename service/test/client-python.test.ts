import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../lib/store/options.js';
import { TOKENS, startApi } from './support/api.js';
import type { StartedApi } from './support/api.js';
import { openFlakyProxy } from './support/flaky-proxy.js';
import type { FlakyProxy } from './support/flaky-proxy.js';

const CLIENTS = fileURLToPath(new URL('../clients', import.meta.url));
const SCRIPT = fileURLToPath(new URL('python/check_client.py', import.meta.url));
const product = Buffer.from(Array.from({ length: 2_000_000 }, (_, index) => (index * 31) % 253));

/** Python of this machine, and the oldest that is promised where it is there. */
const pythons = ['python3', 'python3.8'].filter((name) => spawnSync(name, ['--version']).status === 0);

let api: StartedApi;
let proxy: FlakyProxy;
beforeAll(async () => {
  api = await startApi({ limits: { heartbeatSeconds: 0.2 } });
  proxy = await openFlakyProxy(api.port);
  api.store.onEvent(({ captureId, type }) => {
    if (type === 'requested') void restore(captureId);
  });
});
afterAll(async () => {
  await proxy.close();
  await api.close();
});

/** What a camera and a restoration would do, for captures of `front`. */
async function restore(id: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { request } = (await api.store.get(id))!;
  if (request.camera === 'front') await api.finish(id, Buffer.from('raw'), product);
}

describe.each(pythons)('the client for %s', (python) => {
  it('does all that the API does, over connections that break', async () => {
    proxy.cutAfter = 700_000;
    const cutting = setInterval(() => proxy.cut(), 300);
    const places = [api.socketPath, String(proxy.port), TOKENS.alpha, api.folder];
    const { stdout } = await promisify(execFile)(python, [SCRIPT, CLIENTS, ...places], { timeout: 90_000 });
    clearInterval(cutting);
    expect(JSON.parse(stdout)).toMatchObject({
      same: true,
      state: 'stored',
      digest: true,
      parts: [],
      linked: true,
      acked: true,
      held: 'held',
      ended: 'released',
      listed: true,
      newest: true,
      events: true,
      pushed: true,
      pushed_file: true,
      cameras: ['front', 'rear'],
      errors: [
        ['UNKNOWN', 404],
        ['INVALID', 400],
        ['UNKNOWN', 404],
        ['CONFLICT', 409],
        ['UNAUTHENTICATED', 401],
        ['UNREACHABLE', null],
      ],
    });
    expect(api.cameras.frames.splice(0)).toHaveLength(2);
  });
});

const EAGER = `
import sys, time
sys.path.insert(0, sys.argv[1])
from perifocal_client import CaptureClient
client = CaptureClient(socket_path=sys.argv[2])
start = time.monotonic()
for _ in range(5):
    client.cameras()
print(time.monotonic() - start)
`;

const FULL = `
import json, sys, threading
sys.path.insert(0, sys.argv[1])
from perifocal_client import CaptureClient, CaptureError
patient = CaptureClient(socket_path=sys.argv[2])
first = patient.request({"camera": "front", "deadlineMs": 1000})
try:
    CaptureClient(socket_path=sys.argv[2], retry_seconds=0.5).request({"camera": "front"})
except CaptureError as error:
    refused = [error.code, error.retry_after]
threading.Timer(0.1, lambda: CaptureClient(socket_path=sys.argv[2]).end(first["id"])).start()
print(json.dumps([refused, patient.request({"camera": "front"})["state"]]))
`;

const REFUSED = `
import json, sys
sys.path.insert(0, sys.argv[1])
from perifocal_client import CaptureClient, CaptureError
patient = CaptureClient(socket_path=sys.argv[2], retry_seconds=600)
hasty = CaptureClient(socket_path=sys.argv[2], retry_seconds=4)

def outcome(call):
    try:
        return call()
    except TimeoutError:
        return "late"
    except CaptureError as error:
        return error.code

id = patient.request({"camera": "front", "deadlineMs": 1000})["id"]
stream = CaptureClient(socket_path=sys.argv[2]).events()
print(json.dumps([
    next(stream)["type"],
    outcome(lambda: patient.request({"camera": "front", "deadlineMs": 100})),
    outcome(lambda: patient.wait_for(id, timeout=0.3)),
    outcome(lambda: hasty.wait_for(id, timeout=1000)),
    outcome(lambda: next(hasty.events())),
]))
`;

describe('the client for python3 that asks too often', () => {
  it('waits as long as the service says, and asks again', async () => {
    const busy = await startApi({ limits: { requestsPerSecond: 2 } });
    const { stdout } = await promisify(execFile)('python3', ['-c', EAGER, CLIENTS, busy.socketPath]);
    expect(Number(stdout)).toBeGreaterThan(0.9);
    await busy.close();
  });

  it('waits for a place in the queue where it comes in time', async () => {
    const full = await startApi({ storeLimits: { app: { ...DEFAULT_LIMITS.app, captures: 1 } } });
    const { stdout } = await promisify(execFile)('python3', ['-c', FULL, CLIENTS, full.socketPath]);
    expect(JSON.parse(stdout)).toEqual([['QUOTA', 1], 'requested']);
    await full.close();
  });

  it('bears refusals as long as it may, and not past its own ends', async () => {
    const app = { ...DEFAULT_LIMITS.app, captures: 1 };
    const crowded = await startApi({ storeLimits: { app }, limits: { waitsPerApp: 1, heartbeatSeconds: 0.2 } });
    const script = ['-c', REFUSED, CLIENTS, crowded.socketPath];
    const { stdout } = await promisify(execFile)('python3', script, { timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual(['requested', 'QUOTA', 'late', 'QUOTA', 'QUOTA']);
    await crowded.close();
  });
});
