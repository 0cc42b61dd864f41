// Measures what decoders and encoders take, each in a fresh process, and compares it with what is planned.
//   node scripts/measure-codecs.mjs [encode|decode] [--all]
// --all: 8192x6144 as well. Exit status 1 where a plan is exceeded. Linux only: it reads VmHWM.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { encoderBytes } from '../dist/image/codec/encoder-memory.js';
import { encodeFrame, writeFrame } from '../dist/image/encode.js';
import { openImage } from '../dist/image/open-image.js';
import { UNCOLLECTED_BYTES } from '../dist/runtime/garbage.js';

const SIZES = [
  [64, 64],
  [256, 200],
  [1000, 700],
  [2048, 1536],
  [4096, 3072],
  [8192, 128],
  [128, 8192],
];
const LARGE = [8192, 6144];
const { signal } = new AbortController();

/** @param {string} field of /proc/self/status @returns {number} bytes */
const status = (field) =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;

/**
 * A frame of noise, or of waves with a little noise.
 * @param {number} width @param {number} height @param {1 | 2 | 3 | 4} channels @param {8 | 16} depth
 * @param {string} content @returns {any}
 */
function createFrame(width, height, channels, depth, content) {
  const data = new (depth === 8 ? Uint8Array : Uint16Array)(width * height * channels);
  const full = 2 ** depth - 1;
  let state = 12_345;
  for (let index = 0; index < data.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const noise = (state >>> 16) / 65_535;
    const pixel = Math.floor(index / channels);
    const wave = 0.5 + 0.4 * Math.sin((pixel % width) / 37) * Math.cos(Math.floor(pixel / width) / 29);
    data[index] = full * (content === 'noise' ? noise : wave + 0.03 * noise);
  }
  return { width, height, channels, depth, data };
}

/**
 * @param {() => Promise<unknown>} work @returns {Promise<number>} peak of resident memory above that before, in bytes
 */
async function peakOf(work) {
  // VmHWM begins anew.
  writeFileSync('/proc/self/clear_refs', '5');
  const before = status('VmRSS');
  await work();
  return status('VmHWM') - before;
}

/** @param {any} job */
async function measureEncode({ format, width, height, channels, depth, content }) {
  const folder = mkdtempSync(join(tmpdir(), 'perifocal-'));
  // A TIFF is written piece by piece, and never in memory as a whole.
  const encode = (/** @type {any} */ frame) =>
    format === 'tiff' ? writeFrame(join(folder, 'x.tif'), frame, {}) : encodeFrame(frame, format);
  await encode(createFrame(64, 64, channels, depth, content));
  const frame = createFrame(width, height, channels, depth, content);
  const bytes = await peakOf(() => encode(frame));
  rmSync(folder, { recursive: true });
  return { bytes, planned: encoderBytes(frame, format) + (format === 'tiff' ? UNCOLLECTED_BYTES : 0) };
}

/** @param {{ path: string, small: string }} job */
async function measureDecode({ path, small }) {
  const read = async (/** @type {string} */ file) => {
    const source = await openImage(file, { signal });
    const { frame } = await source.read(signal);
    return { planned: source.buffers.reduce((sum, one) => sum + one.bytes, frame.data.byteLength), frame };
  };
  await read(small);
  let planned = 0;
  const bytes = await peakOf(async () => {
    ({ planned } = await read(path));
  });
  return { bytes, planned };
}

/** @param {object} job @returns {{ bytes: number, planned: number }} measured in a process of its own */
function inChild(job) {
  const {
    stdout,
    stderr,
    status: code,
  } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'child', JSON.stringify(job)], { encoding: 'utf8' });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** @param {string} name @param {{ bytes: number, planned: number }} found */
function report(name, { bytes, planned }) {
  const megabytes = (/** @type {number} */ value) => (value / 1e6).toFixed(1).padStart(7);
  const isWithin = bytes <= planned;
  const verdict = isWithin ? '' : '  EXCEEDED';
  console.log(`${name.padEnd(44)} ${megabytes(bytes)} MB of ${megabytes(planned)} MB planned${verdict}`);
  if (!isWithin) process.exitCode = 1;
}

const ENCODINGS = [
  ...[1, 3].map((channels) => ({ format: 'jpeg', channels, depth: 8 })),
  ...[1, 3, 4].flatMap((channels) => [8, 16].map((depth) => ({ format: 'png', channels, depth }))),
  ...[1, 3, 4].flatMap((channels) => [8, 16].map((depth) => ({ format: 'tiff', channels, depth }))),
  ...[3, 4].map((channels) => ({ format: 'webp', channels, depth: 8 })),
];

