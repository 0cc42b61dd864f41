import { linkSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WRONG_USAGE, exitCodeOf } from '../../lib/cli/exit.js';
import { createProgram } from '../../lib/cli/program.js';
import { perifocal } from '../support/cli.js';
import { createFrame, digest } from '../support/frames.js';
import { createFolder, writeRandomModel } from '../support/models.js';

const folder = createFolder();
const at = folder.path;
/** `@name` is a path in the folder. */
const wordsOf = (line: string): string[] => line.split(' ').map((word) => word.replace(/^@/, `${at('')}/`));

/** Everything in the folder, with a digest of what it holds. */
function contents(): Record<string, string> {
  const names = readdirSync(at(''), { recursive: true }) as string[];
  const files = names.filter((name) => statSync(at(name), { throwIfNoEntry: false })?.isFile());
  return Object.fromEntries(files.sort().map((name) => [name, digest(readFileSync(at(name)))]));
}

beforeAll(async () => {
  const { data } = createFrame({ width: 96, height: 80 });
  const picture = await sharp(data, { raw: { width: 96, height: 80, channels: 3 } })
    .png()
    .toBuffer();
  for (const name of ['p', 'q', 'sub']) mkdirSync(at(name));
  for (const name of ['a.png', 'g.png', 'p/f.png', 'q/f.png']) writeFileSync(at(name), picture);
  await sharp(picture).tiff().toFile(at('g.tif'));
  symlinkSync('g.png', at('link.png'));
  symlinkSync(at('p'), at('door'));
  linkSync(at('g.png'), at('hard.png'));
  writeRandomModel(at('m.safetensors'), 1, 4);
  for (const name of ['k.png', 'k.npy', 'k.json', 'run.json']) writeFileSync(at(name), picture);
  symlinkSync('new.png', at('hanging.png'));
});
afterAll(() => folder.remove());

const OVERWRITING = /would overwrite an input/;
const TWICE = /Two (inputs|files) would be written to/;

describe('no input is overwritten, and no output is lost:', () => {
  it.each<[string, RegExp]>([
    ['restore @a.png -o @a.png', OVERWRITING],
    ['restore @a.png -o @./a.png', OVERWRITING],
    ['restore @a.png -o @sub/../a.png', OVERWRITING],
    ['restore @link.png -o @g.png', OVERWRITING],
    ['restore @g.png -o @link.png', OVERWRITING],
    ['restore @g.png -o @hard.png', OVERWRITING],
    ['restore @p/f.png -o @door/f.png', OVERWRITING],
    ['restore @p/f.png -o @p', OVERWRITING],
    ['restore @p/f.png @q/f.png -o @out/', TWICE],
    ['restore @p/f.png @q/f.png -o @q', OVERWRITING],
    ['restore @a.png @a.png', TWICE],
    ['restore @a.png -o @m.safetensors.png --model @m.safetensors --conv-cache @a.png', OVERWRITING],
    ['restore @a.png --model @m.safetensors --conv-cache @m.safetensors', OVERWRITING],
    ['restore @a.png -o @new.png --conv-cache @hanging.png', TWICE],
    ['restore @a.png -o @k.png --fallback @k.png@centroid', OVERWRITING],
    ['restore @a.png - -', /Standard input can be read once/],
    ['deconvolve @a.png --psf @k.png -o @k.png', OVERWRITING],
    ['deconvolve @a.png --psf @k.png@3,3 -o @k.png', OVERWRITING],
    ['deconvolve @p/f.png @q/f.png --psf disk:2 -o @out/', TWICE],
    ['deconvolve @g.png @g.tif --psf disk:2 --format png -o @out/', TWICE],
    ['estimate @g.png -o @g.png', OVERWRITING],
    ['estimate @a.png -o @k.png --reference @k.npy', OVERWRITING],
    ['estimate @a.png -o @k.png --reference @k.json', OVERWRITING],
    ['estimate @g.png @g.tif -o @out/', TWICE],
    ['stars @a.png -o @./a.png', OVERWRITING],
    ['stars @a.png --csv @a.png', OVERWRITING],
    ['stars @a.png --draw @./a.png', OVERWRITING],
    ['stars @p/f.png @q/f.png -o @out/', TWICE],
    ['stars @p/f.png @q/f.png --csv @out/', TWICE],
    ['stars @p/f.png @q/f.png --draw @out/', TWICE],
    ['stars @a.png -o @o.png --draw @o.png', TWICE],
    ['stars @a.png -o @o.png --csv @./o.png', TWICE],
    ['stars @a.png @g.png -o @out --draw @out', TWICE],
    ['stars @a.png -o - --csv -', TWICE],
    ['metrics @a.png --csv @a.png', OVERWRITING],
    ['metrics @a.png --reference @g.png --csv @link.png', OVERWRITING],
    ['metrics - --reference -', /Standard input can be read once/],
    ['report @a.png @g.png -o @hard.png', OVERWRITING],
    ['report @a.png @g.png --run @run.json -o @run.json', OVERWRITING],
    ['report @a.png @g.png --psf @k.npy -o @k.npy', OVERWRITING],
    ['report @a.png @g.png --reference @g.tif -o @g.tif', OVERWRITING],
    ['report - - -o @r.html', /Standard input can be read once/],
    ['psf @k.png -o @k.png', OVERWRITING],
  ])('%s', async (line, message) => {
    const before = contents();
    const error: unknown = await createProgram()
      .parseAsync(wordsOf(line), { from: 'user' })
      .catch((reason: unknown) => reason);
    expect(exitCodeOf(error), String(error)).toBe(WRONG_USAGE);
    expect((error as Error).message).toMatch(message);
    expect(contents()).toEqual(before);
  });
});

