import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stars } from '../../lib/index.js';
import { perifocal } from '../support/cli.js';
import { createFrame } from '../support/frames.js';
import { createFolder, writeRandomModel } from '../support/models.js';

const SIZES = ['64x64', '700x700', '2048x1536'] as const;
const DEPTHS = [8, 16] as const;

const folder = createFolder();
const at = folder.path;
const scene = (size: string, depth: number): string => at(`scene-${size}-${depth}.png`);
const sky = (size: string, depth: number): string => at(`sky-${size}-${depth}.png`);

async function writeScene(width: number, height: number, depth: 8 | 16): Promise<void> {
  const { data } = createFrame({ width, height, depth });
  await sharp(data, { raw: { width, height, channels: 3 } })
    .toColourspace(depth === 16 ? 'rgb16' : 'srgb')
    .png({ compressionLevel: 2 })
    .toFile(scene(`${width}x${height}`, depth));
}

async function writeSky(width: number, height: number, depth: 8 | 16): Promise<void> {
  const motion = { lengthPx: 12, angleDegrees: 25 };
  const { frame } = stars.simulate({ width, height, stars: Math.ceil((width * height) / 40_000), motion, seed: 4 });
  const data = depth === 16 ? frame.data : Uint8Array.from(frame.data, (value) => value / 256);
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace(depth === 16 ? 'grey16' : 'b-w')
    .png({ compressionLevel: 2 })
    .toFile(sky(`${width}x${height}`, depth));
}

/** Each command with words for its input, and where it writes. */
const COMMANDS: readonly (readonly [name: string, args: (size: string, depth: number) => string[]])[] = [
  ['restore', (size, depth) => ['restore', scene(size, depth), '-o', at('out.png')]],
  ['deconvolve', (size, depth) => ['deconvolve', scene(size, depth), '--psf', 'disk:3', '-o', at('out.tif')]],
  [
    'deconvolve by Richardson-Lucy',
    (size, depth) => [
      ...['deconvolve', scene(size, depth), '--psf', 'disk:3', '-o', at('out.png')],
      ...['--method', 'rl', '--iterations', '3'],
    ],
  ],
  ['estimate', (size, depth) => ['estimate', scene(size, depth), '-o', at('kernel.png')]],
  ['estimate against a reference', (size, depth) => ['estimate', scene(size, depth), '--reference', scene(size, 8)]],
  ['metrics', (size, depth) => ['metrics', scene(size, depth), '--reference', scene(size, depth)]],
  ['stars', (size, depth) => ['stars', sky(size, depth), '-o', at('out.png'), '--draw', at('drawn.png')]],
  ['report', (size, depth) => ['report', scene(size, depth), scene(size, depth), '-o', at('report.html')]],
];

describe.skipIf(process.platform !== 'linux')('a fresh process stays within its plan:', () => {
  beforeAll(async () => {
    for (const size of SIZES) {
      const [width, height] = size.split('x').map(Number) as [number, number];
      for (const depth of DEPTHS) {
        await writeScene(width, height, depth);
        await writeSky(width, height, depth);
      }
    }
  });
  afterAll(() => folder.remove());

  const cases = COMMANDS.flatMap(([name, args]) =>
    SIZES.flatMap((size) => DEPTHS.map((depth) => [`${name} of ${size}, ${depth} bit`, args(size, depth)] as const)),
  );

  it.each(cases)('%s', async (_, args) => {
    const { envelopes, stderr } = await perifocal([...args, '--json', '--memory', '1GB']);
    const [envelope] = envelopes();
    const report = envelope?.report as { peakRssBytes: number; plan: { bytes: number } } | undefined;
    expect(report, stderr).toBeDefined();
    expect(report!.peakRssBytes).toBeLessThanOrEqual(report!.plan.bytes);
  });

  it('a batch of 12 WebP frames stays within its budget', async () => {
    const model = writeRandomModel(at('m.safetensors'), 1, 4);
    const inputs = Array.from({ length: 12 }, (_, index) => at(`frame-${index}.webp`));
    for (const [index, path] of inputs.entries()) {
      const { data } = createFrame({ width: 1024, height: 768, seed: index });
      await sharp(data, { raw: { width: 1024, height: 768, channels: 3 } })
        .webp({ quality: 95 })
        .toFile(path);
    }
    const args = ['restore', ...inputs, '-o', at('restored/'), '--model', model, '--json', '--memory', '150MB'];
    const { code, envelopes, stderr } = await perifocal(args);
    expect(code, stderr).toBe(0);
    const last = envelopes().at(-1)!.report as { peakRssBytes: number };
    expect(last.peakRssBytes).toBeLessThanOrEqual(150e6);
  });
});