/** @param {number[][]} sizes */
function compareEncoders(sizes) {
  for (const [width = 0, height = 0] of sizes) {
    for (const encoding of ENCODINGS) {
      for (const content of ['scene', 'noise']) {
        const { format, channels, depth } = encoding;
        const name = `encode ${format} ${width}x${height}x${channels}, ${depth} bit, ${content}`;
        report(name, inChild({ kind: 'encode', ...encoding, width, height, content }));
      }
    }
  }
}

const TILES = { tile: true, tileWidth: 256, tileHeight: 256 };
/**
 * Kinds of files, by name: channels, depth, and how they are written.
 * @type {Record<string, [1 | 2 | 3 | 4, 8 | 16, (image: import('sharp').Sharp) => import('sharp').Sharp]>}
 */
const FILES = {
  'jpeg baseline': [3, 8, (image) => image.jpeg({ quality: 90 })],
  'jpeg grey': [1, 8, (image) => image.jpeg({ quality: 90 })],
  'jpeg progressive': [3, 8, (image) => image.jpeg({ quality: 90, progressive: true })],
  'jpeg progressive 4:4:4': [3, 8, (image) => image.jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
  'jpeg turned': [3, 8, (image) => image.withMetadata({ orientation: 6 }).jpeg()],
  png: [3, 8, (image) => image.png({ compressionLevel: 1 })],
  'png 16 bit': [3, 16, (image) => image.png({ compressionLevel: 1 })],
  'png grey and alpha': [2, 8, (image) => image.png({ compressionLevel: 1 })],
  'png interlaced': [3, 8, (image) => image.png({ compressionLevel: 1, progressive: true })],
  'png turned': [3, 8, (image) => image.withMetadata({ orientation: 8 }).png({ compressionLevel: 1 })],
  'tiff strips': [3, 8, (image) => image.tiff({ compression: 'deflate' })],
  'tiff strips 16 bit': [3, 16, (image) => image.tiff({ compression: 'none' })],
  'tiff one strip': [3, 8, (image) => image.tiff({ compression: 'deflate', tileHeight: 16_384 })],
  'tiff one strip, none': [3, 16, (image) => image.tiff({ compression: 'none', tileHeight: 16_384 })],
  'tiff tiles': [3, 8, (image) => image.tiff({ compression: 'deflate', ...TILES })],
  'tiff tiles 16 bit': [4, 16, (image) => image.tiff({ compression: 'lzw', ...TILES })],
  'tiff tiles jpeg': [3, 8, (image) => image.tiff({ compression: 'jpeg', ...TILES })],
  'webp lossy': [3, 8, (image) => image.webp({ quality: 90, effort: 0 })],
  'webp lossless': [3, 8, (image) => image.webp({ lossless: true, effort: 0 })],
  'webp alpha': [4, 8, (image) => image.webp({ quality: 90, effort: 0 })],
};

/** @param {string} path @param {typeof FILES[string]} kind @param {number} width @param {number} height */
async function writeFile(path, [channels, depth, format], width, height) {
  const frame = createFrame(width, height, channels, depth, 'noise');
  const space = depth === 16 ? (channels < 3 ? 'grey16' : 'rgb16') : channels < 3 ? 'b-w' : 'srgb';
  const raw = { width, height, channels };
  await format(sharp(frame.data, { raw, limitInputPixels: false }).toColourspace(space)).toFile(path);
}

/** @param {number[][]} sizes */
async function compareDecoders(sizes) {
  const folder = mkdtempSync(join(tmpdir(), 'perifocal-'));
  try {
    for (const [name, kind] of Object.entries(FILES)) {
      const extension = name.split(' ')[0];
      const [path, small] = [join(folder, `large.${extension}`), join(folder, `small.${extension}`)];
      await writeFile(small, kind, 64, 64);
      for (const [width = 0, height = 0] of sizes) {
        await writeFile(path, kind, width, height);
        report(`decode ${name} ${width}x${height}`, inChild({ kind: 'decode', path, small }));
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [mode, argument] = process.argv.slice(2);
if (mode === 'child') {
  const job = JSON.parse(String(argument));
  console.log(JSON.stringify(await (job.kind === 'encode' ? measureEncode(job) : measureDecode(job))));
} else {
  const sizes = process.argv.includes('--all') ? [...SIZES, LARGE] : SIZES;
  if (mode !== 'decode') compareEncoders(sizes);
  if (mode !== 'encode') await compareDecoders(sizes);
}
