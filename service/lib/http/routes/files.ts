import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Capture, StoredFile } from '../../capture/capture.js';
import { isTerminal } from '../../capture/machine.js';
import { ServiceError } from '../../errors.js';
import type { HttpContext } from '../context.js';
import { ApiError } from '../errors.js';
import { streamFile } from '../files/file-stream.js';
import { linkInto } from '../files/link.js';
import { namesTag, parseRange } from '../files/range.js';
import { findCapture } from './captures.js';
import { register } from './register.js';
import type { Call } from './register.js';

type FileCall = Call<{ id: string }, { link?: string }>;
type FileKind = 'raw' | 'product' | 'thumbnail';

/** Files of captures: whole, in parts, or as a link. */
export function addFiles(app: FastifyInstance, context: HttpContext): void {
  register(app, 'getRaw', (call: FileCall, reply) => deliver(context, 'raw', call, reply));
  register(app, 'getProduct', (call: FileCall, reply) => deliver(context, 'product', call, reply));
  register(app, 'getThumbnail', (call: FileCall, reply) => deliver(context, 'thumbnail', call, reply));
}

async function deliver(context: HttpContext, kind: FileKind, call: FileCall, reply: FastifyReply): Promise<unknown> {
  const { caller, params, query, method } = call;
  const capture = await findCapture(context, caller, params.id);
  const file = requireFile(capture, kind);
  const path = context.store.pathOf(capture, kind);
  if (query.link !== undefined && method === 'GET') {
    const linked = await linkInto(context.io, caller, query.link, path, capture, file);
    return { path: linked, bytes: file.bytes, sha256: file.sha256 };
  }
  try {
    return await send(context, file, path, call, reply);
  } catch (error) {
    // Retention may have taken it in this very moment.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      requireFile(await findCapture(context, caller, params.id), kind);
    throw error;
  }
}

/** The file, or why there is none. */
function requireFile(capture: Capture, kind: FileKind): StoredFile {
  const { id, state } = capture;
  const file = capture[kind];
  if (file?.present) return file;
  if (file) throw new ApiError('GONE', `The ${kind} of capture ${id} has been evicted to make room`);
  if (isTerminal(state)) throw new ServiceError('UNKNOWN', `Capture ${id} is ${state} and has no ${kind}`);
  throw new ServiceError('STATE', `Capture ${id} is ${state} and has no ${kind} yet: wait for its events`);
}

/** The bytes that the headers ask for. */
async function send(
  { io }: HttpContext,
  file: StoredFile,
  path: string,
  { headers, method }: FileCall,
  reply: FastifyReply,
): Promise<unknown> {
  const tag = `"${file.sha256}"`;
  reply.headers({ etag: tag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache' });
  if (namesTag(headers['if-none-match'], tag)) return reply.code(304).send();
  const isFresh = headers['if-range'] === undefined || headers['if-range'] === tag;
  const range = isFresh ? parseRange(headers.range, file.bytes) : null;
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${file.bytes}`);
    throw new ApiError('RANGE', `range is ${headers.range}: the file has ${file.bytes} bytes`);
  }
  const { first, last } = range ?? { first: 0, last: file.bytes - 1 };
  if (range) reply.code(206).header('content-range', `bytes ${first}-${last}/${file.bytes}`);
  reply.headers({
    'content-type': file.mime,
    'content-length': last - first + 1,
    // Whatever a camera has delivered, a browser does not run it.
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  });
  if (method === 'HEAD') return reply.send();
  return reply.send(streamFile(await io.open(path), { first, last }));
}
