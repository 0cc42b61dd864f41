import { crc16 } from './crc16.js';

/** What one housekeeping record says. All numbers saturate at the range of their field. */
export interface Housekeeping {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly uptimeSeconds: number;
  /** How many records were made before this one since the start. */
  readonly count: number;
  /** The last event. */
  readonly lastSeq: number;
  readonly flags: Readonly<Record<Flag, boolean>>;
  /** Captures that wait or are worked on. */
  readonly requested: number;
  readonly acquiring: number;
  readonly acquired: number;
  readonly restoring: number;
  /** Captures that ended so since the start. */
  readonly stored: number;
  readonly rejected: number;
  readonly failed: number;
  readonly expired: number;
  readonly cancelled: number;
  /** Products since the start by level, best first. */
  readonly network: number;
  readonly networkSmall: number;
  readonly deconvolved: number;
  readonly passedThrough: number;
  /** Products since the start that were later than their deadline. */
  readonly late: number;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly freeBytes: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly throttledSeconds: number | null;
  readonly temperatureCelsius: number | null;
  readonly memoryCorrected: number | null;
  readonly memoryUncorrected: number | null;
  readonly integrityFound: number;
  readonly integrityHealed: number;
  readonly integrityLost: number;
  readonly restarts: number;
  /** 99th percentile of the last minute. */
  readonly loopLagSeconds: number;
}

/** Bits of the flags, from the lowest. */
export const FLAGS = ['live', 'ready', 'degraded', 'writable', 'hot', 'critical'] as const;
export type Flag = (typeof FLAGS)[number];

export const RECORD_BYTES = 128;
const MAGIC = 0x50464b48; // "PFKH"
const VERSION = 1;

type Kind = 'u8' | 'u16' | 'u32' | 'u64' | 'i16';

/** A field of the record. The value is a whole number in `unit`; `null` becomes the greatest number of its kind. */
export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly meaning: string;
  readonly value: (record: Housekeeping) => number | null;
}

const field = (
  name: string,
  kind: Kind,
  unit: string,
  meaning: string,
  value: (record: Housekeeping) => number | null,
): Field => ({ name, kind, unit, meaning, value });

const MEBIBYTE = 1 << 20;
const mebibytes = (bytes: number): number => bytes / MEBIBYTE;
const scaled = (value: number | null, factor: number): number | null => (value === null ? null : value * factor);

