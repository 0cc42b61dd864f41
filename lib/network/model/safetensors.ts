import { ModelError } from '../../runtime/errors.js';

/** docs/model-format.md; also what the reference implementation of safetensors allows, within an order of magnitude. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const DATA_ALIGNMENT = 64;
const MAX_DIMENSIONS = 4;

const ITEM_BYTES = { I8: 1, I32: 4, F32: 4 } as const;
export type Dtype = keyof typeof ITEM_BYTES;

/** One tensor; `data` is a view of its raw little-endian bytes in the file. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A parsed file. `payload` is everything after the header: what the digest is taken of. */
export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly payload: Uint8Array;
}

function invalid(message: string, options?: ErrorOptions): ModelError {
  return new ModelError('MODEL_INVALID', message, options);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a file that may be hostile. Throws ModelError; never reads outside `bytes`. */
export function parseSafetensors(bytes: Uint8Array): SafetensorsFile {
  const headerEnd = readHeaderEnd(bytes);
  const header = parseHeader(bytes.subarray(8, headerEnd));
  const payload = bytes.subarray(headerEnd);
  const tensors = new Map<string, Tensor>();
  const spans: { key: string; begin: number; end: number }[] = [];
  for (const [key, entry] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const { dtype, shape, begin, end } = parseEntry(key, entry);
    spans.push({ key, begin, end });
    tensors.set(key, { dtype, shape, data: payload.subarray(begin, end) });
  }
  requireContiguous(spans, payload.length);
  return { metadata: parseMetadata(header.__metadata__), tensors, payload };
}

function readHeaderEnd(bytes: Uint8Array): number {
  if (bytes.length < 8) throw invalid(`not a model file: ${bytes.length} bytes are too few`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw invalid(`not a model file: header of ${length} bytes exceeds ${MAX_HEADER_BYTES}`);
  const end = 8 + Number(length);
  if (end > bytes.length) throw invalid(`truncated model file: header ends at byte ${end} of ${bytes.length}`);
  if (end % DATA_ALIGNMENT !== 0)
    throw invalid(`tensor data starts at byte ${end}, not a multiple of ${DATA_ALIGNMENT}`);
  return end;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid('the header of the model file is not JSON', { cause });
  }
  if (!isRecord(header)) throw invalid('the header of the model file is not a JSON object');
  return header;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function parseEntry(key: string, entry: unknown): { dtype: Dtype; shape: number[]; begin: number; end: number } {
  if (!isRecord(entry)) throw invalid(`${key}: the header entry is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_BYTES, dtype))
    throw invalid(`${key}: dtype is none of I8, I32, F32`);
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > MAX_DIMENSIONS || !shape.every(isSize)) {
    throw invalid(`${key}: shape is not a list of 1 to ${MAX_DIMENSIONS} sizes`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw invalid(`${key}: data_offsets is not a pair of sizes`);
  }
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product: number, side: number) => product * side, ITEM_BYTES[dtype as Dtype]);
  if (end - begin !== size) throw invalid(`${key}: ${end - begin} bytes of data where its shape needs ${size}`);
  return { dtype: dtype as Dtype, shape: shape as number[], begin, end };
}

/**
 * Tensors must follow each other without gap or overlap and fill the file: a truncation or a smuggled byte fails here.
 */
function requireContiguous(spans: { key: string; begin: number; end: number }[], payloadBytes: number): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { key, begin, end } of spans) {
    if (begin !== position)
      throw invalid(`${key}: data starts at ${begin} where ${position} was expected (gap or overlap)`);
    position = end;
  }
  if (position !== payloadBytes) {
    throw invalid(
      `${position > payloadBytes ? 'truncated model file' : 'trailing bytes'}: tensors need ${position} bytes, ` +
        `the file has ${payloadBytes}`,
    );
  }
}

function parseMetadata(value: unknown): Map<string, string> {
  if (!isRecord(value)) throw invalid('__metadata__ is missing');
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw invalid(`__metadata__.${key} is not a string`);
    metadata.set(key, text);
  }
  return metadata;
}

/** Writes tensors in the order given, with the header padded so that data starts on a 64-byte boundary. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: Object.fromEntries(metadata) };
  let offset = 0;
  for (const [key, { dtype, shape, data }] of tensors) {
    header[key] = { dtype, shape, data_offsets: [offset, offset + data.length] };
    offset += data.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const dataStart = Math.ceil((8 + json.length) / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const file = new Uint8Array(dataStart + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  file.fill(0x20, 8, dataStart);
  file.set(json, 8);
  let position = dataStart;
  for (const { data } of tensors.values()) {
    file.set(data, position);
    position += data.length;
  }
  return file;
}
