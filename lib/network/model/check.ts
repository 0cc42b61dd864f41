import { ModelError } from '../../runtime/errors.js';
import type { NetworkShape } from '../../runtime/native/binding.js';
import type { SafetensorsFile, SafetensorsHeader, Tensor, TensorLayout } from './safetensors.js';
import { expectedTensors, networkLayers } from './structure.js';
import type { Layer } from './structure.js';

const IMAGE_SCALE = Math.fround(1 / 255);
const RESIDUAL_SCALE = Math.fround(1 / 4080);
const IMAGE_ZERO_POINT = -128;
const RELU_ZERO_POINT = -128;

/** What a header says. */
type Described = Pick<SafetensorsHeader, 'metadata'> & {
  readonly tensors: ReadonlyMap<string, Pick<TensorLayout, 'dtype' | 'shape'>>;
};

function invalid(message: string): ModelError {
  return new ModelError('MODEL_INVALID', message);
}

function readMetadata(file: Described, key: string): string {
  const value = file.metadata.get(key);
  if (value === undefined) throw invalid(`__metadata__.${key} is missing`);
  return value;
}

function readCount(file: Described, key: string, min: number, max: number): number {
  const text = readMetadata(file, key);
  const value = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max))
    throw invalid(`__metadata__.${key} is '${text}', not an integer between ${min} and ${max}`);
  return value;
}

/** The network that the metadata declares. Throws ModelError where this version cannot run it. */
export function readNetworkShape(file: Described): NetworkShape {
  const fixed = { format_version: '1', graph: 'mimo-unet', trunk: 'i16' };
  for (const [key, value] of Object.entries(fixed)) {
    const found = readMetadata(file, key);
    if (found !== value) throw invalid(`__metadata__.${key} is '${found}', this version reads '${value}'`);
  }
  const residualBlocks = readCount(file, 'num_res', 1, 64);
  const baseWidth = readCount(file, 'base', 4, 256);
  if (baseWidth % 4 !== 0) throw invalid(`__metadata__.base is '${baseWidth}', not a multiple of 4`);
  return { residualBlocks, baseWidth };
}

/** Exactly the tensors of this network, each with its dtype and shape. Throws ModelError. */
export function checkStructure(file: Described, shape: NetworkShape): void {
  const types = expectedTensors(shape);
  for (const [key, type] of types) {
    const tensor = file.tensors.get(key);
    if (!tensor) throw invalid(`${key} is missing`);
    if (tensor.dtype !== type.dtype) throw invalid(`${key}: dtype is ${tensor.dtype}, expected ${type.dtype}`);
    if (tensor.shape.join() !== type.shape.join()) {
      throw invalid(`${key}: shape is (${tensor.shape.join(', ')}), expected (${type.shape.join(', ')})`);
    }
  }
  for (const key of file.tensors.keys()) {
    if (!types.has(key)) throw invalid(`${key} is not part of this network`);
  }
}

/** Legal codes, scales and zero points everywhere, and scales that agree between producers and consumers. */
export function checkValues(file: SafetensorsFile, shape: NetworkShape): void {
  for (const [key, tensor] of file.tensors) checkTensor(key, tensor);
  const values = new ScalarReader(file);
  for (const layer of networkLayers(shape)) {
    checkSources(values, layer);
    if (layer.relu) values.require(`${layer.key}.output_zero_point`, 0, RELU_ZERO_POINT);
  }
  values.require('feat_extract.5.main.0.output_scale', 0, RESIDUAL_SCALE);
  values.require('feat_extract.5.main.0.output_zero_point', 0, 0);
  values.require('Decoder.0.trunk_scale', 0, values.read('Encoder.2.trunk_scale', 0));
}

function checkTensor(key: string, { dtype, data }: Tensor): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (dtype === 'I8' && data.includes(0x80)) throw invalid(`${key}: a weight is -128, outside [-127, 127]`);
  for (let offset = 0; dtype === 'F32' && offset < data.length; offset += 4) {
    const scale = view.getFloat32(offset, true);
    if (!(scale > 0 && Number.isFinite(scale)))
      throw invalid(`${key}[${offset / 4}]: scale ${scale} is not finite and positive`);
  }
  for (let offset = 0; key.endsWith('_zero_point') && offset < data.length; offset += 4) {
    const zeroPoint = view.getInt32(offset, true);
    if (zeroPoint < -128 || zeroPoint > 127)
      throw invalid(`${key}[${offset / 4}]: zero point ${zeroPoint} is outside [-128, 127]`);
  }
}

/** Reads elements of F32 and I32 tensors that are known to exist. */
class ScalarReader {
  readonly #file: SafetensorsFile;

  constructor(file: SafetensorsFile) {
    this.#file = file;
  }

  read(key: string, index: number): number {
    const { dtype, data } = this.#file.tensors.get(key)!;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return dtype === 'F32' ? view.getFloat32(4 * index, true) : view.getInt32(4 * index, true);
  }

  require(key: string, index: number, expected: number): void {
    const value = this.read(key, index);
    if (value !== expected) throw invalid(`${key}[${index}] is ${value}, expected ${expected}`);
  }
}

function checkSources(values: ScalarReader, { key, sources }: Layer): void {
  sources.forEach((source, index) => {
    if (source === 'product') return;
    const image = source === 'image';
    values.require(`${key}.input_scale`, index, image ? IMAGE_SCALE : values.read(`${source.layer}.output_scale`, 0));
    values.require(
      `${key}.input_zero_point`,
      index,
      image ? IMAGE_ZERO_POINT : values.read(`${source.layer}.output_zero_point`, 0),
    );
  });
}
