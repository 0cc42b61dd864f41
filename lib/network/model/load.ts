import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { RegularFile } from '../../files/read-file.js';
import { ModelError } from '../../runtime/errors.js';
import type { NativeTensor, NetworkShape } from '../../runtime/native/binding.js';
import { checkStructure, checkValues, readNetworkShape } from './check.js';
import { parseSafetensors } from './safetensors.js';

/** Larger than the largest network the format allows in practice; keeps a wrong path from being read into memory. */
const MAX_MODEL_BYTES = 2 ** 30;
/** Bytes hashed between two turns of the event loop: about a millisecond. */
const HASH_CHUNK_BYTES = 2 ** 20;

/** A checked model, ready for the addon. */
export interface Model {
  readonly shape: NetworkShape;
  readonly metadata: Readonly<Record<string, string>>;
  /** Hex digest of the tensor data, as verified. */
  readonly sha256: string;
  readonly fileBytes: number;
  readonly tensors: Readonly<Record<string, NativeTensor>>;
}

/** Parses and checks a whole model file in memory. Throws ModelError that names what is wrong. */
export async function parseModel(bytes: Uint8Array): Promise<Model> {
  const file = parseSafetensors(bytes);
  const shape = readNetworkShape(file);
  checkStructure(file, shape);
  const sha256 = await hash(file.payload);
  const declared = file.metadata.get('sha256');
  if (declared !== sha256) {
    throw new ModelError(
      'MODEL_INVALID',
      `sha256 of the tensor data is ${sha256}, the file declares ${declared ?? 'none'}`,
    );
  }
  checkValues(file, shape);
  return {
    shape,
    metadata: Object.fromEntries(file.metadata),
    sha256,
    fileBytes: bytes.length,
    tensors: Object.fromEntries(file.tensors),
  };
}

async function hash(bytes: Uint8Array): Promise<string> {
  const digest = createHash('sha256');
  for (let offset = 0; offset < bytes.length; offset += HASH_CHUNK_BYTES) {
    digest.update(bytes.subarray(offset, offset + HASH_CHUNK_BYTES));
    await setImmediate();
  }
  return digest.digest('hex');
}

/** Reads and checks a model file. Throws ModelError. */
export async function loadModelFile(path: string): Promise<Model> {
  const bytes = await readModelFile(path);
  try {
    return await parseModel(bytes);
  } catch (error) {
    if (error instanceof ModelError)
      throw new ModelError('MODEL_INVALID', `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    await using file = await RegularFile.open(path);
    if (file.sizeBytes > MAX_MODEL_BYTES)
      throw new ModelError('MODEL_INVALID', `${path}: ${file.sizeBytes} bytes exceed ${MAX_MODEL_BYTES}`);
    return await file.readAll();
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError('MODEL_UNREADABLE', `Cannot read the model ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
