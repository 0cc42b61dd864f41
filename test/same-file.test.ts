import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { identifyFile, sameFile } from '../lib/files/same-file.js';
import { createFolder } from './support/models.js';

const folder = createFolder();
afterAll(() => folder.remove());

describe('two paths', () => {
  writeFileSync(folder.path('a.png'), 'a');
  writeFileSync(folder.path('b.png'), 'a');
  mkdirSync(folder.path('sub'));
  symlinkSync('a.png', folder.path('link.png'));
  symlinkSync('sub', folder.path('way'));
  symlinkSync('sub/new.png', folder.path('dangling.png'));
  symlinkSync('way/../sub/new.png', folder.path('winding.png'));
  symlinkSync('loop.png', folder.path('loop.png'));
  linkSync(folder.path('a.png'), folder.path('hard.png'));
  const plain = folder.path('a.png');

  it.each([
    ['written in another way', plain, `${folder.path('sub')}/.././a.png`],
    ['absolute and relative', plain, relative('.', plain)],
    ['of a link and its target', plain, folder.path('link.png')],
    ['of one inode', plain, folder.path('hard.png')],
    ['of a file to come, by a linked folder', folder.path('sub/new.png'), folder.path('way/new.png')],
    ['of a file to come, and a link to it', folder.path('sub/new.png'), folder.path('dangling.png')],
    ['of a file to come, by two links', folder.path('sub/new.png'), folder.path('winding.png')],
    ['in folders to come', folder.path('x/y/z.png'), `${folder.path('sub')}/../x/./y/q/../z.png`],
  ])('%s mean one file', async (_, a, b) => {
    expect(await sameFile(a, b)).toBe(true);
  });

  it.each([
    ['two files of equal content', plain, folder.path('b.png')],
    ['a file and one to come', plain, folder.path('c.png')],
    ['one name in two folders', folder.path('n.png'), folder.path('sub/n.png')],
    ['a link that leads to itself', plain, folder.path('loop.png')],
  ])('%s are two', async (_, a, b) => {
    expect(await sameFile(a, b)).toBe(false);
  });

  it('can be told apart in a set', async () => {
    const names = ['a.png', 'link.png', 'hard.png', 'b.png', 'x/new.png', 'sub/../x/new.png'];
    const found = await Promise.all(names.map((name) => identifyFile(folder.path(name))));
    expect(new Set(found).size).toBe(3);
  });
});
