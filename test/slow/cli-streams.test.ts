import { readFileSync, readdirSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { psf, stars } from '../../lib/index.js';
import { blurScene } from '../support/blur.js';
import { perifocal } from '../support/cli.js';
import { createFolder } from '../support/models.js';

const folder = createFolder();
const at = folder.path;
let picture: Buffer;
let sky: Buffer;

beforeAll(async () => {
  const { data } = blurScene({ width: 96, height: 80, kernel: psf.disk(2), channels: 3 }).blurred;
  const image = sharp(data, { raw: { width: 96, height: 80, channels: 3 } });
  picture = await image.png().toBuffer();
  for (const name of ['a.png', 'b.png', 'c.png', 'd.png']) await sharp(picture).toFile(at(name));
  const { frame } = stars.simulate({ width: 128, height: 128, stars: 4, seed: 2 });
  sky = await sharp(
    Uint8Array.from(frame.data, (value) => value / 64),
    { raw: { width: 128, height: 128, channels: 1 } },
  )
    .tiff()
    .toBuffer();
});
afterAll(() => folder.remove());

describe('- reads standard input and writes standard output:', () => {
  it('a picture in, a picture out, in the format of the input', async () => {
    const { code, stdout, stderr } = await perifocal(['deconvolve', '-', '--psf', 'disk:2'], { stdin: picture });
    expect(code, stderr).toBe(0);
    expect(await sharp(stdout).metadata()).toMatchObject({ format: 'png', width: 96, height: 80 });
    expect(stderr).toMatch(/^standard output: 96x80 in /);
  });

  it('in the format that is asked for, the envelope on standard error', async () => {
    const args = ['deconvolve', at('a.png'), '-o', '-', '--format', 'webp', '--psf', 'disk:2', '--json'];
    const { code, stdout, stderr } = await perifocal(args);
    expect(code).toBe(0);
    expect(await sharp(stdout).metadata()).toMatchObject({ format: 'webp' });
    const [warning, envelope] = stderr.trim().split('\n') as [string, string];
    expect(warning).toMatch(/a\.png: warning: its output \(webp\) is without the resolution/);
    expect(JSON.parse(envelope)).toMatchObject({ input: at('a.png'), ok: true, output: '-' });
  });

  it('the same bytes as between files', async () => {
    const streamed = await perifocal(['deconvolve', '-', '-o', '-', '--psf', 'disk:2', '--quiet'], { stdin: picture });
    await perifocal(['deconvolve', at('a.png'), '-o', at('file.png'), '--psf', 'disk:2']);
    expect(streamed.stderr).toBe('');
    expect(streamed.stdout.equals(readFileSync(at('file.png')))).toBe(true);
  });

  it.each<[string, string[], () => Buffer, RegExp]>([
    ['metrics', ['metrics', '-'], () => picture, /^-: 96x80\n/],
    [
      'a table of metrics',
      ['metrics', '-', '--csv', '-', '--quiet'],
      () => picture,
      /^input,width,height,.*\n-,96,80,/,
    ],
    ['an estimate', ['estimate', '-', '--kind', 'defocus', '--json'], () => picture, /^\{"input":"-"/],
    ['stars', ['stars', '-', '--method', 'none'], () => sky, /^-: \d+ stars/],
    ['a table of stars', ['stars', '-', '--csv', '-', '--quiet'], () => sky, /^x,y,flux/],
    ['a report', ['report', '-', 'a.png', '-o', '-', '--quiet'], () => picture, /^<!doctype html>/],
    ['a kernel', ['psf', 'disk:2', '-o', '-', '--quiet'], () => picture, /^.PNG/],
  ])('%s', async (_, args, stdin, pattern) => {
    const { stdout, stderr } = await perifocal(args, { stdin: stdin(), cwd: at('') });
    expect(stdout.toString('latin1'), stderr).toMatch(pattern);
  });

  it('a restored star frame keeps the format of the input', async () => {
    const { code, stdout, stderr } = await perifocal(['stars', '-', '-o', '-'], { stdin: sky });
    expect(code, stderr).toBe(0);
    expect(await sharp(stdout).metadata()).toMatchObject({ format: 'tiff', width: 128 });
    expect(stderr).toMatch(/-: \d+ stars/);
  });

  it('standard input that is no picture, or too large, is refused', async () => {
    const none = await perifocal(['metrics', '-', '--json'], { stdin: Buffer.from('text') });
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/^perifocal: standard input: [^\n]*\n$/) });
    const large = await perifocal(['metrics', '-', '--memory', '1MB', '--json'], { stdin: Buffer.alloc(2e6) });
    expect(large.envelopes()).toMatchObject([{ input: '-', ok: false, error: { code: 'BUDGET_TOO_SMALL' } }]);
  });
});

describe('standard output that fails', () => {
  const batch = ['deconvolve', 'a.png', 'b.png', 'c.png', 'd.png', '--psf', 'disk:2', '--json'];

  it('as its reader leaves, does not end the work', async () => {
    const { code, stderr } = await perifocal([...batch, '-o', at('epipe')], { cwd: at(''), closeAfter: 1 });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(readdirSync(at('epipe'))).toHaveLength(4);
  });

  it.skipIf(process.platform !== 'linux')('as the disk is full, does not end the work, and is a failure', async () => {
    const { code, stderr } = await perifocal([...batch, '-o', at('full')], { cwd: at(''), stdoutFile: '/dev/full' });
    expect(stderr).toMatch(/^perifocal: standard output: .*ENOSPC.*: nothing more is printed\n$/);
    expect(code).toBe(1);
    expect(readdirSync(at('full'))).toHaveLength(4);
  });

  it.skipIf(process.platform !== 'linux')('fails the picture that it was to take', async () => {
    const args = ['deconvolve', at('a.png'), '-o', '-', '--psf', 'disk:2', '--json'];
    const { code, stderr } = await perifocal(args, { stdoutFile: '/dev/full' });
    expect(code).toBe(1);
    expect(stderr).toContain('"code":"OUTPUT_UNWRITABLE"');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('does not matter to help', async () => {
    const { code, stderr } = await perifocal(['--help'], { closeAfter: 1 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
