import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaptureClient } from '../lib/client/index.js';
import { SIZE, picture } from './support/engine.js';

const SERVE = join(import.meta.dirname, '../dist/cli/serve.js');

let folder: string;
let service: ChildProcess | null = null;
let stderr = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perifocal-service-'));
  await mkdir(join(folder, 'frames'));
  await writeFile(join(folder, 'frames/1.jpg'), await picture());
});
afterEach(async () => {
  if (service?.exitCode === null) {
    service.kill('SIGKILL');
    await once(service, 'exit');
  }
  service = null;
  await rm(folder, { recursive: true, force: true });
});

const nadir = () => ({ driver: 'replay', folder: join(folder, 'frames') });

async function configure(rest: object = {}): Promise<string> {
  const path = join(folder, 'service.json');
  const config = {
    store: { folder: 'store' },
    socket: { path: 'socket' },
    access: [{ app: 'payload', role: 'operator', user: userInfo().username }],
    engine: { frame: SIZE, threads: 1 },
    cameras: { nadir: nadir(), pushed: { driver: 'push' } },
    ...rest,
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** Runs the command; resolves once it says that it is ready, or has ended. */
async function serve(args: readonly string[], env: object = {}): Promise<ChildProcess> {
  stderr = '';
  const child = spawn(process.execPath, [SERVE, ...args], { env: { ...process.env, ...env } });
  service = child;
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'exit');
  while (!stderr.includes('ready on') && child.exitCode === null) await Promise.race([ended, sleep(20)]);
  return child;
}

const client = () => new CaptureClient({ socketPath: join(folder, 'socket'), retrySeconds: 5 });

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

describe('perifocal-serve', () => {
  it('takes a request from socket to product, and ends when it is asked to', async () => {
    const child = await serve(['--config', await configure()]);
    const app = client();
    const { id } = await app.request({ camera: 'nadir', deadlineMs: 60_000 });
    const capture = await app.waitFor(id);
    expect(capture).toMatchObject({ state: 'stored', app: 'payload', level: 'network' });
    const path = join(folder, 'product.png');
    await app.download(id, 'product', path);
    expect(await sharp(path).metadata()).toMatchObject({ format: 'png', ...SIZE });
    expect(await app.ack(id)).toMatchObject({ acked: true, retention: 'released' });
    const begun = Date.now();
    await stop(child);
    expect(child.exitCode).toBe(0);
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(stderr).toMatch(/SIGTERM: stopping[\s\S]*stopped/);
    await expect(stat(join(folder, 'socket'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('takes frames that are pushed to it', async () => {
    await serve(['--config', await configure()]);
    const app = client();
    const { id } = await app.request({ camera: 'pushed', levels: ['pass-through'], output: { format: 'jpeg' } });
    const bytes = await readFile(join(folder, 'frames/1.jpg'));
    for (let pushed = false; !pushed; await sleep(20)) {
      pushed = await app.pushFrame('pushed', bytes, 'image/jpeg').then(
        () => true,
        () => false,
      );
    }
    expect(await app.waitFor(id)).toMatchObject({ state: 'stored', level: 'pass-through' });
  });

  it('goes on after it was killed in the middle', async () => {
    const config = await configure({ cameras: { nadir: nadir() } });
    const killed = await serve(['--config', config]);
    const ids = await Promise.all(Array.from({ length: 5 }, () => client().request({ camera: 'nadir' })));
    const ended = once(killed, 'exit');
    killed.kill('SIGKILL');
    await ended;
    await serve(['--config', config]);
    for (const { id } of ids) expect(await client().waitFor(id)).toMatchObject({ state: 'stored' });
  });

  it('lets no second service at the same store', async () => {
    const config = await configure();
    await serve(['--config', config]);
    const second = await serve(['--config', config]);
    expect(second.exitCode).toBe(1);
    expect(stderr).toMatch(/another|Another/);
  });

  it('says what it would start, and what is wrong with its configuration', async () => {
    const checked = await serve(['--config', await configure(), '--check-config']);
    expect(checked.exitCode).toBe(0);
    const wrong = await serve(['--config', await configure({ cameras: { x: { driver: 'none' } } })]);
    expect(wrong.exitCode).toBe(2);
    expect(stderr).toContain('cameras.x.driver is "none"');
  });

  it('refuses to start where its plan does not fit into the cgroup, and says both numbers', async () => {
    const write = async (name: string, text: string): Promise<void> => {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), text);
    };
    await write('proc/self/cgroup', '0::/\n');
    await write('cgroup/memory.max', '120000000\n');
    const roots = { proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup') };
    const refused = await serve(['--config', await configure({ roots })]);
    expect(refused.exitCode).toBe(2);
    expect(stderr).toMatch(/needs \d+ MB, but the cgroup allows 120 MB/);
  });

  it('tells systemd that it is ready, alive and stopping', async () => {
    const receiver = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True: print(s.recv(4096).decode().replace(chr(10), ' '), flush=True)`;
    const path = join(folder, 'notify');
    const python = spawn('python3', ['-c', receiver, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    python.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    await once(python.stdout, 'data');
    const child = await serve(['--config', await configure()], { NOTIFY_SOCKET: path, WATCHDOG_USEC: '500000' });
    await sleep(600);
    await stop(child);
    python.kill('SIGKILL');
    expect(told).toMatch(/READY=1/);
    expect(told.match(/WATCHDOG=1/g)!.length).toBeGreaterThan(1);
    expect(told).toMatch(/STOPPING=1/);
  });
});
