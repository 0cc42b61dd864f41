import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFrame } from '../support/frames.js';
import { perifocal } from '../support/cli.js';
import { createFolder } from '../support/models.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const INTERRUPT = new URL('../../dist/cli/interrupt.js', import.meta.url).href;
const folder = createFolder();
const at = folder.path;

/** Says so on standard error when the process begins to listen for SIGINT: how long it takes to start is not known. */
const ANNOUNCE = "process.on('newListener', (name) => { if (name === 'SIGINT') process.stderr.write('listening'); });";

interface Ended {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Node and sends it signals, half a second apart, once it works. Its standard input stays open. */
function signalled(args: readonly string[], signals: readonly NodeJS.Signals[]): Promise<Ended> {
  const preload = `--import=data:text/javascript,${encodeURIComponent(ANNOUNCE)}`;
  const child = spawn(process.execPath, [preload, ...args]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stderr.once('data', () => {
    signals.forEach((signal, index) => {
      setTimeout(() => child.kill(signal), 500 * (index + 1));
    });
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      resolve({ code, killedBy, stdout, stderr: stderr.replace('listening', '') });
    });
  });
}

beforeAll(async () => {
  const { data } = createFrame({ width: 900, height: 700 });
  for (const name of ['a.png', 'b.png'])
    await sharp(data, { raw: { width: 900, height: 700, channels: 3 } }).toFile(at(name));
});
afterAll(() => folder.remove());

const slow = ['--psf', 'disk:3', '--method', 'rl', '--iterations', '10000', '--isa', 'scalar'];

describe('a signal', () => {
  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s ends the work with %i, leaves no file, and is told of every input that is left', async (signal, code) => {
    mkdirSync(at(signal));
    const args = [MAIN, 'deconvolve', at('a.png'), at('b.png'), '-o', at(signal), ...slow, '--json'];
    const ended = await signalled(args, [signal]);
    expect(ended).toMatchObject({ code, killedBy: null, stderr: 'perifocal: interrupted\n' });
    expect(readdirSync(at(signal))).toEqual([]);
    const envelopes = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(envelopes).toEqual(
      ['a.png', 'b.png'].map((name) => ({
        input: at(name),
        ok: false,
        error: { code: 'INTERRUPTED', message: 'interrupted' },
      })),
    );
  });

  it('ends a command that waits for standard input', async () => {
    const ended = await signalled([MAIN, 'metrics', '-'], ['SIGTERM']);
    expect(ended).toEqual({ code: 143, killedBy: null, stdout: '', stderr: 'perifocal: interrupted\n' });
  });

  it.each<[NodeJS.Signals, NodeJS.Signals]>([
    ['SIGINT', 'SIGINT'],
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ])('%s ends the process at once when %s follows, whatever still runs', async (first, second) => {
    const deaf = `import { untilInterrupted } from ${JSON.stringify(INTERRUPT)};
      setInterval(() => {}, 1000);
      await untilInterrupted(() => new Promise(() => {}));`;
    const ended = await signalled(['--input-type=module', '--eval', deaf], [first, second]);
    expect(ended).toMatchObject({ code: null, killedBy: second });
  });
});

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  it('as a file is refused at once, wherever a file is read', async () => {
    execFileSync('mkfifo', [at('pipe.png')]);
    const pipe = at('pipe.png');
    for (const args of [
      ['metrics', pipe],
      ['restore', at('a.png'), '-o', at('o.png'), '--model', pipe],
      ['deconvolve', at('a.png'), '-o', at('o.png'), '--psf', pipe],
      ['report', at('a.png'), at('b.png'), '-o', at('r.html'), '--run', pipe],
    ]) {
      const { code, stderr } = await perifocal(args);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/named pipe/);
    }
  });
});
