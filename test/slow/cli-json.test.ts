import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { psf, stars } from '../../lib/index.js';
import { blurScene } from '../support/blur.js';
import { perifocal } from '../support/cli.js';
import { digest } from '../support/frames.js';
import { readFileSync } from 'node:fs';
import { createFolder, writeRandomModel } from '../support/models.js';

const folder = createFolder();
const at = folder.path;
const wordsOf = (line: string): string[] => line.split(' ').map((word) => word.replace(/^@/, `${at('')}/`));

beforeAll(async () => {
  writeRandomModel(at('m.safetensors'), 1, 4);
  const { data } = blurScene({ width: 96, height: 80, kernel: psf.disk(2), channels: 3 }).blurred;
  for (const name of ['a.png', 'b.png'])
    await sharp(data, { raw: { width: 96, height: 80, channels: 3 } }).toFile(at(name));
  const sky = stars.simulate({ width: 128, height: 128, stars: 4, motion: { lengthPx: 8, angleDegrees: 20 }, seed: 2 });
  await sharp(
    Uint8Array.from(sky.frame.data, (value) => value / 64),
    { raw: { width: 128, height: 128, channels: 1 } },
  )
    .png()
    .toFile(at('sky.png'));
  writeFileSync(at('broken.png'), 'no picture');
});
afterAll(() => folder.remove());

/** A command on a good input, and the option of its output with what it writes. */
const COMMANDS: readonly (readonly [command: string, good: string, output: string | undefined])[] = [
  ['restore --model @m.safetensors', 'a.png', 'out.png'],
  ['deconvolve --psf disk:2 --quiet', 'a.png', 'out.png'],
  ['estimate --kind defocus', 'a.png', undefined],
  ['metrics', 'a.png', undefined],
  ['stars', 'sky.png', undefined],
];

describe.each(COMMANDS)('perifocal %s --json', (command, good, output) => {
  it('prints one envelope per input, in success and in failure', async () => {
    const inputs = ['broken.png', good, 'missing.png'];
    const target = output === undefined ? '' : ' -o @many/';
    const line = `${command} ${inputs.map((name) => `@${name}`).join(' ')}${target} --json --threads 1`;
    const { code, envelopes, stderr } = await perifocal(wordsOf(line));
    expect(code).toBe(1);
    const [broken, done, missing] = envelopes();
    expect(envelopes()).toHaveLength(3);
    expect(broken).toEqual({
      input: at('broken.png'),
      ok: false,
      error: { code: 'IMAGE_INVALID', message: expect.any(String) },
    });
    expect(missing).toMatchObject({ input: at('missing.png'), ok: false, error: { code: 'IMAGE_UNREADABLE' } });
    // A small frame may be declined; then it has a report all the same.
    expect(done!.input).toBe(at(good));
    expect(done!.ok || done!.error?.code === 'ESTIMATE_DECLINED').toBe(true);
    expect(done!.report).toMatchObject({
      operation: command.split(' ')[0],
      inputSha256: digest(readFileSync(at(good))),
      seconds: expect.any(Number),
      decodeSeconds: expect.any(Number),
      peakRssBytes: expect.any(Number),
      isa: expect.any(String),
      threads: 1,
      plan: { bytes: expect.any(Number), budgetBytes: expect.any(Number), buffers: expect.any(Array) },
    });
    if (output !== undefined) expect(done!.output).toBe(at(`many/${good}`));
    const lines = stderr.split('\n').filter((text) => !/ warning: |no estimate of the blur/.test(text));
    expect(lines).toEqual([
      expect.stringMatching(/^perifocal: \S*broken\.png: /),
      expect.stringMatching(/^perifocal: \S*missing\.png: /),
      '',
    ]);
  });

  it('refuses a file of another digest, and takes the right one', async () => {
    const right = digest(readFileSync(at(good)));
    const base = `${command} @${good} --json${output === undefined ? '' : ' -o @sha.png'} --expect-sha256 `;
    const wrong = await perifocal(wordsOf(`${base}${'ab'.repeat(32)}`));
    expect(wrong.code).toBe(1);
    expect(wrong.envelopes()).toEqual([
      {
        input: at(good),
        ok: false,
        error: { code: 'IMAGE_INVALID', message: expect.stringContaining(`has SHA-256 ${right}`) },
      },
    ]);
    const [taken] = (await perifocal(wordsOf(base + right.toUpperCase()))).envelopes();
    expect(taken!.report).toMatchObject({ input: at(good), inputSha256: right });
  });
});

describe('commands without inputs', () => {
  it.each([
    ['plan 64x64 --model @m.safetensors', { report: { frame: { width: 64 }, bytes: expect.any(Number) } }],
    ['plan deconvolve 64x64 --psf disk:2', { report: { bytes: expect.any(Number) } }],
    ['plan estimate 64x64', { report: { bytes: expect.any(Number) } }],
    ['plan stars 64x64', { report: { bytes: expect.any(Number) } }],
    ['plan metrics 64x64', { report: { bytes: expect.any(Number) } }],
    ['plan report 64x64', { report: { bytes: expect.any(Number) } }],
    ['info', { report: { version: expect.any(String) } }],
    ['psf disk:2 -o @k.png', { output: expect.stringMatching(/k\.png$/), report: { width: 5, symmetric: true } }],
  ])('%s prints one envelope whose input is null', async (line, expected) => {
    const { code, envelopes } = await perifocal([...wordsOf(line), '--json']);
    expect(code).toBe(0);
    expect(envelopes()).toHaveLength(1);
    expect(envelopes()[0]).toMatchObject({ input: null, ok: true, ...expected });
  });

  it('fail in an envelope too', async () => {
    const { code, envelopes, stderr } = await perifocal([
      'plan',
      'deconvolve',
      '4096x4096',
      '--psf',
      'disk:2',
      '--memory',
      '120MB',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(envelopes()).toEqual([
      { input: null, ok: false, error: { code: 'BUDGET_TOO_SMALL', message: expect.stringMatching(/needs at least/) } },
    ]);
    expect(stderr).toMatch(/^perifocal: .* needs at least .*\n$/);
  });
});

describe('what keeps all inputs from being done', () => {
  it('is said once, and in the envelope of each', async () => {
    const { code, envelopes, stderr } = await perifocal(
      wordsOf('deconvolve @a.png @b.png --psf @none.npy --json -o @never/'),
    );
    expect(code).toBe(1);
    expect(envelopes().map(({ input, error }) => [input, error?.code])).toEqual([
      [at('a.png'), 'IMAGE_UNREADABLE'],
      [at('b.png'), 'IMAGE_UNREADABLE'],
    ]);
    expect(stderr).toMatch(/^perifocal: Cannot read the PSF [^\n]*\n$/);
  });
});

describe('perifocal report --json', () => {
  it('prints one envelope, and takes those of restorations', async () => {
    const run = await perifocal(wordsOf('deconvolve @a.png --psf disk:2 -o @after.png --json'));
    writeFileSync(at('run.jsonl'), run.text);
    const { code, envelopes } = await perifocal(
      wordsOf('report @a.png @after.png -o @r.html --run @run.jsonl --psf disk:2 --json'),
    );
    expect(code).toBe(0);
    expect(envelopes()).toMatchObject([
      {
        input: at('a.png'),
        ok: true,
        output: at('r.html'),
        report: { operation: 'report', bytes: expect.any(Number) },
      },
    ]);
    expect(readFileSync(at('r.html'), 'utf8')).toContain('hyper-laplacian');
  });
});
