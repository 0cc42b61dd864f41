import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgumentError, ImageError, createReport, deconvolve, psf, writeReport } from '../../lib/index.js';
import type { DeconvolutionReport, Frame, ReportOptions, RestoredImage } from '../../lib/index.js';
import { blurScene } from '../support/blur.js';
import { createFolder } from '../support/models.js';
import { runNode } from '../support/run-child.js';

const CHROMIUM = '/usr/bin/chromium';
const folder = createFolder();
const { sharp: reference, blurred } = blurScene({ width: 400, height: 320, kernel: psf.disk(3), channels: 3 });
const restore = (): Promise<RestoredImage<Frame, DeconvolutionReport>> => deconvolve(blurred, { psf: 'disk:3' });

afterAll(() => folder.remove());

describe('a report', () => {
  it('holds what was measured, the run, and the provenance', async () => {
    const after = await restore();
    const { html: page, report } = await createReport(blurred, after, {
      reference,
      psf: 'disk:3',
      run: { ...after.report, choice: { blur: 'disk:3', runnerUp: null, means: { kind: 'network', model: 'small' } } },
      title: 'Frame <1> & more',
    });
    expect(report).toMatchObject({ operation: 'report', input: 'pixels', inputSha256: null });
    expect(page).toContain('<h1>Frame &lt;1&gt; &amp; more</h1>');
    for (const text of [
      'PSNR (dB)',
      'SSIM',
      'hyper-laplacian',
      'Planned memory',
      'Choice',
      'network small',
      'SHA-256',
      'pixels in memory',
      'Kernel, 7x7 pixels',
    ])
      expect(page).toContain(text);
    const psnr = /PSNR \(dB\)<\/th><td>([\d.]+)<\/td><td>([\d.]+)<\/td><td>\+([\d.]+)/.exec(page)!.slice(1).map(Number);
    expect(psnr[1]! - psnr[0]!).toBeCloseTo(psnr[2]!, 2);
    expect(psnr[2]).toBeGreaterThan(2);
  });

  it('names no address but data', async () => {
    const { html: page } = await createReport(blurred, await restore());
    expect(page).not.toMatch(/(?:src|href)="(?!data:)|url\(|@import/);
    expect(page).not.toMatch(/https?:/);
  });

  it('shows frames of 16 bits and grey as bright as their range allows', async () => {
    const dim = (data: ArrayLike<number>): Uint16Array => Uint16Array.from(data, (value) => value * 16);
    const grey = blurScene({ width: 200, height: 160, kernel: psf.disk(2) });
    const frame = { ...grey.blurred, depth: 16 as const, data: dim(grey.blurred.data) };
    const { html } = await createReport(frame, { ...frame, data: dim(grey.sharp.data) }, { white: 65_535 });
    expect(html).toMatch(/Samples are shown 1\d(\.\d+)? times as bright/);
  });

  it('of small frames and of clipped ones says what is missing', async () => {
    const white = { width: 20, height: 18, channels: 1, depth: 8, data: new Uint8Array(360).fill(255) } as const;
    const { html: page } = await createReport(white, white);
    expect(page).toContain('there is no spectrum to show');
  });

  const small = { ...blurred, width: 200, height: 640 };
  it.each<[string, () => Promise<unknown>, new (...args: never[]) => Error, RegExp]>([
    ['of frames of unequal size', () => createReport(blurred, small), ImageError, /400x320 pixels.*200x640/],
    [
      'of a reference in grey',
      () =>
        createReport(blurred, blurred, {
          reference: blurScene({ width: 400, height: 320, kernel: psf.disk(1) }).sharp,
        }),
      ImageError,
      /RGB.*grey/,
    ],
    ['of a missing file', () => createReport('missing.png', blurred), ImageError, /missing\.png/],
    ['with a kernel that is none', () => createReport(blurred, blurred, { psf: 'dusk:3' }), ArgumentError, /dusk/],
    [
      'with an unknown option',
      () => createReport(blurred, blurred, { colour: 'blue' } as ReportOptions),
      ArgumentError,
      /colour/,
    ],
    [
      'with a run that is no object',
      () => createReport(blurred, blurred, { run: 'fast' as unknown as object }),
      ArgumentError,
      /run/,
    ],
    ['to a folder', () => writeReport(folder.path(''), blurred, blurred), ImageError, /is a directory/],
    [
      'to a folder that is missing',
      () => writeReport(folder.path('none/report.html'), blurred, blurred),
      ImageError,
      /none/,
    ],
  ])('%s is refused', async (_, make, type, message) => {
    const error: unknown = await make().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });

  it('never takes the place of a picture that it is made from, by whatever path', async () => {
    const picture = folder.path('own.png');
    const { width, height, data } = blurred;
    await sharp(data as Uint8Array, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(picture);
    const before = await readFile(picture);
    symlinkSync(picture, folder.path('link.html'));
    for (const [path, first, second] of [
      [`${folder.path('.')}/./own.png`, picture, blurred],
      [folder.path('link.html'), blurred, picture],
    ] as const) {
      await expect(writeReport(path, first, second)).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
        message: expect.stringMatching(/overwrite.*own\.png/),
      });
    }
    expect(await readFile(picture)).toEqual(before);
  });

  it('that is aborted leaves no file', async () => {
    const abort = new AbortController();
    const writing = writeReport(folder.path('aborted.html'), blurred, blurred, {
      signal: abort.signal,
      onProgress: () => abort.abort(new Error('enough')),
    });
    await expect(writing).rejects.toThrow('enough');
    expect(readdirSync(folder.path('')).filter((name) => name.includes('aborted'))).toEqual([]);
  });
});

