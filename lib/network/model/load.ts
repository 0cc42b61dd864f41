import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { RegularFile } from '../../files/read-file.js';
import { ownBytes } from '../../image/own-bytes.js';
import { ModelError } from '../../runtime/errors.js';
import type { NativeTensor, NetworkShape } from '../../runtime/native/binding.js';
import { checkStructure, checkValues, readNetworkShape } from './check.js';
import { readModelRange } from './range.js';
import type { ModelRange } from './range.js';
import { PREFIX_BYTES, parseSafetensors, parseSafetensorsHeader, readHeaderEnd } from './safetensors.js';

/** Larger than the largest network the format allows in practice; keeps a wrong path from being read into memory. */
const MAX_MODEL_BYTES = 2 ** 30;
/** Bytes hashed between two turns of the event loop: about a millisecond. */
const HASH_CHUNK_BYTES = 2 ** 20;

/** A checked model, ready for the addon. */
export interface Model {
  readonly shape: NetworkShape;
  readonly metadata: Readonly<Record<string, string>>;
  /** What frames it was made for; null where the file does not state it. */
  readonly range: ModelRange | null;
  /** Hex digest of the tensor data, as verified. */
  readonly sha256: string;
  readonly fileBytes: number;
  readonly tensors: Readonly<Record<string, NativeTensor>>;
}

/**
 * Checks a whole model file in a caller's memory, and takes a copy of it. Rejects with ModelError that names what is
 * wrong, or with ArgumentError where the memory is transferred or resized meanwhile.
 */
export async function parseModel(source: Uint8Array): Promise<Model> {
  requireSize(source.length);
  const end = readHeaderEnd(source, source.length);
  checkHeader(source.subarray(PREFIX_BYTES, end), source.length - end);
  return parseOwnModel(await ownBytes(source, 'model'));
}

/** Parses and checks a file that nobody else may change. */
async function parseOwnModel(bytes: Uint8Array): Promise<Model> {
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
    range: readModelRange(file.metadata),
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
    return await parseOwnModel(bytes);
  } catch (error) {
    throw error instanceof ModelError ? naming(path, error) : error;
  }
}

const naming = (path: string, cause: ModelError): ModelError =>
  new ModelError('MODEL_INVALID', `${path}: ${cause.message}`, { cause });

/** Checks all that can be known before the tensors are read: a large file that is no model is not read whole. */
async function checkHeaderOf(file: RegularFile): Promise<void> {
  requireSize(file.sizeBytes);
  const prefix = await file.read(0, Math.min(PREFIX_BYTES, file.sizeBytes));
  const end = readHeaderEnd(prefix, file.sizeBytes);
  checkHeader(await file.read(PREFIX_BYTES, end - PREFIX_BYTES), file.sizeBytes - end);
}

/** Throws ModelError unless the header describes a network that this version runs, and fits its file. */
function checkHeader(header: Uint8Array, payloadBytes: number): void {
  const found = parseSafetensorsHeader(header, payloadBytes);
  checkStructure(found, readNetworkShape(found));
}

function requireSize(bytes: number): void {
  if (bytes > MAX_MODEL_BYTES) throw new ModelError('MODEL_INVALID', `${bytes} bytes exceed ${MAX_MODEL_BYTES}`);
}

async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    await using file = await RegularFile.open(path);
    await checkHeaderOf(file);
    return await file.readAll();
  } catch (error) {
    if (error instanceof ModelError) throw naming(path, error);
    throw new ModelError('MODEL_UNREADABLE', `Cannot read the model ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