/** The record in its order; what is left up to the checksum is zero. */
export const FIELDS: readonly Field[] = [
  field('magic', 'u32', '', 'always 0x50464b48', () => MAGIC),
  field('version', 'u8', '', 'of this layout', () => VERSION),
  field('flags', 'u8', 'bits', `from the lowest: ${FLAGS.join(', ')}`, ({ flags }) => bitsOf(flags)),
  field('length', 'u16', 'bytes', 'of the whole record', () => RECORD_BYTES),
  field('time', 'u64', 'ms', 'since 1970-01-01 UTC', ({ time }) => time),
  field('uptime', 'u32', 's', 'since the service started', ({ uptimeSeconds }) => uptimeSeconds),
  field('count', 'u32', '', 'records made before this one', ({ count }) => count),
  field('last_seq', 'u64', '', 'number of the last event', ({ lastSeq }) => lastSeq),
  field('requested', 'u16', '', 'captures that wait for the camera', ({ requested }) => requested),
  field('acquiring', 'u16', '', 'captures at the camera', ({ acquiring }) => acquiring),
  field('acquired', 'u16', '', 'frames that wait for restoration', ({ acquired }) => acquired),
  field('restoring', 'u16', '', 'frames in restoration', ({ restoring }) => restoring),
  field('stored', 'u32', '', 'products since the start', ({ stored }) => stored),
  field('rejected', 'u16', '', 'captures rejected since the start', ({ rejected }) => rejected),
  field('failed', 'u16', '', 'captures failed since the start', ({ failed }) => failed),
  field('expired', 'u16', '', 'captures expired since the start', ({ expired }) => expired),
  field('cancelled', 'u16', '', 'captures cancelled since the start', ({ cancelled }) => cancelled),
  field('network', 'u32', '', 'products by the network', ({ network }) => network),
  field('network_small', 'u32', '', 'products by the small network', ({ networkSmall }) => networkSmall),
  field('deconvolved', 'u32', '', 'products by deconvolution', ({ deconvolved }) => deconvolved),
  field('passed_through', 'u32', '', 'products passed through', ({ passedThrough }) => passedThrough),
  field('late', 'u32', '', 'products after their deadline', ({ late }) => late),
  field('used', 'u32', 'MiB', 'bytes of the store', ({ usedBytes }) => mebibytes(usedBytes)),
  field('quota', 'u32', 'MiB', 'bytes that the store may take', ({ quotaBytes }) => mebibytes(quotaBytes)),
  field('free', 'u32', 'MiB', 'free bytes of the file system', ({ freeBytes }) => mebibytes(freeBytes)),
  field('resident', 'u16', 'MiB', 'memory of the process', ({ residentBytes }) => mebibytes(residentBytes)),
  field('temperature', 'i16', '0.1 C', 'of the hottest zone', (record) => scaled(record.temperatureCelsius, 10)),
  field('cpu', 'u32', 's', 'CPU time of the process', ({ cpuSeconds }) => cpuSeconds),
  field('throttled', 'u32', 's', 'time kept from computing', ({ throttledSeconds }) => throttledSeconds),
  field('ecc_corrected', 'u16', '', 'memory errors corrected', ({ memoryCorrected }) => memoryCorrected),
  field('ecc_uncorrected', 'u16', '', 'memory errors not corrected', ({ memoryUncorrected }) => memoryUncorrected),
  field('faults_found', 'u16', '', 'checks of integrity that failed', ({ integrityFound }) => integrityFound),
  field('faults_healed', 'u16', '', 'faults that were mended', ({ integrityHealed }) => integrityHealed),
  field('faults_lost', 'u16', '', 'faults that were not', ({ integrityLost }) => integrityLost),
  field('restarts', 'u16', '', 'of drivers and the worker', ({ restarts }) => restarts),
  field('loop_lag', 'u16', 'ms', 'of the event loop, 99 %', (record) => scaled(record.loopLagSeconds, 1000)),
];

/** Where the checksum of all bytes before it stands. */
export const CHECKSUM_OFFSET = RECORD_BYTES - 2;

/** The record of 128 bytes, big-endian, with its checksum. */
export function encodeHousekeeping(record: Housekeeping): Buffer {
  const bytes = Buffer.alloc(RECORD_BYTES);
  let offset = 0;
  for (const { kind, value } of FIELDS) {
    write(bytes, offset, kind, value(record));
    offset += SIZES[kind];
  }
  bytes.writeUInt16BE(crc16(bytes.subarray(0, CHECKSUM_OFFSET)), CHECKSUM_OFFSET);
  return bytes;
}

/** Bytes of a field. */
export const SIZES: Readonly<Record<Kind, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, i16: 2 };

const MAXIMA: Readonly<Record<Kind, number>> = {
  u8: 0xff,
  u16: 0xffff,
  u32: 0xffff_ffff,
  u64: Number.MAX_SAFE_INTEGER,
  i16: 0x7fff,
};

function write(bytes: Buffer, offset: number, kind: Kind, value: number | null): void {
  const maximum = MAXIMA[kind];
  const minimum = kind === 'i16' ? -0x8000 : 0;
  const isKnown = value !== null && !Number.isNaN(value);
  const whole = isKnown ? Math.min(Math.max(Math.round(value), minimum), maximum) : maximum;
  if (kind === 'u8') bytes.writeUInt8(whole, offset);
  else if (kind === 'u16') bytes.writeUInt16BE(whole, offset);
  else if (kind === 'u32') bytes.writeUInt32BE(whole, offset);
  else if (kind === 'i16') bytes.writeInt16BE(whole, offset);
  else bytes.writeBigUInt64BE(BigInt(whole), offset);
}

function bitsOf(flags: Readonly<Record<Flag, boolean>>): number {
  return FLAGS.reduce((bits, flag, index) => bits | (flags[flag] ? 1 << index : 0), 0);
}