describe.skipIf(!existsSync(CHROMIUM))('a report in a browser', () => {
  let browser: Browser;
  let page: Page;
  const [problems, requests]: [string[], string[]] = [[], []];

  beforeAll(async () => {
    const path = folder.path('report.html');
    await writeReport(path, blurred, await restore(), { reference, psf: 'disk:3' });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(path).href, { waitUntil: 'load' });
  });
  afterAll(() => browser.close());

  it('opens without errors and fetches nothing', () => {
    expect(problems).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
  });

  it('shows every picture', async () => {
    const widths = await page
      .locator('img')
      .evaluateAll((images) => images.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth));
    expect(widths.length).toBeGreaterThanOrEqual(6);
    expect(widths.every((width) => width > 0)).toBe(true);
  });

  it('moves the border by dragging and by the keyboard', async () => {
    const view = page.locator('.view');
    const split = (): Promise<string> =>
      view.evaluate((element) =>
        (element as unknown as { style: { getPropertyValue(name: string): string } }).style.getPropertyValue('--split'),
      );
    expect(await split()).toBe('50%');
    const { x, y, width, height } = (await view.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 5, y + height / 2, { steps: 5 });
    await page.mouse.up();
    expect(parseFloat(await split())).toBeGreaterThan(15);
    expect(parseFloat(await split())).toBeLessThan(25);
    const dragged = parseFloat(await split());
    await page.keyboard.press('ArrowRight');
    expect(parseFloat(await split())).toBeGreaterThan(dragged);
  });

  it('draws the curves of both spectra and of the kernel', async () => {
    expect(await page.locator('svg').count()).toBe(2);
    expect(await page.locator('svg').first().locator('polyline').count()).toBe(3);
  });
});

describe('perifocal report', () => {
  const [before, after, run] = ['before.png', 'after.png', 'run.jsonl'].map((name) => folder.path(name)) as [
    string,
    string,
    string,
  ];
  const save = (
    { width, height, data }: { width: number; height: number; data: ArrayLike<number> },
    path: string,
  ): Promise<unknown> =>
    sharp(Uint8Array.from(data), { raw: { width, height, channels: 3 } })
      .png()
      .toFile(path);

  const envelope = (output: string, report: object): string =>
    JSON.stringify({ input: before, ok: true, output, report });

  beforeAll(async () => {
    await save(blurred, before);
    await save(reference, after);
    writeFileSync(
      run,
      `${envelope('other.png', { seconds: 9 })}\n${envelope(after, { seconds: 0.731, isa: 'avx2' })}\n`,
    );
  });

  it('writes a page from files as other commands leave them', async () => {
    const output = folder.path('page.html');
    const { code, stdout, stderr } = await runNode([
      'dist/cli/main.js',
      'report',
      before,
      after,
      '-o',
      output,
      '--psf',
      'disk:3',
      '--run',
      run,
      '--json',
      '--threads',
      '1',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const page = await readFile(output, 'utf8');
    expect(JSON.parse(stdout)).toEqual({
      input: before,
      ok: true,
      output,
      report: expect.objectContaining({ bytes: Buffer.byteLength(page) }),
    });
    expect(page).toContain('<th scope="row">seconds</th><td>0.731</td>');
    expect(page).toContain('after.png');
  });

  it.each([
    ['no output', [before, after], /--output/],
    ['a picture as output', [before, after, '-o', after], /overwrite/],
    [
      'a run file that is missing',
      [before, after, '-o', folder.path('x.html'), '--run', 'missing.json'],
      /missing\.json/,
    ],
    [
      'a run file of something else',
      [before, after, '-o', folder.path('x.html'), '--run', before],
      /is not what restore or deconvolve print/,
    ],
  ])('%s fails', async (_, args, message) => {
    const { code, stderr } = await runNode(['dist/cli/main.js', 'report', ...args]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(existsSync(folder.path('x.html'))).toBe(false);
  });
});
