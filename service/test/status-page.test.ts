import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEVELS } from '../lib/capture/capture.js';
import { VITALS, TOKENS, call, startApi } from './support/api.js';
import type { AppName, StartedApi } from './support/api.js';

const CHROMIUM = '/usr/bin/chromium';

let api: StartedApi;
let degraded: string[] = [];
beforeAll(async () => {
  const working = { id: randomUUID(), level: 'network', done: 0.4 };
  api = await startApi({
    health: () => ({ live: true, ready: true, degraded }),
    vitals: () => ({ ...VITALS, working }),
    limits: { heartbeatSeconds: 1 },
  });
  for (let index = 0; index < 6; index++) await store('alpha', index);
  await store('beta', 6);
  await ask('alpha', { camera: 'front', priority: 6 });
});
afterAll(() => api.close());

const picture = (side: number, shade: number): Promise<Buffer> =>
  sharp({ create: { width: side * 2, height: side, channels: 3, background: { r: shade, g: 90, b: 200 } } })
    .png()
    .toBuffer();

async function ask(as: AppName, body: object = { camera: 'front' }): Promise<string> {
  const id = randomUUID();
  await call(api, 'PUT', `/v1/captures/${id}`, { as, body });
  return id;
}

async function store(as: AppName, index: number): Promise<string> {
  const id = await ask(as, { camera: 'front', deadlineMs: index === 3 ? 1 : 60_000 });
  await new Promise((resolve) => setTimeout(resolve, 2));
  const [raw, product, thumbnail] = [await picture(200, 40), await picture(200, 240), await picture(64, 240)];
  await api.finish(id, raw, product, LEVELS[index % LEVELS.length]!, thumbnail);
  return id;
}

describe('the status page', () => {
  const load = async (as: AppName = 'operator', path = '/'): Promise<string> =>
    (await call(api, 'GET', path, { as })).bytes.toString('utf8');

  it('says all that an operator looks at', async () => {
    const page = await load();
    for (const heading of ['View', 'Last products of all apps', 'Queue', 'Levels and misses over a day', 'Disk'])
      expect(page).toContain(`>${heading}</h2>`);
    for (const heading of ['Board', 'Cameras', 'Integrity', 'Events']) expect(page).toContain(`>${heading}</h2>`);
    for (const text of ['51.2 \u00b0C', 'no frame for 30 s', 'of 21.5 GB', 'late', '40 %'])
      expect(page).toContain(text);
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="10"></noscript>');
  });

  it('is small, whatever there is', async () => {
    const own = await startApi();
    for (let index = 0; index < 120; index++) {
      const id = randomUUID();
      await call(own, 'PUT', `/v1/captures/${id}`, { body: { camera: 'front' } });
      if (index % 2) await own.finish(id, Buffer.from('raw'), Buffer.from('product'));
    }
    expect((await call(own, 'GET', '/', { as: 'operator' })).bytes.length).toBeLessThan(100_000);
    await own.close();
  });

  it('shows an app its own captures only', async () => {
    const other = (await api.store.list({ app: 'beta', limit: 1 }))[0]!;
    const page = await load('alpha');
    expect(page).toContain('Last products of alpha');
    expect(page).not.toContain(other.id.slice(0, 8));
    expect((await call(api, 'GET', `/?view=${other.id}`)).status).toBe(404);
    expect(await load('operator', `/?view=${other.id}`)).toContain(`${other.id}/raw`);
  });

  it('escapes what others have said', async () => {
    degraded = ['<script>alert("x")</script>'];
    const page = await load();
    degraded = [];
    expect(page).not.toContain('<script>alert');
    expect(page).toContain('&lt;script&gt;alert');
  });

  it('allows nothing but its own style and script, and has a tag', async () => {
    const { headers } = await call(api, 'GET', '/', { as: 'operator' });
    const policy = headers['content-security-policy'] as string;
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    const again = await call(api, 'GET', '/', { as: 'operator', headers: { 'if-none-match': headers.etag! } });
    expect(again.status).toBe(304);
  });

  it('of an empty store has no product, and works', async () => {
    const own = await startApi();
    const { status, bytes } = await call(own, 'GET', '/', { as: 'operator' });
    expect(status).toBe(200);
    expect(bytes.toString()).toContain('There is no product to show yet');
    await own.close();
  });
});

