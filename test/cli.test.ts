import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WRONG_USAGE, exitCodeOf } from '../lib/cli/exit.js';
import { createProgram } from '../lib/cli/program.js';
import { VERSION } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { createFolder, writeRandomModel } from './support/models.js';
import { runInterrupted, runNode } from './support/run-child.js';
import type { ChildResult } from './support/run-child.js';

const folder = createFolder();
let model: string;
const picture = folder.path('picture.png');

const run = (...args: string[]): Promise<ChildResult> => runNode(['dist/cli/main.js', ...args]);

async function writePicture(path: string, width: number, height: number): Promise<void> {
  const { data } = createFrame({ width, height });
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
}

beforeAll(async () => {
  model = writeRandomModel(folder.path('tiny.safetensors'), 1, 4);
  await writePicture(picture, 64, 48);
});
afterAll(() => folder.remove());
afterEach(() => {
  vi.restoreAllMocks();
});

describe('perifocal restore', () => {
  it('writes the picture and one line on standard output', async () => {
    const output = folder.path('one.png');
    const { code, stdout, stderr } = await run('restore', picture, '-o', output, '--model', model, '--threads', '1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/one\.png: 64x48 in \d+\.\d s \(tiny, \w+, 1 threads, \d+ GMAC\/s, peak [\d.]+ MB\)\n$/);
    expect(await sharp(output).metadata()).toMatchObject({ width: 64, height: 48 });
  });

  it('writes beside the input when no output is named', async () => {
    expect((await run('restore', picture, '--model', model, '--quiet')).stdout).toBe('');
    expect(existsSync(folder.path('picture.restored.png'))).toBe(true);
  });

  it('prints one JSON object with --json', async () => {
    const output = folder.path('json.png');
    const { code, stdout } = await run(
      'restore',
      picture,
      '-o',
      output,
      '--model',
      model,
      '--json',
      '--isa',
      'scalar',
      '--threads',
      '2',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      input: picture,
      ok: true,
      output,
      report: expect.objectContaining({
        width: 64,
        height: 48,
        method: 'network',
        model: 'tiny',
        isa: 'scalar',
        threads: 2,
        seconds: expect.any(Number),
        gmacPerSecond: expect.any(Number),
        peakRssBytes: expect.any(Number),
        plan: expect.objectContaining({ convolutions: expect.any(Array), bytes: expect.any(Number) }),
      }),
    });
  });

  it('takes several inputs and a folder; one that fails is reported and does not stop the others', async () => {
    const second = folder.path('second.jpg');
    await writePicture(second, 50, 40);
    const output = folder.path('several/');
    const { code, stdout, stderr } = await run(
      'restore',
      picture,
      folder.path('missing.png'),
      second,
      '-o',
      output,
      '--model',
      model,
      '--json',
    );
    expect(code).toBe(1);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { input: picture, ok: true, report: { width: 64 } },
      { input: folder.path('missing.png'), ok: false, error: { code: 'IMAGE_UNREADABLE' } },
      { input: second, ok: true, report: { width: 50 } },
    ]);
    expect(stderr).toMatch(/^perifocal: .*missing\.png: Cannot read .*ENOENT.*\n$/);
    expect(readdirSync(output).sort()).toEqual(['picture.png', 'second.jpg']);
  });

  it.each<[string, string[], RegExp]>([
    ['no input', ['restore'], /missing required argument 'input'/],
    ['an unknown option', ['restore', 'x.png', '--nope'], /unknown option '--nope'/],
    ['threads 0', ['restore', 'x.png', '--threads', '0'], /--threads .*Allowed: 1, 2, 3/],
    ['threads that are no number', ['restore', 'x.png', '--threads', 'two'], /--threads .*Allowed/],
    ['an ensemble of 3', ['restore', 'x.png', '--ensemble', '3'], /--ensemble .*Allowed: 1, 2, 4/],
    ['a budget of 0', ['restore', 'x.png', '--memory', '0'], /--memory .*Expected positive size/],
    ['an unknown command', ['reset'], /unknown command 'reset'/],
    ['a size without sense', ['plan', '2048'], /Expected <width>x<height>/],
    ['a size too small', ['plan', '8x8'], /Expected integer between 16 and 65535 for width/],
    ['two inputs for one file', ['restore', 'a/x.png', 'b/x.png', '-o', 'out/'], /Two inputs would be written to/],
    [
      'a forgotten value',
      ['metrics', 'x.png', '--csv', '--quiet'],
      /--csv <file>: its value is missing before --quiet/,
    ],
    ['an unknown instruction set', ['restore', 'x.png', '--isa', 'sse9'], /Unknown instruction set 'sse9'/],
    ['a model that is none', ['restore', 'x.png', '--model', 'package.json'], /Unknown model 'package.json'/],
    ['an output over its input', ['restore', 'a/x.png', '-o', 'a/x.png'], /would overwrite an input/],
  ])('%s is wrong usage: exit code 2, nothing on standard output', async (_, args, message) => {
    const flags = args[0] === 'plan' ? ['--model', model] : [];
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const error: unknown = await createProgram()
      .parseAsync([...args, ...flags], { from: 'user' })
      .catch((reason: unknown) => reason);
    expect(printed).not.toHaveBeenCalled();
    expect(`${said.mock.calls.join('')}${(error as Error).message}`).toMatch(message);
    expect(exitCodeOf(error)).toBe(WRONG_USAGE);
  });

  it('no command is wrong usage, too', async () => {
    const { code, stdout, stderr } = await run();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Usage: perifocal/);
  });

  it.each<[string, string[], RegExp]>([
    ['a missing input', ['restore', 'missing.png'], /Cannot read missing\.png/],
    ['a budget too small', ['plan', '2048x1536', '--memory', '20MB'], /needs at least \d+MB/],
  ])('%s is a failure: exit code 1', async (_, args, message) => {
    const { code, stdout, stderr } = await run(...args, ...(args.includes('--model') ? [] : ['--model', model]));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('stops on SIGINT without leaving a file', async () => {
    const input = folder.path('long.png');
    await writePicture(input, 900, 700);
    mkdirSync(folder.path('interrupted'));
    const slow = writeRandomModel(folder.path('slow.safetensors'), 8, 16);
    const { code, stderr } = await runInterrupted([
      'dist/cli/main.js',
      'restore',
      input,
      '-o',
      folder.path('interrupted/out.png'),
      '--model',
      slow,
      '--isa',
      'scalar',
    ]);
    expect(code).toBe(130);
    expect(stderr).toBe('perifocal: interrupted\n');
    expect(readdirSync(folder.path('interrupted'))).toEqual([]);
  });

  it('reports an output folder that cannot be one', async () => {
    writeFileSync(folder.path('plain'), '');
    const { code, stderr } = await run(
      'restore',
      picture,
      folder.path('second.jpg'),
      '-o',
      folder.path('plain'),
      '--model',
      model,
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/Cannot use .*plain as the output folder/);
  });
});

