import { captureVideo } from 'perifocal/system';
import type { VideoCoding, VideoFrame } from 'perifocal/system';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { withAnyOf } from '../signals.js';
import { writeChunks } from './copy.js';
import type { Acquired, CameraInfo, Driver, DriverHealth, DriverRequest, Sink } from './driver.js';
import { tiffHeader } from './plain-tiff.js';
import { verifyFrame } from './verify.js';

/** A camera of Video4Linux 2. */
export interface V4l2Options {
  readonly driver: 'v4l2';
  /** Such as /dev/video0. */
  readonly device: string;
  /** A size that the camera has, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Default MJPG. */
  readonly coding: VideoCoding;
  /** Frames that are let go first, while the exposure settles. Default 0. */
  readonly skip: number;
  /** Until a frame has come. Default 5. */
  readonly frameSeconds: number;
}

/** Opens the camera for each frame: JPEG is stored as it comes, other codings as TIFF. */
export class V4l2Driver implements Driver {
  readonly #io: Io;
  readonly #name: string;
  readonly #options: V4l2Options;
  readonly #closing = new AbortController();
  #trouble: string | null = null;

  constructor(io: Io, name: string, options: V4l2Options) {
    this.#io = io;
    this.#name = name;
    this.#options = options;
  }

  describe(): CameraInfo {
    const { driver, device, width, height } = this.#options;
    return { driver, source: device, width, height };
  }

  health(): DriverHealth {
    return { healthy: this.#trouble === null, reason: this.#trouble };
  }

  async acquire(_request: DriverRequest, sink: Sink, signal: AbortSignal): Promise<Acquired> {
    const acquiredAt = this.#io.now();
    try {
      await withAnyOf([signal, this.#closing.signal], async (either) =>
        this.#save(await this.#capture(either), sink, either),
      );
      const facts = await verifyFrame(this.#io, sink.path, this.#options, this.#name);
      this.#trouble = null;
      return { ...facts, acquiredAt, settle: async () => {} };
    } catch (error) {
      signal.throwIfAborted();
      this.#trouble = (error as Error).message;
      throw error instanceof ServiceError ? error : new ServiceError('CAMERA', this.#trouble, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new ServiceError('CLOSED', `Camera ${this.#name} is being closed`));
  }

  #capture(signal: AbortSignal): Promise<VideoFrame> {
    const { device: path, width, height, coding, skip, frameSeconds } = this.#options;
    return captureVideo({ path, width, height, coding, skip, timeoutMs: Math.ceil(frameSeconds * 1000), signal });
  }

  async #save({ kind, data, width, height }: VideoFrame, sink: Sink, signal: AbortSignal): Promise<void> {
    const header = kind === 'jpeg' ? [] : [tiffHeader({ data, width, height, channels: kind === 'rgb' ? 3 : 1 })];
    await writeChunks(this.#io, inTurn([...header, data]), sink, signal);
  }
}

async function* inTurn(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}
