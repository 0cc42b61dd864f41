import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stars } from '../../lib/index.js';
import { createScene, defocus } from '../../scripts/scene.mjs';
import { runNode } from '../support/run-child.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Below the package, so that a snippet finds it by its name. */
const FOLDER = join(ROOT, 'build/snippets');
const path = (name: string): string => join(FOLDER, name);

/** What snippets import as their reader's own. */
const CAMERA = `
export const size = { width: 320, height: 200 };
export async function* sensorRows() {
  for (let row = 0; row < size.height; row += 10) yield new Uint8Array(size.width * 3 * 10).fill(row);
}
export const transmit = () => {};
`;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path('camera.js'), CAMERA);
  const scene = createScene({ width: 512, height: 400, seed: 5 });
  const picture = { raw: { width: 512, height: 400, channels: 3 } } as const;
  await sharp(scene.data, picture).toFile(path('sharp.png'));
  await sharp(scene.data, picture).toFile(path('restored.png'));
  copyFileSync(join(ROOT, 'models/metrics/eo-niqe.json'), path('my-niqe.json'));
  const soft = defocus(scene, { radius: 4, noise: 0.004 });
  await sharp(soft.data, picture).jpeg({ quality: 98 }).toFile(path('frame.jpg'));
  await sharp(soft.data, picture).toFile(path('frame.png'));
  const { frame } = stars.simulate({
    width: 512,
    height: 512,
    stars: 20,
    motion: { lengthPx: 20, angleDegrees: 20 },
    bits: 16,
  });
  await sharp(frame.data as Uint16Array, { raw: { width: 512, height: 512, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toFile(path('stars.png'));
});
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const documents = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Every block of JavaScript in a document. */
const snippetsOf = (document: string): (readonly [string, string])[] =>
  [...readFileSync(join(ROOT, document), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map((match, index) => [
    `${document}, ${index + 1}`,
    match[1]!,
  ]);

describe('the example', () => {
  it.each(documents.flatMap(snippetsOf))('of %s runs', async (name, code) => {
    const file = `${name.replaceAll(/\W+/g, '-')}.mjs`;
    writeFileSync(path(file), code);
    const { code: exitCode, stderr } = await runNode([`build/snippets/${file}`], { cwd: FOLDER });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });
});
