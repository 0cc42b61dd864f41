import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { checkId } from '../../capture/request.js';
import { ServiceError } from '../../errors.js';
import type { HttpContext } from '../context.js';
import { ApiError } from '../errors.js';
import { camerasFor } from '../redact.js';
import { visibleApp } from './captures.js';
import { register } from './register.js';
import type { Call } from './register.js';

type FrameCall = Call<{ id: string }, { capture?: string }, Readable>;

/** Cameras, and frames for those that are pushed to. */
export function addCameras(app: FastifyInstance, context: HttpContext): void {
  const { cameras } = context;
  register(app, 'listCameras', ({ caller }) => ({ cameras: camerasFor(caller, cameras.list()) }));
  app.register(async (scope) => {
    // A frame is never held in memory: whatever its type, its bytes go on as they arrive.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    register(scope, 'pushFrame', (call: FrameCall, reply) => pushFrame(context, call, reply), Number.MAX_SAFE_INTEGER);
  });
}

/** A frame may come a little before the camera asks for it: who has just requested a capture need not wait himself. */
const PATIENCE_MILLISECONDS = 5000;
const PAUSE_MILLISECONDS = 50;

async function pushFrame({ cameras, io }: HttpContext, call: FrameCall, reply: FastifyReply): Promise<object> {
  const { params, query, headers, caller } = call;
  const limit = cameras.frameLimit(params.id);
  if (limit === null) {
    throw new ServiceError(
      'UNKNOWN',
      `There is no camera '${params.id}' that takes frames: GET /v1/cameras lists them`,
    );
  }
  const mime = headers['content-type']?.split(';')[0]?.trim();
  if (!mime) throw new ApiError('MEDIA_TYPE', 'The frame has no content-type: give one, such as image/jpeg');
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(params.id, limit);
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new ServiceError('CAMERA', 'The sender was gone before the frame was whole'));
  call.raw.once('close', () => call.raw.complete || onClose());
  const body = new BoundedBody(call.body ?? [], limit, params.id);
  const captureId = query.capture === undefined ? null : checkId(query.capture);
  const frame = { app: visibleApp(caller), captureId, bytes: body, signal: gone.signal };
  const end = io.monotonic() + PATIENCE_MILLISECONDS;
  for (;;) {
    try {
      const taken = await cameras.push(params.id, frame);
      reply.code(201);
      return taken;
    } catch (error) {
      const isEarly = error instanceof ServiceError && error.code === 'STATE' && !body.isBegun;
      if (!isEarly || io.monotonic() > end) throw error;
    }
    await io.sleep(PAUSE_MILLISECONDS, gone.signal);
  }
}

/** The bytes of a frame, up to a limit; they can be read once. */
class BoundedBody implements AsyncIterable<Uint8Array> {
  readonly #bytes: AsyncIterable<Uint8Array> | [];
  readonly #limit: number;
  readonly #camera: string;
  #isBegun = false;

  constructor(bytes: AsyncIterable<Uint8Array> | [], limit: number, camera: string) {
    this.#bytes = bytes;
    this.#limit = limit;
    this.#camera = camera;
  }

  /** Whether somebody has begun to read. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.#isBegun = true;
    let total = 0;
    for await (const chunk of this.#bytes) {
      total += chunk.length;
      if (total > this.#limit) throw tooLarge(this.#camera, this.#limit);
      yield chunk;
    }
  }
}

const tooLarge = (camera: string, limit: number): ApiError =>
  new ApiError('TOO_LARGE', `The frame is larger than the ${limit} bytes that camera ${camera} takes`);
