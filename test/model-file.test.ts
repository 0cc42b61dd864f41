import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ArgumentError, ModelError, Restorer } from '../lib/index.js';
import { parseModel } from '../lib/network/model/load.js';
import { parseSafetensors, writeSafetensors } from '../lib/network/model/safetensors.js';
import type { Tensor } from '../lib/network/model/safetensors.js';
import { networkLayers } from '../lib/network/model/structure.js';
import { createRandom } from '../lib/math/random.js';
import { readPeakRss } from '../lib/runtime/garbage.js';
import { createFolder, randomModel } from './support/models.js';

const valid = randomModel(1, 4);

/** A file with one thing changed and the digest made right again. */
function withChange(change: (tensors: Map<string, Tensor>, metadata: Map<string, string>) => void): Uint8Array {
  const file = parseSafetensors(valid.slice());
  const tensors = new Map(file.tensors);
  const metadata = new Map(file.metadata);
  change(tensors, metadata);
  const digest = createHash('sha256');
  for (const { data } of tensors.values()) digest.update(data);
  if (metadata.get('sha256') === file.metadata.get('sha256')) metadata.set('sha256', digest.digest('hex'));
  return writeSafetensors(tensors, metadata);
}

/** A file that states what frames it is for. */
function withRange(family: string, range: string): Uint8Array {
  return withChange((_, metadata) => metadata.set('family', family).set('range', range));
}

const rangeOf = (radiusPx: readonly number[], mostNoise: number | null): string =>
  JSON.stringify({ radiusPx, sigmaPx: [0, 0.7], mostNoise });

function withNumber(key: string, value: number): Uint8Array {
  return withChange((tensors) => {
    const { dtype, data } = tensors.get(key)!;
    const view = new DataView(data.buffer, data.byteOffset);
    if (dtype === 'F32') view.setFloat32(0, value, true);
    else if (dtype === 'I32') view.setInt32(0, value, true);
    else view.setInt8(0, value);
  });
}

function withHeader(json: string, payload = new Uint8Array(0)): Uint8Array {
  const length = Math.ceil((8 + json.length) / 64) * 64;
  const file = new Uint8Array(length + payload.length).fill(0x20);
  new DataView(file.buffer).setBigUint64(0, BigInt(length - 8), true);
  file.set(new TextEncoder().encode(json), 8);
  file.set(payload, length);
  return file;
}

describe('the network structure', () => {
  it.each([
    [8, 120],
    [20, 264],
  ])('has the inference convolutions of n = %i', (residualBlocks, count) => {
    expect(networkLayers({ residualBlocks, baseWidth: 32 })).toHaveLength(count);
  });

  it('has the parameters of MIMO-UNet and MIMO-UNet+, less the two training heads (mimo-unet.md section 4)', () => {
    const parameters = (residualBlocks: number): number =>
      networkLayers({ residualBlocks, baseWidth: 32 }).reduce(
        (sum, { weightShape, outChannels }) => sum + weightShape.reduce((a, b) => a * b) + outChannels,
        0,
      );
    expect(parameters(8)).toBe(6_807_171 - 5190);
    expect(parameters(20)).toBe(16_107_651 - 5190);
  });
});

