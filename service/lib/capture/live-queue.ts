import type { Capture, CaptureState } from './capture.js';
import { givesUpAt } from './scheduler.js';
import type { CameraLoad, QueueLoad } from './scheduler.js';
import { Sorted } from './sorted.js';
import { UrgencyQueue } from './urgency.js';

const NOTHING: QueueLoad = { captures: 0, bytes: 0 };
const anyOne = (): boolean => true;
const byOrder = (a: Capture, b: Capture): number => a.order - b.order;

/** All captures that are in no state that is final, by everything that somebody asks for: nobody reads through them. */
export class LiveQueue {
  readonly #byId = new Map<string, Capture>();
  readonly #byState = new Map<CaptureState, Map<string, Capture>>();
  /** Those that wait for a frame, by camera. */
  readonly #requested = new Map<string, UrgencyQueue>();
  readonly #acquired = new UrgencyQueue();
  /** Those without a frame that are given up one day, the next first. */
  readonly #ends = new Sorted<Capture>((a, b) => givesUpAt(a)! - givesUpAt(b)! || a.order - b.order);
  readonly #loads = new Map<string, QueueLoad>();
  /** In the order of their requests: of each app, and of all under ''. */
  readonly #lines = new Map<string, Sorted<Capture>>();
  readonly #cameras = new Map<string, { captures: number; readonly acquired: Sorted<Capture> }>();
  #load = NOTHING;

  get size(): number {
    return this.#byId.size;
  }

  /** What waits in all. */
  get load(): QueueLoad {
    return this.#load;
  }

  /** Cameras that something is wanted of. */
  get cameras(): readonly string[] {
    return [...this.#requested.keys()];
  }

  find(id: string): Capture | undefined {
    return this.#byId.get(id);
  }

  /** In the order of their requests. */
  all(): Capture[] {
    return [...this.#lineOf('')];
  }

  /** The oldest requests, so many at most; of one app, or of all for null. */
  oldest(count: number, app: string | null): readonly Capture[] {
    return this.#lineOf(app ?? '').items.slice(0, count);
  }

  /** What a camera has in the queue. @param except a capture that does not count */
  ofCamera(camera: string, except = ''): CameraLoad {
    const known = this.#cameras.get(camera);
    const oldest = known?.acquired.items.slice(0, 2).find(({ id }) => id !== except) ?? null;
    const isIn = this.#byId.get(except)?.request.camera === camera;
    return { captures: (known?.captures ?? 0) - (isIn ? 1 : 0), oldest };
  }

  inState(state: CaptureState): readonly Capture[] {
    return [...(this.#byState.get(state)?.values() ?? [])];
  }

  count(state: CaptureState): number {
    return this.#byState.get(state)?.size ?? 0;
  }

  loadOf(app: string): QueueLoad {
    return this.#loads.get(app) ?? NOTHING;
  }

  /** What is to be restored next, or null. */
  nextToRestore(now: number, isAllowed: (capture: Capture) => boolean = anyOne): Capture | null {
    for (const capture of this.#acquired.inOrder(now)) if (isAllowed(capture)) return capture;
    return null;
  }

  /** What a camera that is free is to take next, or null; nothing that is late. */
  nextToAcquire(camera: string, now: number, isAllowed: (capture: Capture) => boolean = anyOne): Capture | null {
    for (const capture of this.#requested.get(camera)?.inOrder(now) ?? []) {
      if ((givesUpAt(capture) ?? now) >= now && isAllowed(capture)) return capture;
    }
    return null;
  }

  /** Frames that are to be restored, the most urgent first. */
  toRestore(now: number): Iterable<Capture> {
    return this.#acquired.inOrder(now);
  }

  /** Those that wait for a frame of a camera. */
  requestedOf(camera: string, now: number): readonly Capture[] {
    return [...(this.#requested.get(camera)?.inOrder(now) ?? [])];
  }

  /** Captures without a frame that are to become `expired` now. */
  overdue(now: number): Capture[] {
    return this.#ends.items.slice(
      0,
      this.#ends.place((capture) => (givesUpAt(capture)! < now ? -1 : 1)),
    );
  }

  /** Those without a frame that are given up one day, the next first. */
  get givenUpNext(): Iterable<Capture> {
    return this.#ends;
  }

  put(capture: Capture): void {
    this.remove(capture.id);
    this.#byId.set(capture.id, capture);
    const sameState = this.#byState.get(capture.state) ?? new Map<string, Capture>();
    this.#byState.set(capture.state, sameState.set(capture.id, capture));
    if (capture.state === 'acquired') this.#acquired.add(capture);
    if (capture.state === 'requested') this.#request(capture);
    if (isGivenUp(capture)) this.#ends.add(capture);
    for (const name of ['', capture.app]) this.#lineOf(name).add(capture);
    this.#weigh(capture, 1);
    this.#weighCamera(capture, 1);
  }

  remove(id: string): void {
    const capture = this.#byId.get(id);
    if (!capture) return;
    this.#byId.delete(id);
    this.#byState.get(capture.state)!.delete(id);
    if (capture.state === 'acquired') this.#acquired.remove(capture);
    if (capture.state === 'requested') this.#forget(capture);
    if (isGivenUp(capture)) this.#ends.remove(capture);
    for (const name of ['', capture.app]) this.#lineOf(name).remove(capture);
    if (this.#lineOf(capture.app).size === 0) this.#lines.delete(capture.app);
    this.#weigh(capture, -1);
    this.#weighCamera(capture, -1);
  }

  #request(capture: Capture): void {
    const { camera } = capture.request;
    const queue = this.#requested.get(camera) ?? new UrgencyQueue();
    this.#requested.set(camera, queue);
    queue.add(capture);
  }

  #forget(capture: Capture): void {
    const { camera } = capture.request;
    const queue = this.#requested.get(camera)!;
    queue.remove(capture);
    if (queue.size === 0) this.#requested.delete(camera);
  }

  #lineOf(name: string): Sorted<Capture> {
    const line = this.#lines.get(name) ?? new Sorted(byOrder);
    this.#lines.set(name, line);
    return line;
  }

  #weighCamera(capture: Capture, sign: 1 | -1): void {
    const { camera } = capture.request;
    const known = this.#cameras.get(camera) ?? { captures: 0, acquired: new Sorted(byOrder) };
    this.#cameras.set(camera, known);
    known.captures += sign;
    if (capture.state === 'acquired') known.acquired[sign > 0 ? 'add' : 'remove'](capture);
    if (known.captures === 0) this.#cameras.delete(camera);
  }

  #weigh({ app, raw }: Capture, sign: 1 | -1): void {
    const added = ({ captures, bytes }: QueueLoad): QueueLoad => ({
      captures: captures + sign,
      bytes: bytes + sign * (raw?.bytes ?? 0),
    });
    this.#load = added(this.#load);
    const load = added(this.loadOf(app));
    if (load.captures === 0) this.#loads.delete(app);
    else this.#loads.set(app, load);
  }
}

const isGivenUp = (capture: Capture): boolean =>
  (capture.state === 'requested' || capture.state === 'acquiring') && givesUpAt(capture) !== null;
