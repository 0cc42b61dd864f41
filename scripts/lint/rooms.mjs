// The rooms of lib and of service/lib stand in an order: a file imports from its own room and from those below, types
// included. So no two rooms import one another.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sourcesLike } from './sources.mjs';

/** Top to bottom. `index` is lib/index.ts. */
const LIBRARY = [
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

/** Top to bottom; those without a folder are files. */
const SERVICE = [
  'cli',
  'index',
  'service',
  'parts',
  'config',
  'http',
  'client',
  'engine',
  'drivers',
  'store',
  'capture',
  'limits',
  'bell',
  'signals',
  'version',
  'clock',
  'chunks',
  'io',
  'errors',
];

/** The folders of rooms, each with the order of its rooms. @type {readonly (readonly [string, readonly string[]])[]} */
const HOUSES = [
  ['lib', LIBRARY],
  ['service/lib', SERVICE],
];

/** @returns {string[]} the imports that climb, and the rooms that have no place */
export function findClimbs() {
  return HOUSES.flatMap(([house, rooms]) => {
    const files = sourcesLike(new RegExp(`^${house}/.*\\.ts$`));
    const roomOf = (/** @type {string} */ file) => findRoom(file, house);
    const unknown = new Set(files.map(roomOf).filter((room) => !rooms.includes(room)));
    const climbs = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => rooms.indexOf(roomOf(target)) < rooms.indexOf(roomOf(file)))
        .map((target) => `${file} imports ${target}`),
    );
    const homeless = [...unknown].map((room) => `${house}/${room} has no place in the order of scripts/lint/rooms.mjs`);
    return [...homeless, ...climbs];
  });
}

/** @param {string} file such as lib/stars/sky/camera.ts @param {string} house such as lib */
function findRoom(file, house) {
  const room = String(file.slice(house.length + 1).split('/')[0]);
  return room.replace(/\.(ts|js)$/, '');
}

/** @param {string} file */
function importsOf(file) {
  const matches = readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']*)'/g);
  return [...new Set([...matches].map((match) => join(dirname(file), String(match[1]))))];
}