describe('a model file', () => {
  it('is accepted when valid', async () => {
    const model = await parseModel(valid);
    expect(model.shape).toEqual({ residualBlocks: 1, baseWidth: 4 });
    expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(model.range).toBeNull();
    const stated = await parseModel(withRange('defocus', rangeOf([2, 6], 0.01)));
    expect(stated.range).toEqual({ family: 'defocus', radiusPx: [2, 6], sigmaPx: [0, 0.7], mostNoise: 0.01 });
  });

  const rejects: [string, () => Uint8Array, RegExp][] = [
    ['an empty file', () => new Uint8Array(0), /0 bytes are too few/],
    ['a header length beyond 16 MiB', () => new Uint8Array(64).fill(0xff), /exceeds 16777216/],
    ['a header beyond the file', () => valid.slice(0, 100), /truncated/],
    ['truncated data', () => valid.slice(0, -1), /truncated/],
    ['trailing bytes', () => Uint8Array.from([...valid, 0]), /trailing/],
    ['a header that is not JSON', () => withHeader('{"a":'), /not JSON/],
    ['a header that is not an object', () => withHeader('[1]'), /not a JSON object/],
    ['missing metadata', () => withHeader('{}'), /__metadata__ is missing/],
    ['metadata that is not text', () => withHeader('{"__metadata__":{"a":1}}'), /not a string/],
    [
      'an unknown dtype',
      () => withHeader('{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"__metadata__":{}}'),
      /x: dtype/,
    ],
    [
      'a dtype off the prototype',
      () => withHeader('{"x":{"dtype":"toString","shape":[1],"data_offsets":[0,8]},"__metadata__":{}}'),
      /x: dtype/,
    ],
    [
      'a negative size',
      () => withHeader('{"x":{"dtype":"I8","shape":[-1],"data_offsets":[0,1]},"__metadata__":{}}'),
      /x: shape/,
    ],
    [
      'a huge shape',
      () => withHeader('{"x":{"dtype":"I8","shape":[4294967296,4294967296],"data_offsets":[0,1]},"__metadata__":{}}'),
      /x: 1 bytes/,
    ],
    [
      'reversed offsets',
      () => withHeader('{"x":{"dtype":"I8","shape":[1],"data_offsets":[1,0]},"__metadata__":{}}'),
      /x: -1 bytes/,
    ],
    [
      'overlapping tensors',
      () =>
        withHeader(
          JSON.stringify({
            x: { dtype: 'I8', shape: [2], data_offsets: [0, 2] },
            y: { dtype: 'I8', shape: [2], data_offsets: [1, 3] },
            __metadata__: {},
          }),
          new Uint8Array(3),
        ),
      /y: data starts at 1 where 2/,
    ],
    [
      'another format version',
      () => withChange((_, metadata) => metadata.set('format_version', '2')),
      /format_version is '2'/,
    ],
    ['another graph', () => withChange((_, metadata) => metadata.set('graph', 'unet')), /graph is 'unet'/],
    ['no block count', () => withChange((_, metadata) => metadata.delete('num_res')), /num_res is missing/],
    ['zero blocks', () => withChange((_, metadata) => metadata.set('num_res', '0')), /num_res is '0'/],
    ['65 blocks', () => withChange((_, metadata) => metadata.set('num_res', '65')), /num_res is '65'/],
    ['a base width of 6', () => withChange((_, metadata) => metadata.set('base', '6')), /multiple of 4/],
    ['a base width that is no number', () => withChange((_, metadata) => metadata.set('base', '1e1')), /base is '1e1'/],
    [
      'another shape than it declares',
      () => withChange((_, metadata) => metadata.set('base', '8')),
      /shape is \(1, 3, 3, 3\)|shape is/,
    ],
    ['a family that there is not', () => withRange('rain', '{}'), /family is 'rain', expected one of defocus/],
    ['a range that is no JSON', () => withRange('defocus', '{'), /range is '\{', expected radiusPx/],
    ['a range that ends before it begins', () => withRange('defocus', rangeOf([6, 2], 0.01)), /expected radiusPx/],
    ['a range without its noise', () => withRange('defocus', rangeOf([2, 6], null)), /expected radiusPx/],
    ['a wrong digest', () => withChange((_, metadata) => metadata.set('sha256', '0'.repeat(64))), /sha256/],
    ['no digest', () => withChange((_, metadata) => metadata.delete('sha256')), /declares none/],
    [
      'a missing tensor',
      () => withChange((tensors) => tensors.delete('Convs.1.main.0.bias')),
      /Convs\.1\.main\.0\.bias is missing/,
    ],
    [
      'an unknown tensor',
      () => withChange((tensors) => tensors.set('extra', { dtype: 'I8', shape: [1], data: new Uint8Array(1) })),
      /extra is not part/,
    ],
    ['a weight of -128', () => withNumber('feat_extract.5.main.0.weight', -128), /-128/],
    ['a zero scale', () => withNumber('SCM1.conv.main.0.weight_scale', 0), /not finite and positive/],
    ['a negative scale', () => withNumber('Encoder.1.trunk_scale', -1), /not finite and positive/],
    ['an infinite scale', () => withNumber('Encoder.0.trunk_scale', Infinity), /not finite and positive/],
    [
      'a scale that is not a number',
      () => withNumber('FAM1.merge.main.0.output_scale', NaN),
      /not finite and positive/,
    ],
    ['a zero point beyond the codes', () => withNumber('FAM1.merge.main.0.output_zero_point', 128), /zero point 128/],
    [
      'an image scale of its own',
      () => withNumber('feat_extract.0.main.0.input_scale', 0.5),
      /feat_extract\.0.*expected/,
    ],
    [
      'scales that disagree between layers',
      () => withNumber('feat_extract.3.main.0.input_scale', 0.5),
      /feat_extract\.3.*expected/,
    ],
    [
      'a residual scale of its own',
      () => withNumber('feat_extract.5.main.0.output_scale', 0.5),
      /feat_extract\.5.*expected/,
    ],
    [
      'two scales for the quarter-scale trunk',
      () => withNumber('Decoder.0.trunk_scale', 0.5),
      /Decoder\.0\.trunk_scale/,
    ],
    [
      'a ReLU with another zero point',
      () => withNumber('AFFs.0.conv.0.main.0.output_zero_point', 0),
      /zero_point.* expected -128|expected 0/,
    ],
  ];

  it.each(rejects)('with %s is rejected, saying so', async (_, create, message) => {
    const error = await parseModel(create()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toMatch(message);
  });

  it('never crashes the parser: random bit flips and truncations give a ModelError', async () => {
    const random = createRandom(11);
    const dataStart = 8 + Number(new DataView(valid.buffer, valid.byteOffset).getBigUint64(0, true));
    for (let round = 0; round < 600; round += 1) {
      const file = valid.slice(0, round % 4 === 0 ? Math.floor(random() * valid.length) : valid.length);
      // Half of the flips fall into the header, which is the smaller part.
      const span = round % 2 === 0 ? dataStart : file.length;
      for (let flip = 0; flip <= round % 3; flip += 1) {
        const position = Math.floor(random() * Math.min(span, file.length));
        if (file.length > 0) file[position] = file[position]! ^ (1 << Math.floor(random() * 8));
      }
      // A flip in the padding or in a free text is harmless; everything else must be a ModelError.
      const error = await parseModel(file).then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error !== null) expect(error).toBeInstanceOf(ModelError);
    }
  }, 60_000);
});

