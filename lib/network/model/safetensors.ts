import { ModelError } from '../../runtime/errors.js';

/** docs/model-format.md; also what the reference implementation of safetensors allows, within an order of magnitude. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;
const DATA_ALIGNMENT = 64;
const MAX_DIMENSIONS = 4;

const ITEM_BYTES = { I8: 1, I32: 4, F32: 4 } as const;
export type Dtype = keyof typeof ITEM_BYTES;

/** What a header says of one tensor. */
export interface TensorLayout {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Where its bytes are in the payload. */
  readonly begin: number;
  readonly end: number;
}

/** One tensor; `data` is a view of its raw little-endian bytes in the file. */
export interface Tensor extends Pick<TensorLayout, 'dtype' | 'shape'> {
  readonly data: Uint8Array;
}

/** A header that fits its file. */
export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, TensorLayout>;
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

/** Bytes at the beginning of a file that say how long its header is. */
export const PREFIX_BYTES = 8;

/** Parses a file that may be hostile. Throws ModelError; never reads outside `bytes`. */
export function parseSafetensors(bytes: Uint8Array): SafetensorsFile {
  const headerEnd = readHeaderEnd(bytes, bytes.length);
  const payload = bytes.subarray(headerEnd);
  const { metadata, tensors } = parseSafetensorsHeader(bytes.subarray(PREFIX_BYTES, headerEnd), payload.length);
  const withData = [...tensors].map(
    ([key, { dtype, shape, begin, end }]) => [key, { dtype, shape, data: payload.subarray(begin, end) }] as const,
  );
  return { metadata, tensors: new Map(withData), payload };
}

/** Parses a header that may be hostile. @param payloadBytes that follow it. Throws ModelError */
export function parseSafetensorsHeader(bytes: Uint8Array, payloadBytes: number): SafetensorsHeader {
  const { __metadata__: metadata, ...entries } = parseHeader(bytes);
  const tensors = new Map(Object.entries(entries).map(([key, entry]) => [key, parseEntry(key, entry)]));
  const spans = [...tensors].map(([key, { begin, end }]) => ({ key, begin, end }));
  requireContiguous(spans, payloadBytes);
  return { metadata: parseMetadata(metadata), tensors };
}

/** Where the header ends. @param bytes the first of the file, {@link PREFIX_BYTES} at least. Throws ModelError */
export function readHeaderEnd(bytes: Uint8Array, fileBytes: number): number {
  if (bytes.length < PREFIX_BYTES) throw invalid(`not a model file: ${bytes.length} bytes are too few`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw invalid(`not a model file: header of ${length} bytes exceeds ${MAX_HEADER_BYTES}`);
  const end = PREFIX_BYTES + Number(length);
  if (end > fileBytes) throw invalid(`truncated model file: header ends at byte ${end} of ${fileBytes}`);
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

function parseEntry(key: string, entry: unknown): TensorLayout {
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
