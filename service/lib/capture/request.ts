import { createHash } from 'node:crypto';
import { ServiceError } from '../errors.js';
import { canonicalJson } from './canonical.js';
import { FORMATS, LEVELS } from './capture.js';
import type { CaptureRequest, Level, OutputFormat, OutputRequest } from './capture.js';

/** What a request says where its app says nothing. */
export interface RequestDefaults {
  readonly priority: number;
  readonly levels: readonly Level[];
  readonly output: OutputRequest;
  readonly holdForSeconds: number;
}

/** Priority 4, any level, PNG, held for a day. */
export const REQUEST_DEFAULTS: RequestDefaults = {
  priority: 4,
  levels: LEVELS,
  output: { format: 'png' },
  holdForSeconds: 86_400,
};

/** A request that may be taken, and the digest by which it is known again. */
export interface CheckedRequest {
  readonly request: CaptureRequest;
  /** Of the body as it was sent, in canonical form: a deadline in it counts from when it was first taken. */
  readonly sha256: string;
}

const MOST_PARAMS_BYTES = 16 * 1024;
/** Longest deadline and hold: a year, in seconds. */
export const YEAR_SECONDS = 366 * 86_400;
/** The last moment that a Date can have. */
const LATEST = 8.64e15;
/** Names of cameras and apps. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
/** Ids of captures, as they are kept: in lower case. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FIELDS = ['camera', 'priority', 'expiresAt', 'deadlineMs', 'levels', 'output', 'holdFor', 'params'];

/** An id in lower case. Throws ServiceError `INVALID` where it is no UUID. */
export function checkId(value: unknown): string {
  const id = typeof value === 'string' ? value.toLowerCase() : '';
  if (!UUID.test(id)) throw invalid('id', value, 'a UUID, such as 6f1c0ae2-8f6c-4d59-9a35-0b6f0a3f6f11');
  return id;
}

/** Whether text may be the name of a camera or an app: 1 to 64 of a-z, 0-9, dot, underscore and hyphen. */
export const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);

/**
 * Checks the body of a request, JSON from a stranger: fields `camera`, `priority` (0..9), `expiresAt` (milliseconds
 * since the epoch), `deadlineMs` (from now), `levels`, `output` (`format`, `quality` 1..100), `holdFor` (seconds) and
 * `params` (an object, for the driver). Only `camera` is needed. Throws ServiceError `INVALID`.
 * @param now the time of the service, in milliseconds
 * @param ahead what the wall clock is ahead of it
 */
export function checkRequest(body: unknown, now: number, ahead = 0): CheckedRequest {
  const fields = object('the request', body, FIELDS);
  const { camera, expiresAt = null, deadlineMs = null, holdFor = REQUEST_DEFAULTS.holdForSeconds } = fields;
  if (!isName(camera)) throw invalid('camera', camera, 'the name of a camera: GET /v1/cameras lists them');
  const deadline = deadlineMs === null ? null : now + integer('deadlineMs', deadlineMs, 1, YEAR_SECONDS * 1000);
  const request: CaptureRequest = {
    camera,
    priority: integer('priority', fields.priority ?? REQUEST_DEFAULTS.priority, 0, 9),
    expiresAt: expiresAt === null ? null : integer('expiresAt', expiresAt, 0, LATEST) - ahead,
    deadline,
    levels: checkLevels(fields.levels ?? REQUEST_DEFAULTS.levels),
    output: checkOutput(fields.output ?? REQUEST_DEFAULTS.output),
    holdForSeconds: integer('holdFor', holdFor, 0, YEAR_SECONDS),
    params: checkParams(fields.params ?? {}),
  };
  // Without defaults, which may be others in another version.
  const levels = fields.levels === undefined ? {} : { levels: request.levels };
  return { request, sha256: digest({ ...fields, ...levels }) };
}

const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');

function checkLevels(value: unknown): readonly Level[] {
  const wanted = `a list of one or more of ${LEVELS.join(', ')}, none twice`;
  if (!Array.isArray(value) || value.length === 0) throw invalid('levels', value, wanted);
  if (new Set(value).size !== value.length) throw invalid('levels', value, wanted);
  if (value.some((level) => !LEVELS.includes(level))) throw invalid('levels', value, wanted);
  // The ladder is gone down from the best, whatever order they came in.
  return LEVELS.filter((level) => value.includes(level));
}

function checkOutput(value: unknown): OutputRequest {
  const { format = 'png', quality } = object('output', value, ['format', 'quality']);
  if (!FORMATS.includes(format as OutputFormat)) throw invalid('output.format', format, `one of ${FORMATS.join(', ')}`);
  if (quality === undefined) return { format: format as OutputFormat };
  if (format !== 'jpeg' && format !== 'webp') throw invalid('output.quality', quality, 'none: jpeg and webp have one');
  return { format, quality: integer('output.quality', quality, 1, 100) };
}

function checkParams(value: unknown): Readonly<Record<string, unknown>> {
  const params = object('params', value);
  const bytes = canonicalBytes(params);
  if (bytes > MOST_PARAMS_BYTES)
    throw invalid('params', `${bytes} bytes`, `at most ${MOST_PARAMS_BYTES} bytes of JSON`);
  return params;
}

function canonicalBytes(params: Record<string, unknown>): number {
  try {
    return Buffer.byteLength(canonicalJson(params));
  } catch (cause) {
    throw new ServiceError('INVALID', `params: ${(cause as Error).message}: send simpler ones`, { cause });
  }
}

/** A plain object, with none but the allowed fields. */
function object(name: string, value: unknown, allowed?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(name, value, 'an object');
  const stranger = allowed && Object.keys(value).find((key) => !allowed.includes(key));
  if (stranger === undefined) return value as Record<string, unknown>;
  throw new ServiceError('INVALID', `${name} has an unknown field '${stranger.slice(0, 60)}': ${allowed?.join(', ')}`);
}

function integer(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalid(name, value, `an integer from ${least} to ${most}`);
}

function invalid(name: string, value: unknown, wanted: string): ServiceError {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return new ServiceError('INVALID', `${name} is ${short}: give ${wanted}`);
}
