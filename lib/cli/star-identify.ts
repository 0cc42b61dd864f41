import type { Command } from 'commander';
import { Option } from 'commander';
import { writeAtomically } from '../files/write-file.js';
import type { Vector } from '../math/linear.js';
import { ArgumentError } from '../runtime/errors.js';
import { defined } from '../runtime/validate.js';
import { calibrateIdentified } from '../stars/identify/calibrate-identified.js';
import type { Solved } from '../stars/identify/identification.js';
import { StarIdentifier } from '../stars/identify/identifier.js';
import { HANDEDNESSES, LEAST_PX } from '../stars/identify/options.js';
import type { Handedness, IdentifierOptions, IdentifyOptions } from '../stars/identify/options.js';
import type { StarResult } from '../stars/restore/result.js';
import { StarCatalogue } from '../stars/sky/star-catalogue.js';
import { AttitudeTracker } from '../stars/track/attitude-tracker.js';
import { formatCamera, readCamera, residualOf } from './camera-file.js';
import type { KnownCamera } from './camera-file.js';
import { parseNumber, parseNumbers, parser } from './options.js';
import type { Summary } from './printer.js';
import type { Session } from './runner.js';
import { ofAttitude, ofIdentification } from './star-findings.js';
import type { FrameFinding } from './star-findings.js';

/** Options of the identification of stars. */
export interface IdentifyFlags {
  readonly identify?: boolean;
  readonly fov?: readonly [number, number];
  readonly camera?: string;
  readonly catalogue?: string;
  readonly epoch?: number;
  readonly handedness?: Handedness;
  readonly velocity?: Vector;
  readonly interval?: number;
  readonly calibrate?: string;
}

export function addIdentifyOptions(command: Command): Command {
  return command
    .option('--identify', 'say which stars these are and where the camera looks; with --fov or --camera')
    .option('--fov <degrees|low,high>', 'width of the field, exact to 2 %, or a range', parser(parseField))
    .option('--camera <file>', 'the camera as JSON with width, height and focalPx, such as --calibrate writes')
    .option('--catalogue <file>', 'table of stars, as catalogue build makes them (default: the packaged one)')
    .option('--epoch <year>', 'Julian year of the frames, such as 2026.5 (default: now)', parseNumber)
    .addOption(new Option('--handedness <name>', 'whether pictures are mirrored (normal)').choices(HANDEDNESSES))
    .option('--velocity <x,y,z>', 'of the camera in the ICRS, in metres a second, for aberration', parser(parseVector))
    .option('--interval <seconds>', 'frames are a sequence, so far apart: attitudes are followed', parseNumber)
    .option('--calibrate <file>', 'fit the camera to all frames, and write it as JSON');
}

function parseField(text: string): readonly [number, number] {
  const numbers = parseNumbers(text);
  if (numbers.length < 1 || numbers.length > 2) throw new Error('Expected one number, or two with a comma between.');
  return [numbers[0]!, numbers.at(-1)!];
}

function parseVector(text: string): Vector {
  const [x, y, z, ...more] = parseNumbers(text);
  if (x === undefined || y === undefined || z === undefined || more.length > 0)
    throw new Error('Expected three numbers with commas between.');
  return [x, y, z];
}

/** Throws ArgumentError. */
export function checkIdentifyFlags(flags: IdentifyFlags): void {
  const { identify, fov, camera, interval } = flags;
  if (identify && (fov === undefined) === (camera === undefined))
    throw new ArgumentError('--identify needs --fov, the width of the field in degrees, or else --camera');
  const others = ['fov', 'camera', 'catalogue', 'epoch', 'handedness', 'velocity', 'interval', 'calibrate'] as const;
  const idle = others.filter((name) => !identify && flags[name] !== undefined);
  if (idle.length > 0) throw new ArgumentError(`${idle.map((name) => `--${name}`).join(', ')} belong to --identify`);
  if (interval !== undefined && !(interval >= 1e-6 && interval <= 1e6))
    throw new ArgumentError(`--interval must be from 1e-6 to 1e6 seconds, it is ${interval}`);
}

