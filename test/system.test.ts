import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockFile, notifySystemd, peerCredentials, readScheduling, setScheduling } from '../lib/system/index.js';

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perifocal-system-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const descriptorOf = (socket: Socket): number => (socket as unknown as { _handle: { fd: number } })._handle.fd;

/** The descriptor of a connection as the server has it, while `use` runs. */
async function withConnection(server: Server, start: () => Socket, use: (fd: number) => void): Promise<void> {
  const client = start();
  const [accepted] = (await once(server, 'connection')) as [Socket];
  try {
    use(descriptorOf(accepted));
  } finally {
    client.destroy();
    accepted.destroy();
    server.close();
  }
}

describe('peerCredentials', () => {
  it('names the process, the user and the group at the other end', async () => {
    const path = join(folder, 'socket');
    const server = createServer().listen(path);
    await once(server, 'listening');
    await withConnection(
      server,
      () => connect(path),
      (fd) => {
        const own = { pid: process.pid, uid: process.getuid!(), gid: process.getgid!() };
        expect(peerCredentials(fd)).toEqual(own);
      },
    );
  });

  it('refuses a socket of TCP, which has no peer with credentials', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    await withConnection(
      server,
      () => connect((server.address() as AddressInfo).port, '127.0.0.1'),
      (fd) => {
        const error = { code: 'SYSTEM', errno: 'ENOTSUP', message: expect.stringContaining('token') };
        expect(() => peerCredentials(fd)).toThrow(expect.objectContaining(error));
      },
    );
  });

  it('says which descriptor is no socket, or not open', async () => {
    const file = await open(join(folder, 'file'), 'w');
    const named = { errno: 'ENOTSOCK', message: expect.stringContaining(`descriptor ${file.fd}`) };
    expect(() => peerCredentials(file.fd)).toThrow(expect.objectContaining(named));
    await file.close();
    expect(() => peerCredentials(1_000_000)).toThrow(expect.objectContaining({ errno: 'EBADF' }));
    expect(() => peerCredentials(-1)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }));
  });
});

/** Binds a datagram socket, says so, and prints what it gets. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
s.bind('\\0' + name[1:] if name.startswith('@') else name)
print('bound', flush=True)
sys.stdout.write(s.recv(4096).decode())
`;

async function received(name: string, tell: () => void): Promise<string> {
  const receiver = spawn('python3', ['-c', RECEIVER, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(receiver.stdout, 'data');
  let text = '';
  receiver.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  tell();
  await once(receiver, 'close');
  return text.trim();
}

describe('notifySystemd', () => {
  it('sends what is known to the path of the socket', async () => {
    const path = join(folder, 'notify');
    const text = await received(path, () => {
      expect(notifySystemd({ ready: true, watchdog: true, status: 'two\nlines', mainPid: 7 }, path)).toBe(true);
    });
    expect(text).toBe('READY=1\nWATCHDOG=1\nSTATUS=two lines\nMAINPID=7');
  });

  it('sends to an abstract socket', async () => {
    const name = `@perifocal-test-${process.pid}`;
    expect(await received(name, () => notifySystemd({ stopping: true }, name))).toBe('STOPPING=1');
  });

  it('does nothing where nobody wants to know', () => {
    expect(notifySystemd({ ready: true }, undefined)).toBe(false);
  });

  it('says why it could not', () => {
    const missing = join(folder, 'missing');
    const error = { code: 'SYSTEM', errno: 'ENOENT', message: expect.stringContaining(missing) };
    expect(() => notifySystemd({ ready: true }, missing)).toThrow(expect.objectContaining(error));
    const long = `/${'x'.repeat(200)}`;
    expect(() => notifySystemd({ ready: true }, long)).toThrow(expect.objectContaining({ errno: 'ENAMETOOLONG' }));
    expect(() => notifySystemd({ ready: true }, 'relative')).toThrow(/a path or '@'/);
    expect(() => notifySystemd({}, missing)).toThrow(/something to tell/);
  });
});

describe('lockFile', () => {
  it('is held by one open file until that is closed', async () => {
    const path = join(folder, 'lock');
    const first = await open(path, 'w');
    const second = await open(path, 'w');
    expect(lockFile(first.fd)).toBe(true);
    expect(lockFile(second.fd)).toBe(false);
    await expect(run('flock', ['--nonblock', path, 'true'])).rejects.toMatchObject({ code: 1 });
    await first.close();
    expect(lockFile(second.fd)).toBe(true);
    await second.close();
  });

  it('says which descriptor is not open', () => {
    expect(() => lockFile(1_000_000)).toThrow(expect.objectContaining({ code: 'SYSTEM', errno: 'EBADF' }));
  });
});

const BUILT = join(import.meta.dirname, '../dist/system/index.js');

/** What a process says that has changed its own scheduling: this one's could not be changed back. */
async function scheduledAs(options: object): Promise<{ pid: number; threads: ReturnType<typeof readScheduling> }> {
  const code = `
    import { readScheduling, setScheduling } from ${JSON.stringify(BUILT)};
    import { stat } from 'node:fs/promises';
    await stat(process.execPath);
    setScheduling(${JSON.stringify(options)});
    console.log(JSON.stringify({ pid: process.pid, threads: readScheduling() }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code]);
  return JSON.parse(stdout);
}

describe('setScheduling', () => {
  const [cpu] = readScheduling()[0]!.cpus;

  it('changes policy, nice value and processors of all threads', async () => {
    const { threads } = await scheduledAs({ policy: 'batch', nice: 7, cpus: [cpu] });
    expect(threads.length).toBeGreaterThan(1);
    for (const thread of threads) expect(thread).toMatchObject({ policy: 'batch', nice: 7, cpus: [cpu] });
  });

  it('leaves the main thread as it was where only helpers are meant', async () => {
    const before = readScheduling().find(({ thread }) => thread === process.pid)!;
    const { pid, threads } = await scheduledAs({ policy: 'idle', nice: 19, threads: 'helpers' });
    const [main] = threads.filter(({ thread }) => thread === pid);
    expect(main).toMatchObject({ policy: 'other', nice: before.nice });
    const helpers = threads.filter(({ thread }) => thread !== pid);
    for (const helper of helpers) expect(helper).toMatchObject({ policy: 'idle', nice: 19 });
  });

  it('refuses what means nothing', () => {
    expect(() => setScheduling({ nice: 20 })).toThrow(/nice/);
    expect(() => setScheduling({ cpus: [] })).toThrow(/cpus/);
    expect(() => setScheduling({ policy: 'fifo' as never })).toThrow(/policy/);
    const error = { code: 'SYSTEM', errno: 'EINVAL', message: expect.stringContaining('Cpus_allowed_list') };
    expect(() => setScheduling({ cpus: [1023] })).toThrow(expect.objectContaining(error));
  });
});
