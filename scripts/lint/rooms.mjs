// The rooms of lib stand in an order: a file imports from its own room and from those below, types included. So no two
// rooms import one another.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sourcesLike } from './sources.mjs';

/** Top to bottom. `index` is lib/index.ts. */
const ROOMS = [
  'cli',
  'index',
  'restore',
  'report',
  'metrics',
  'network',
  'deconvolve',
  'stars',
  'estimate',
  'restoration',
  'operation',
  'fft',
  'psf',
  'image',
  'files',
  'math',
  'system',
  'runtime',
];

/** @returns {string[]} the imports that climb, and the rooms that have no place */
export function findClimbs() {
  const files = sourcesLike(/^lib\/.*\.ts$/);
  const unknown = new Set(files.map(roomOf).filter((room) => !ROOMS.includes(room)));
  const climbs = files.flatMap((file) =>
    importsOf(file)
      .filter((target) => isClimb(file, target))
      .map((target) => `${file} imports ${target}`),
  );
  return [...[...unknown].map((room) => `lib/${room} has no place in the order of scripts/lint/rooms.mjs`), ...climbs];
}

/** @param {string} file such as lib/stars/sky/camera.ts */
function roomOf(file) {
  const room = String(file.split('/')[1]);
  return room.replace(/\.(ts|js)$/, '');
}

/** @param {string} file */
function importsOf(file) {
  const matches = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']*)'/g);
  return [...new Set([...matches].map((match) => join(dirname(file), String(match[1]))))];
}

/** @param {string} file @param {string} target */
const isClimb = (file, target) => ROOMS.indexOf(roomOf(target)) < ROOMS.indexOf(roomOf(file));