describe('perifocal plan', () => {
  it('prints a table', async () => {
    const { code, stdout } = await run('plan', '640x480', '--model', model);
    expect(code).toBe(0);
    expect(stdout).toMatch(/frame +640 x 480/);
    expect(stdout).toMatch(/total +[\d.]+ MB of 300\.0 MB/);
  });

  it('prints JSON', async () => {
    const { stdout } = await run('plan', '640x480', '--model', model, '--json', '--ensemble', '4', '--memory', '1GB');
    expect(JSON.parse(stdout)).toMatchObject({
      input: null,
      ok: true,
      report: { frame: { width: 640, height: 480 }, ensemble: 4, budgetBytes: 1e9 },
    });
  });
});

describe('perifocal info', () => {
  it('prints version, CPU, instruction sets and models', async () => {
    const { code, stdout } = await run('info');
    expect(code).toBe(0);
    expect(stdout).toContain(`perifocal ${VERSION}`);
    expect(stdout).toMatch(/ISA {3}\+ scalar/);
  });

  it('prints JSON', async () => {
    const { report, ...rest } = JSON.parse((await run('info', '--json')).stdout) as { report: object };
    expect(rest).toEqual({ input: null, ok: true });
    expect(report).toMatchObject({
      version: VERSION,
      isas: expect.arrayContaining([expect.objectContaining({ name: 'scalar' })]),
      models: expect.any(Array),
      convolutions: expect.any(Object),
    });
  });
});

describe('perifocal', () => {
  it('prints its version and its help', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
    const { code, stdout } = await run('restore', '--help');
    expect(code).toBe(0);
    for (const flag of [
      '--output',
      '--model',
      '--memory',
      '--threads',
      '--ensemble',
      '--isa',
      '--conv',
      '--json',
      '--quiet',
    ])
      expect(stdout).toContain(flag);
  });
});