describe.skipIf(!existsSync(CHROMIUM))('the status page in a browser', () => {
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const foreign: string[] = [];

  const open = async (options: object = {}): Promise<[BrowserContext, Page]> => {
    const context = await browser.newContext({
      viewport: { width: 1100, height: 900 },
      httpCredentials: { username: 'operator', password: TOKENS.operator },
      ...options,
    });
    const opened = await context.newPage();
    opened.on(
      'console',
      (message) => message.type() === 'error' && problems.push(`${message.text()} ${message.location().url}`),
    );
    opened.on('pageerror', (error) => problems.push(error.message));
    opened.on('request', (request) => {
      if (!request.url().startsWith(`http://127.0.0.1:${api.port}/`)) foreign.push(request.url());
    });
    await opened.goto(`http://127.0.0.1:${api.port}/`, { waitUntil: 'load' });
    return [context, opened];
  };

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    [, page] = await open();
  });
  afterAll(() => browser.close());

  it('opens without errors, and asks nobody else', () => {
    expect({ problems, foreign }).toEqual({ problems: [], foreign: [] });
  });

  it('shows the pictures', async () => {
    await page.locator('.products').scrollIntoViewIfNeeded();
    await expect.poll(() => widthsOf(page)).toSatisfy((widths: number[]) => widths.length >= 9 && !widths.includes(0));
  });

  it('moves the border by dragging and by the keyboard', async () => {
    const view = page.locator('.view');
    const split = async (): Promise<number> =>
      Number.parseFloat(
        await view.evaluate((element) =>
          (element as unknown as { style: { getPropertyValue(name: string): string } }).style.getPropertyValue(
            '--split',
          ),
        ),
      );
    expect(await split()).toBe(50);
    await view.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await view.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 5, y + height / 2, { steps: 5 });
    await page.mouse.up();
    const dragged = await split();
    expect(dragged).toBeGreaterThan(15);
    expect(dragged).toBeLessThan(25);
    await page.keyboard.press('ArrowRight');
    expect(await split()).toBeGreaterThan(dragged);
  });

  it('shows what happens, without being loaded again', async () => {
    await expect.poll(() => page.locator('#connection').textContent()).toBe('live');
    const id = await ask('beta', { camera: 'front', priority: 9 });
    await expect.poll(() => page.locator('#queue').textContent(), { timeout: 5000 }).toContain(id.slice(0, 8));
    const done = await store('beta', 1);
    await expect.poll(() => page.locator('#products').textContent(), { timeout: 5000 }).toContain(done.slice(0, 8));
    expect(problems).toEqual([]);
  });

  it('leaves the border where the operator has it while the page goes on', async () => {
    await page.locator('.view input').focus();
    await page.keyboard.press('Home');
    const before = await page.locator('#view').innerHTML();
    const done = await store('alpha', 2);
    await expect.poll(() => page.locator('#products').textContent(), { timeout: 5000 }).toContain(done.slice(0, 8));
    expect(await page.locator('#view').innerHTML()).toBe(before);
  });

  it('leads from a product to its view', async () => {
    const [context, own] = await open();
    const link = own.locator('.products a').last();
    const id = new URL((await link.getAttribute('href'))!, 'http://x').searchParams.get('view')!;
    await link.click();
    expect(await own.locator('#view').textContent()).toContain(id);
    await context.close();
  });

  it('has landmarks, captions, names and contrast', async () => {
    for (const landmark of ['main', 'header', 'footer', 'h1']) expect(await page.locator(landmark).count()).toBe(1);
    const tables = await page.locator('table').count();
    expect(await page.locator('table > caption').count()).toBe(tables);
    expect(await page.locator('img:not([alt])').count()).toBe(0);
    expect(await page.locator('section:not([aria-labelledby])').count()).toBe(0);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await worstContrast(page), colorScheme).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('can be reached by the keyboard alone', async () => {
    const [context, own] = await open();
    await own.keyboard.press('Tab');
    expect(await own.locator(':focus').textContent()).toBe('To the content');
    const names: string[] = [];
    for (let index = 0; index < 6; index++) {
      await own.keyboard.press('Tab');
      names.push(
        await own.locator(':focus').evaluate((element) => (element as unknown as { tagName: string }).tagName),
      );
    }
    expect(names).toContain('INPUT');
    expect(names).toContain('A');
    await context.close();
  });

  it('is not wider than a small screen', async () => {
    const [context, own] = await open({ viewport: { width: 360, height: 700 } });
    const width = await own.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await context.close();
  });

  it('works without script', async () => {
    const [context, own] = await open({ javaScriptEnabled: false });
    expect(await own.locator('#queue table tbody tr').count()).toBeGreaterThan(0);
    expect(await own.locator('.view img').count()).toBe(2);
    await context.close();
  });
});

const widthsOf = (page: Page): Promise<number[]> =>
  page
    .locator('img')
    .evaluateAll((images) => images.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth));

/** The least contrast of any text with the colour behind the page (WCAG 2.2, 1.4.3). */
const worstContrast = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const light = (color) => {
      const [r, g, b] = channels(color).map((value) => value / 255).map((value) =>
        value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = light(getComputedStyle(document.body).backgroundColor);
    const texts = [...document.querySelectorAll('body *')].filter((element) =>
      !element.closest('.view, svg, .skip, script') &&
      [...element.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim() !== ''));
    return Math.min(...texts.map((element) => {
      const ink = light(getComputedStyle(element).color);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }));
  })()`);