describe('outputs go where the rules of all commands say:', () => {
  const given = new Set<string>();
  beforeAll(() => {
    for (const name of Object.keys(contents())) given.add(name);
  });
  afterEach(() => {
    for (const name of Object.keys(contents())) if (!given.has(name)) rmSync(at(name));
  });

  const network = '--model @m.safetensors --threads 1';
  it.each<[string, string[]]>([
    [`restore @a.png ${network}`, ['a.restored.png']],
    [`restore @a.png --format webp ${network}`, ['a.restored.webp']],
    [`restore @a.png -o @sub ${network}`, ['sub/a.png']],
    [
      `restore @a.png @g.tif -o @new/folder ${network} --conv-cache @cache.json`,
      ['new/folder/a.png', 'new/folder/g.tif'],
    ],
    ['deconvolve @a.png @g.png --psf disk:1 --format tiff -o @sub', ['sub/a.tif', 'sub/g.tif']],
    ['deconvolve @a.png --psf disk:1 -o @g.png.tiff', ['g.png.tiff']],
    ['stars @a.png --method none --csv @sub/ --draw @sub', ['sub/a.csv', 'sub/a.png']],
    ['stars @a.png @g.png --method none -o @s --csv @s', ['s/a.csv', 's/a.png', 's/g.csv', 's/g.png']],
    ['metrics @a.png @g.tif --csv @t.csv --metrics edgeSharpness', ['t.csv']],
    ['psf disk:2 -o @d.tif', ['d.tif']],
    ['report @a.png @g.png -o @r.html', ['r.html']],
  ])('%s', async (line, written) => {
    const before = contents();
    const { code, stderr } = await perifocal([...wordsOf(line), '--quiet']);
    expect(stderr.replaceAll(/.* warning: .*\n/g, '')).toBe('');
    expect(code).toBe(0);
    const after = contents();
    const fresh = Object.keys(after).filter((name) => !given.has(name) && name !== 'cache.json');
    expect(fresh).toEqual(written);
    expect(after).toMatchObject(before);
  });

  it('over what is there already', async () => {
    writeFileSync(at('d.png'), 'old');
    expect((await perifocal(['psf', 'disk:2', '-o', at('d.png'), '--quiet'])).code).toBe(0);
    expect(await sharp(at('d.png')).metadata()).toMatchObject({ format: 'png' });
  });
});