/** How the frames of one size are identified. */
interface Opened extends AsyncDisposable {
  readonly size: string;
  next(stars: StarResult['stars'], place: number, options: IdentifyOptions): Promise<FrameFinding>;
}

/** Identifies frames, with one index for all of one size. */
export class FrameIdentifier implements AsyncDisposable {
  readonly #flags: IdentifyFlags;
  readonly #found: Solved[] = [];
  #open: Opened | null = null;
  #camera: KnownCamera | null = null;

  constructor(flags: IdentifyFlags) {
    this.#flags = flags;
  }

  /** Rejects as StarIdentifier. @param place of the frame in its sequence, from 0 */
  async identify({ stars, frame }: StarResult, place: number, { runtime, signal }: Session): Promise<FrameFinding> {
    const size = `${frame.width}x${frame.height}`;
    if (this.#open?.size !== size) {
      await this.#close();
      this.#open = await this.#openFor(frame, size, runtime);
    }
    const { velocity, calibrate } = this.#flags;
    const extraPx = this.#camera === null ? undefined : Math.hypot(this.#camera.residualPx, LEAST_PX);
    const finding = await this.#open.next(stars, place, defined({ velocity, extraPx, signal }));
    if (calibrate !== undefined && finding.solution !== null) this.#found.push(finding.solution);
    return finding;
  }

  /** Fits the camera to all frames so far, and writes it. Rejects with EstimateError, or ImageError. */
  async calibrate(path: string, { signal }: Session): Promise<Summary> {
    const calibration = await calibrateIdentified(this.#found, { signal });
    await writeAtomically(path, [Buffer.from(formatCamera(calibration))], signal);
    const { camera, stars, excluded, frames, excludedFrames } = calibration;
    const residualPx = residualOf(camera, calibration.afterRad);
    const axis = camera.principalPoint.map((part) => part.toFixed(1)).join(', ');
    const what = `focal length ${camera.focalPx.toFixed(2)} px, axis at ${axis}`;
    const used = `${stars} stars of ${frames} frames, ${residualPx.toFixed(3)} px off`;
    const leftOut = `${excluded} stars and ${excludedFrames} frames left out`;
    return {
      output: path,
      report: { ...calibration, residualPx },
      text: `${path}: ${what}; ${used}, ${leftOut}`,
    };
  }

  async #openFor(frame: StarResult['frame'], size: string, runtime: Session['runtime']): Promise<Opened> {
    const { catalogue, epoch, handedness, interval } = this.#flags;
    const table = catalogue === undefined ? undefined : await StarCatalogue.read(catalogue);
    const known = { ...(await this.#cameraFor(frame, size)), runtime };
    const options = { ...known, ...defined({ catalogue: table, epochYear: epoch, handedness }) };
    return interval === undefined ? await openSingle(size, options) : await openSequence(size, options, interval);
  }

  /** Throws ArgumentError where the camera has frames of another size. */
  async #cameraFor({ width, height }: StarResult['frame'], size: string): Promise<IdentifierOptions> {
    const { fov, camera: path } = this.#flags;
    if (path === undefined) {
      const [low, high] = fov!;
      return { fieldDegrees: low === high ? low : [low, high], width, height };
    }
    this.#camera ??= await readCamera(path);
    const { camera } = this.#camera;
    if (camera.width !== width || camera.height !== height)
      throw new ArgumentError(`The camera ${path} has frames of ${camera.width}x${camera.height}, this one is ${size}`);
    return { camera };
  }

  async #close(): Promise<void> {
    await this.#open?.[Symbol.asyncDispose]();
    this.#open = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

async function openSingle(size: string, options: IdentifierOptions): Promise<Opened> {
  const identifier = await StarIdentifier.open(options);
  return {
    size,
    next: async (stars, _, how) => ofIdentification(await identifier.identify(stars, how)),
    [Symbol.asyncDispose]: () => identifier.dispose(),
  };
}

async function openSequence(size: string, options: IdentifierOptions, interval: number): Promise<Opened> {
  const tracker = await AttitudeTracker.open(options);
  return {
    size,
    next: async (stars, place, how) => ofAttitude(await tracker.next(stars, { ...how, seconds: interval * place })),
    [Symbol.asyncDispose]: () => tracker.dispose(),
  };
}
