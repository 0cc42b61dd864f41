import type { ChildProcess } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { OVER, whenAborted, withAnyOf } from '../signals.js';
import { clear } from './clear.js';
import { tooLong, writeChunks } from './copy.js';
import type { Acquired, CameraInfo, Driver, DriverHealth, DriverRequest, Sink } from './driver.js';
import { verifyFrame } from './verify.js';
import type { FrameSize } from './verify.js';

/** Limits of a program, by prlimit(1); null: none. */
export interface ProgramLimits {
  /** Memory of its data, in bytes. */
  readonly dataBytes: number | null;
  readonly cpuSeconds: number | null;
  readonly openFiles: number | null;
}

/** A program that takes one frame each time it is run. */
export interface ExecOptions extends FrameSize {
  readonly driver: 'exec';
  /**
   * The program and its arguments, without a shell. `{path}` stands for the file to write, `{id}` for the capture. The
   * environment has `PERIFOCAL_PATH`, `PERIFOCAL_CAPTURE` and `PERIFOCAL_PARAMS` (JSON of the request). A program that
   * refuses the params ends with code 64: the request is rejected, and the camera is not to blame.
   */
  readonly command: readonly string[];
  /** Where the frame comes out: `stdout`, or the file at `{path}`. Default: as the command has `{path}` or not. */
  readonly output: 'stdout' | 'path';
  /** What the name of the file at `{path}` ends in, such as `.jpg`: some programs want to know. Default empty. */
  readonly extension: string;
  /** Between SIGTERM and SIGKILL. Default 2. */
  readonly killSeconds: number;
  readonly limits: ProgramLimits;
}

/** Of what it has written to stderr, the end is kept. */
const KEPT_STDERR = 2048;
/** The code by which a program says that it was called wrongly (EX_USAGE): it will not do better with these params. */
const WRONG_USE = 64;
/** A process that even SIGKILL does not end hangs in the kernel. */
const HOPELESS_MS = 5000;

/** Runs a program for each frame, and ends it, with its children, when it takes too long. */
export class ExecDriver implements Driver {
  readonly #io: Io;
  readonly #name: string;
  readonly #options: ExecOptions;
  readonly #closing = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #trouble: string | null = null;
  #attempts = 0;

  constructor(io: Io, name: string, options: ExecOptions) {
    this.#io = io;
    this.#name = name;
    this.#options = options;
  }

  describe(): CameraInfo {
    const { driver, command, width, height } = this.#options;
    return { driver, source: command[0]!, width, height };
  }

  health(): DriverHealth {
    return { healthy: this.#trouble === null, reason: this.#trouble };
  }

  async acquire(request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<Acquired> {
    const run = withAnyOf([signal, this.#closing.signal], (either) => this.#run(request, sink, either));
    this.#running = run.catch(() => undefined);
    try {
      await run;
      const facts = await verifyFrame(this.#io, sink.path, this.#options, this.#name);
      this.#trouble = null;
      return { ...facts, settle: async () => {} };
    } catch (error) {
      const { code, message } = error as ServiceError;
      if (code !== 'INVALID') this.#trouble = message;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ServiceError('CLOSED', `Camera ${this.#name} is being closed`));
    await this.#running;
  }

  async #run(request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const isStdout = this.#options.output === 'stdout';
    this.#attempts += 1;
    // A name of its own for each attempt: what an earlier program has left behind may still be writing.
    const path = isStdout ? sink.path : `${sink.path}.${this.#attempts}${this.#options.extension}`;
    const child = this.#start(request, path);
    const stderr = keepTail(child);
    const ended = endOf(child);
    const stop = (): void => void this.#end(child, ended);
    signal.addEventListener('abort', stop, { once: true });
    try {
      // At once: what nobody reads is thrown away when the program ends.
      const written = isStdout ? writeChunks(this.#io, child.stdout!.pipe(new PassThrough()), sink, signal) : null;
      const [how] = await Promise.all([this.#settled(ended, signal), written]);
      signal.throwIfAborted();
      if (how !== null) throw this.#failure(how, stderr());
      await this.#requireRoom(path, sink);
      if (path !== sink.path) await this.#io.rename(path, sink.path);
    } catch (error) {
      stop();
      await this.#settled(ended, AbortSignal.abort());
      if (path !== sink.path) await clear(this.#io, path);
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #requireRoom(path: string, { mostBytes }: Sink): Promise<void> {
    const bytes = (await this.#io.stat(path))?.bytes ?? 0;
    if (bytes > mostBytes) throw tooLong(bytes, mostBytes);
  }

  #start({ captureId, params }: DriverRequest, path: string): ChildProcess {
    const words = this.#options.command.map((word) => word.replaceAll('{path}', path).replaceAll('{id}', captureId));
    const [program, ...args] = [...limited(this.#options.limits), ...words];
    const environment = {
      PERIFOCAL_PATH: path,
      PERIFOCAL_CAPTURE: captureId,
      PERIFOCAL_PARAMS: JSON.stringify(params),
    };
    const stdout = this.#options.output === 'stdout' ? 'pipe' : 'ignore';
    return this.#io.spawn(program!, args, {
      stdio: ['ignore', stdout, 'pipe'],
      env: { ...inherited(), ...environment },
      // A group of its own, so that its children end with it.
      detached: true,
    });
  }

  /** Asks the program to end, then makes it. */
  async #end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
    signalGroup(child, 'SIGTERM');
    const waited = this.#io.sleep(this.#options.killSeconds * 1000).then(() => false);
    const isOver = await Promise.race([ended.then(() => true), waited]);
    if (!isOver) signalGroup(child, 'SIGKILL');
  }

  /** How it has ended; once aborted, it is not waited for longer than it takes to be killed. */
  async #settled(ended: Promise<string | null>, signal: AbortSignal): Promise<string | null> {
    const limit = this.#options.killSeconds * 1000 + HOPELESS_MS;
    const over = new AbortController();
    const hopeless = whenAborted(signal, over.signal)
      .then(() => this.#io.sleep(limit, over.signal))
      .then(() => 'hangs in the kernel and cannot be ended');
    try {
      return await Promise.race([ended, hopeless]);
    } finally {
      over.abort(OVER);
    }
  }

  #failure(how: string, stderr: string): ServiceError {
    const said = stderr.trim() === '' ? 'it said nothing' : `it said: ${stderr.trim()}`;
    const code = how === endedWith(WRONG_USE) ? 'INVALID' : 'CAMERA';
    return new ServiceError(code, `${this.#options.command[0]} of camera ${this.#name} ${how}; ${said}`);
  }
}

/** What the manager of services has told this service is for it alone: a camera must not stroke its watchdog. */
function inherited(): NodeJS.ProcessEnv {
  const own = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.includes(name)));
}

/** What sets the limits and then becomes the program. */
function limited({ dataBytes, cpuSeconds, openFiles }: ProgramLimits): string[] {
  const options = [
    ...(dataBytes === null ? [] : [`--data=${dataBytes}`]),
    ...(cpuSeconds === null ? [] : [`--cpu=${cpuSeconds}`]),
    ...(openFiles === null ? [] : [`--nofile=${openFiles}`]),
  ];
  return options.length === 0 ? [] : ['prlimit', ...options, '--'];
}

function keepTail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-KEPT_STDERR);
  });
  return () => text;
}

/** Null where it has ended well, else how. */
function endOf(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be run: ${error.message}`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(signal === null ? endedWith(code) : `was ended by ${signal}`);
    });
  });
}

const endedWith = (code: number | null): string => `ended with code ${code}`;

/** The program and its children: they may live on, and hold its output open, when it has ended itself. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // They have just ended.
  }
}
