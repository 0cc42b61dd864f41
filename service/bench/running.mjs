// A service in a process of its own, in a folder of its own, and what it takes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CaptureClient } from '../dist/client/index.js';

const SERVE = fileURLToPath(new URL('../dist/cli/serve.js', import.meta.url));
/** Of the kernel's clock, in which it counts processor time. */
const TICKS_PER_SECOND = 100;

/** @param {string} prefix of a folder for one run */
export const makeFolder = (prefix) => mkdtemp(join(tmpdir(), prefix));

/** @param {string} folder */
export const removeFolder = (folder) => rm(folder, { recursive: true, force: true });

/** A running service. */
export class Running {
  /**
   * @param {string} folder
   * @param {import('node:child_process').ChildProcess} child
   * @param {number | null} port of TCP
   */
  constructor(folder, child, port) {
    this.folder = folder;
    this.child = child;
    this.port = port;
    this.client = new CaptureClient({ socketPath: join(folder, 'socket'), retrySeconds: 60 });
  }

  /**
   * Starts one, and waits until it is ready.
   * @param {string} folder for its store, socket and configuration
   * @param {object} rest of the configuration
   * @param {string[]} before what runs it, such as `taskset -c 0`
   */
  static async start(folder, rest, before = []) {
    const config = {
      store: { folder: 'store' },
      socket: { path: 'socket' },
      access: [{ app: 'bench', role: 'operator', user: userInfo().username }],
      // What is measured is the service, not what it lets one app ask for.
      http: { requestsPerSecond: 10_000 },
      ...rest,
    };
    const path = join(folder, 'service.json');
    await writeFile(path, JSON.stringify(config));
    const [program, ...args] = [...before, process.execPath, SERVE, '--config', path];
    // As the unit file runs it.
    const env = { ...process.env, NODE_OPTIONS: '--max-semi-space-size=2 --v8-pool-size=1' };
    const child = spawn(/** @type {string} */ (program), args, { stdio: ['ignore', 'inherit', 'pipe'], env });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    while (!said.includes('ready on')) {
      if (child.exitCode !== null) throw new Error(`The service did not start: ${said}`);
      await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    }
    const port = /port (\d+)/.exec(said)?.[1];
    return new Running(folder, child, port === undefined ? null : Number(port));
  }

  /** Most memory that it has taken, in bytes. */
  async peakBytes() {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
  }

  /** Processor time that it has taken, in seconds. */
  async cpuSeconds() {
    const text = await readFile(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  /** @param {string} path of the API @returns {Promise<string>} */
  async text(path) {
    const sent = request({ socketPath: join(this.folder, 'socket'), path }).end();
    const [response] = await once(sent, 'response');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return text;
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
