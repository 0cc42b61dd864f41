import { Crew } from '../runtime/crew.js';
import { SystemError } from '../runtime/errors.js';
import { expected, requireInteger, requireKnownKeys, requireSignal, requireString } from '../runtime/validate.js';
import { explain, linuxBinding } from './call.js';

/** How a camera codes its frames, by the names of Video4Linux. */
export type VideoCoding = 'MJPG' | 'YUYV' | 'GREY';

/** Other codings that cameras have, and why they are not taken. */
const REFUSED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^(BA81|GBRG|GRBG|RGGB|BYR2|BA10|(BG|GB|GR|RG)1[0246]|p[\dA-Za-z]{3})$/, 'a raw mosaic of colours'],
  [/^Y1[0246][ BP]?$/, 'grey of more than 8 bits'],
  [/^(H264|HEVC|VP8.|VP9.)$/, 'a video whose frames depend on one another'],
];

const SIDE_LIMIT = 16_384;
const MOST_SKIPPED = 1000;
/** Ten minutes. */
const LONGEST_MS = 600_000;

/** What to take of a camera. */
export interface VideoOptions {
  /** Such as '/dev/video0'. */
  readonly path: string;
  /** Pixels; the camera must have just this size. */
  readonly width: number;
  readonly height: number;
  /** Default 'MJPG'. */
  readonly coding?: VideoCoding;
  /** Frames that are let go first, while the exposure settles; default 0, at most 1000. */
  readonly skip?: number;
  /** For all of it, in milliseconds, at most ten minutes; default 5000. */
  readonly timeoutMs?: number;
  /** Ends the capture within 0.1 s. */
  readonly signal?: AbortSignal;
}

/** One frame. */
export interface VideoFrame {
  readonly width: number;
  readonly height: number;
  /** 'jpeg': `data` is a file. 'rgb' and 'grey': rows of 3 bytes or 1 a pixel without gaps. */
  readonly kind: 'jpeg' | 'rgb' | 'grey';
  readonly data: Uint8Array;
  /** The driver's count of frames since the camera was started. */
  readonly sequence: number;
  /** Frames before it that the driver marked as damaged, or that were too short. */
  readonly damaged: number;
}

const KINDS = { MJPG: 'jpeg', YUYV: 'rgb', GREY: 'grey' } as const;
const KEYS = ['path', 'width', 'height', 'coding', 'skip', 'timeoutMs', 'signal'];

/** Most bytes of this process that one capture takes beside the driver's own buffers: the frame, twice. */
export const videoBytes = (width: number, height: number): number => 2 * 3 * width * height;

function checkCoding(value: unknown): VideoCoding {
  if (value === 'MJPG' || value === 'YUYV' || value === 'GREY') return value;
  const [, why] = REFUSED.find(([pattern]) => typeof value === 'string' && pattern.test(value)) ?? [];
  const advice = why === undefined ? '' : ` (this one is ${why}: use another program, exec)`;
  throw expected(`one of MJPG, YUYV, GREY${advice}`, 'coding', value);
}

function checked(options: VideoOptions): Required<Omit<VideoOptions, 'signal'>> {
  requireKnownKeys('options', options, KEYS);
  const { path, width, height, coding = 'MJPG', skip = 0, timeoutMs = 5000, signal } = options;
  if (signal !== undefined) requireSignal(signal);
  return {
    path: requireString('path', path),
    width: requireInteger('width', width, 1, SIDE_LIMIT),
    height: requireInteger('height', height, 1, SIDE_LIMIT),
    coding: checkCoding(coding),
    skip: requireInteger('skip', skip, 0, MOST_SKIPPED),
    timeoutMs: requireInteger('timeoutMs', timeoutMs, 1, LONGEST_MS),
  };
}

const ADVICE = {
  ENOENT: 'there is no such camera: v4l2-ctl --list-devices shows those that are there',
  ENODEV: 'the camera is gone',
  ENOTTY: 'this is no camera of Video4Linux',
  EACCES: 'this user may not use it: put it into the group "video"',
  EBUSY: 'another program uses it',
  EINVAL: 'the camera does not take that: v4l2-ctl --list-formats-ext shows what it takes',
  ETIMEDOUT: 'no whole frame came in time: give it longer (timeoutMs), or look at its cable and its log',
};

/**
 * Takes one frame of a camera through Video4Linux 2, off the event loop: opens it, agrees on the format, lets `skip`
 * frames go, copies the next whole one, closes it.
 * @throws ArgumentError where the camera cannot do that, and says what it can; SystemError with the `errno`; the
 *   signal's reason; NativeError
 */
export async function captureVideo(options: VideoOptions): Promise<VideoFrame> {
  const request = checked(options);
  const what = `capture from ${request.path}`;
  const crew = new Crew(linuxBinding(what), 1);
  const signal = options.signal ?? new AbortController().signal;
  try {
    const frame = await crew.call(signal, (binding, ticket) => binding.captureVideo(request, ticket), 1);
    return { width: request.width, height: request.height, kind: KINDS[request.coding], ...frame };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SystemError ? explain(error, what, ADVICE) : error;
  } finally {
    crew.dispose();
  }
}