describe('a model', () => {
  const folder = createFolder();
  afterAll(() => folder.remove());

  it.runIf(process.platform === 'linux')(
    'file is looked at before it is read: a sparse one of 1 GB takes no memory',
    async () => {
      const path = folder.path('sparse.safetensors');
      writeFileSync(path, withHeader('{"__metadata__": {}}'));
      truncateSync(path, 2 ** 30);
      const before = readPeakRss();
      await expect(Restorer.open({ model: path })).rejects.toThrow(/sparse\.safetensors: trailing bytes/);
      writeFileSync(path, 'x'.repeat(4096));
      truncateSync(path, 2 ** 30);
      await expect(Restorer.open({ model: path })).rejects.toThrow(/not a model file: header of \d+ bytes exceeds/);
      expect(readPeakRss() - before).toBeLessThan(60e6);
    },
  );

  it('whose bytes change or go while they are opened is the one that was given, or refused', async () => {
    const bytes = new Uint8Array(valid);
    const opening = Restorer.open({ model: bytes });
    await Promise.resolve();
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const error = await opening.then(
      (restorer) => restorer.dispose(),
      (reason: unknown) => reason,
    );
    if (error !== undefined) expect(error).toBeInstanceOf(ArgumentError);
    const changing = new Uint8Array(valid);
    const parsing = parseModel(changing);
    changing.fill(0);
    expect((await parsing).sha256).toBe((await parseModel(valid)).sha256);
  });
});
