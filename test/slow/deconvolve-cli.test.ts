import { existsSync, readdirSync, mkdirSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { psf } from '../../lib/index.js';
import { blurScene } from '../support/blur.js';
import { createFolder } from '../support/models.js';
import { runInterrupted, runNode } from '../support/run-child.js';
import type { ChildResult } from '../support/run-child.js';

const folder = createFolder();
const picture = folder.path('picture.png');
const run = (...args: string[]): Promise<ChildResult> => runNode(['dist/cli/main.js', ...args]);

async function writePicture(path: string, width: number, height: number): Promise<void> {
  const { data } = blurScene({ width, height, kernel: psf.disk(2), channels: 3 }).blurred;
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
}

beforeAll(() => writePicture(picture, 80, 64));
afterAll(() => folder.remove());

describe('perifocal deconvolve', () => {
  it('writes the picture and one line on standard output', async () => {
    const output = folder.path('one.png');
    const { code, stdout, stderr } = await run(
      'deconvolve',
      picture,
      '-o',
      output,
      '--psf',
      'disk:2',
      '--threads',
      '1',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(
        'one\\.png: 80x64 in \\d+\\.\\d\\d s ' +
          '\\(hyper-laplacian, 6 iterations, stopped by complete, \\w+, 1 threads, peak [\\d.]+ MB\\)\\n$',
      ),
    );
    expect(await sharp(output).metadata()).toMatchObject({ width: 80, height: 64 });
  });

  it.each([
    ['hyper-laplacian', [], 6, 'complete'],
    ['wiener', [], 1, 'complete'],
    ['rl', ['--iterations', '9'], 9, 'iterations'],
    ['rl', [], null, 'discrepancy'],
    ['rl-tv', ['--iterations', '5'], 5, 'iterations'],
  ] as const)('prints one JSON object for %s %j', async (name, flags, iterations, stopReason) => {
    const output = folder.path('json.png');
    const { code, stdout } = await run(
      'deconvolve',
      picture,
      '-o',
      output,
      '--psf',
      'disk:2',
      '--method',
      name,
      ...flags,
      '--json',
      '--threads',
      '2',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      input: picture,
      ok: true,
      output,
      report: expect.objectContaining({
        method: name.startsWith('rl') ? 'richardson-lucy' : name,
        iterations: iterations ?? expect.any(Number),
        stopReason,
        seconds: expect.any(Number),
        secondsPerIteration: expect.any(Number),
        threads: 2,
        isa: expect.any(String),
        peakRssBytes: expect.any(Number),
      }),
    });
  });

  it('takes every number there is', async () => {
    const rl = [
      '--method',
      'rl',
      '--iterations',
      'auto',
      '--stop',
      'relative-change',
      '--min-change',
      '0.02',
      '--max-iterations',
      '50',
      '--acceleration',
      'heavy-ball',
      '--total-variation',
      '0.001',
      '--damping',
      '1',
      '--offset',
      '0.001',
      '--saturation',
      '0.99',
      '--start',
      'observed',
      '--boundary',
      'reflect',
      '--sigma',
      '0.01',
    ];
    const stop = ['--method', 'rl', '--tau', '1.1', '--overrun', '1'];
    const prior = [
      '--method',
      'hyper-laplacian',
      '--lambda',
      '2000',
      '--alpha',
      '0.5',
      '--iterations',
      '6',
      '--boundary',
      'periodic',
    ];
    const wiener = [
      '--method',
      'wiener',
      '--prior',
      'power-law',
      '--nsr',
      '0.01',
      '--exponent',
      '2.5',
      '--sigma',
      'auto',
    ];
    for (const flags of [rl, stop, prior, wiener]) {
      const { code, stderr } = await run(
        'deconvolve',
        picture,
        '-o',
        folder.path('all.png'),
        '--psf',
        'disk:2',
        ...flags,
        '--quiet',
        '--memory',
        '150MB',
        '--isa',
        'scalar',
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
  });

  it('takes one kernel per colour, and several inputs into a folder', async () => {
    const second = folder.path('second.jpg');
    await writePicture(second, 50, 40);
    const { code, stdout } = await run(
      'deconvolve',
      picture,
      folder.path('missing.png'),
      second,
      '-o',
      folder.path('several/'),
      '--json',
      '--psf',
      'disk:2',
      'gaussian:1',
      'disk:1.5',
    );
    expect(code).toBe(1);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { ok: boolean }).ok),
    ).toEqual([true, false, true]);
    expect(readdirSync(folder.path('several')).sort()).toEqual(['picture.png', 'second.jpg']);
  });

  it.each<[string, string[], number, RegExp]>([
    ['no kernel', [], 2, /required option '--psf/],
    ['a kernel that is none', ['--psf', 'box'], 2, /neither a shape nor a file/],
    ['a kernel too large', ['--psf', 'disk:40'], 1, /The PSF of 81x81 pixels is larger than the frame of 80x64/],
    ['a kernel file that is missing', ['--psf', 'none.png'], 1, /Cannot read the PSF/],
    ['an unknown method', ['--psf', 'disk:2', '--method', 'magic'], 2, /--method.*Allowed choices/],
    ['0 iterations', ['--psf', 'disk:2', '--method', 'rl', '--iterations', '0'], 2, /for iterations but received 0/],
    [
      'iterations that are no number',
      ['--psf', 'disk:2', '--method', 'rl', '--iterations', 'many'],
      2,
      /--iterations.*Expected a number/,
    ],
    [
      'lambda for rl',
      ['--psf', 'disk:2', '--method', 'rl', '--lambda', '5'],
      2,
      /lambda is for the method hyper-laplacian/,
    ],
    ['an alpha of 2', ['--psf', 'disk:2', '--alpha', '2'], 2, /for alpha but received 2/],
    ['a budget too small', ['--psf', 'disk:2', '--memory', '10MB'], 1, /needs at least \d+MB/],
  ])('%s fails: nothing on standard output', async (_, flags, code, message) => {
    const result = await run('deconvolve', picture, '-o', folder.path('failed.png'), ...flags);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(existsSync(folder.path('failed.png'))).toBe(false);
  });

  it('stops on SIGINT without leaving a file', async () => {
    mkdirSync(folder.path('interrupted'));
    const args = [
      'dist/cli/main.js',
      'deconvolve',
      picture,
      '-o',
      folder.path('interrupted/out.png'),
      '--psf',
      'disk:2',
      '--method',
      'rl',
      '--iterations',
      '10000',
      '--isa',
      'scalar',
    ];
    const { code, stderr } = await runInterrupted(args);
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'perifocal: interrupted\n' });
    expect(readdirSync(folder.path('interrupted'))).toEqual([]);
  });
});

describe('perifocal restore --fallback', () => {
  it('deconvolves where there is no model, and says so', async () => {
    const { code, stdout } = await run(
      'restore',
      picture,
      '-o',
      folder.path('fallback.png'),
      '--model',
      './none.safetensors',
      '--fallback',
      'disk:2',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      report: { method: 'hyper-laplacian', fallbackReason: expect.stringContaining('none.safetensors') },
    });
  });
});
