import type { Command } from 'commander';
import { ArgumentError, EstimateError } from '../runtime/errors.js';
import { defined } from '../runtime/validate.js';
import { StarIdentifier } from '../stars/identify/identifier.js';
import type { DeclinedReason, Identification } from '../stars/identify/identification.js';
import { StarCatalogue } from '../stars/sky/star-catalogue.js';
import type { StarResult } from '../stars/restore/result.js';
import { parseNumber, parseNumbers, parser } from './options.js';
import type { Session } from './runner.js';

/** Options of the identification of stars. */
export interface IdentifyFlags {
  readonly identify?: boolean;
  readonly fov?: readonly [number, number];
  readonly catalogue?: string;
  readonly epoch?: number;
}

export function addIdentifyOptions(command: Command): Command {
  return command
    .option('--identify', 'say which stars these are and where the camera looks; with --fov')
    .option('--fov <degrees|low,high>', 'width of the field, exact to 2 %, or a range', parser(parseField))
    .option('--catalogue <file>', 'table of stars in the form of the packaged one (default: that)')
    .option('--epoch <year>', 'Julian year of the frames, such as 2026.5 (default: now)', parseNumber);
}

function parseField(text: string): readonly [number, number] {
  const numbers = parseNumbers(text);
  if (numbers.length < 1 || numbers.length > 2) throw new Error('Expected one number, or two with a comma between.');
  return [numbers[0]!, numbers.at(-1)!];
}

/** Throws ArgumentError. */
export function checkIdentifyFlags({ identify, fov, catalogue, epoch }: IdentifyFlags): void {
  if (identify && fov === undefined)
    throw new ArgumentError('--identify needs --fov: the width of the field in degrees');
  if (!identify && (fov ?? catalogue ?? epoch) !== undefined)
    throw new ArgumentError('--fov, --catalogue and --epoch belong to --identify');
}

/** Identifies frames, with one index for all of one size. */
export class FrameIdentifier implements AsyncDisposable {
  readonly #flags: IdentifyFlags;
  #open: { readonly size: string; readonly identifier: StarIdentifier } | null = null;

  constructor(flags: IdentifyFlags) {
    this.#flags = flags;
  }

  /** Rejects as StarIdentifier. */
  async identify({ stars, frame }: StarResult, { runtime, signal }: Session): Promise<Identification> {
    const size = `${frame.width}x${frame.height}`;
    if (this.#open?.size !== size) {
      await this.#close();
      this.#open = { size, identifier: await this.#openFor(frame, runtime) };
    }
    return await this.#open.identifier.identify(stars, defined({ signal }));
  }

  async #openFor({ width, height }: StarResult['frame'], runtime: Session['runtime']): Promise<StarIdentifier> {
    const { fov, catalogue, epoch } = this.#flags;
    const [low, high] = fov!;
    const options = { fieldDegrees: low === high ? low : ([low, high] as const), width, height, runtime };
    const table = catalogue === undefined ? undefined : await StarCatalogue.read(catalogue);
    return await StarIdentifier.open({ ...options, ...defined({ catalogue: table, epochYear: epoch }) });
  }

  async #close(): Promise<void> {
    await this.#open?.identifier.dispose();
    this.#open = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** For --json: what was found, each star once. */
export function reportIdentification(found: Identification): object {
  if (found.status === 'declined') return found;
  const { matches, unmatched, ...rest } = found;
  return {
    ...rest,
    matches: matches.map(({ seen: { x, y }, star, residualPx }) => ({ x, y, ...star, residualPx })),
    unmatched: unmatched.map(({ x, y, flux }) => ({ x, y, flux })),
  };
}

/** What to tell people, and what to do about it. */
const REASONS: Readonly<Record<DeclinedReason, string>> = {
  'too-few': 'there are fewer than four stars',
  'nothing-fits': 'no attitude explains enough of them: check --fov, and whether these are stars',
  ambiguous: 'two attitudes explain them about as well',
  hypotheses: 'the search has come to its limit of hypotheses: check --fov, and whether these are stars',
  time: 'the search has come to its limit of time: check --fov, and whether these are stars',
};

/** Why a frame was not identified; null: it was. */
export function whyNotIdentified(found: Identification): Error | null {
  if (found.status === 'solved') return null;
  return new EstimateError(`The stars are not identified: ${REASONS[found.reason]}`);
}

/** For people. */
export function describeIdentification(found: Identification): string {
  if (found.status === 'declined') return `not identified: ${REASONS[found.reason]}`;
  const { middle, pointing, matches, fieldDegrees } = found;
  const place = `RA ${middle.raDegrees.toFixed(4)}, Dec ${middle.decDegrees.toFixed(4)}`;
  const roll = `roll ${pointing.rollDegrees.toFixed(3)} degrees`;
  return `${place}, ${roll}, field ${fieldDegrees.toFixed(3)} degrees, ${matches.length} stars identified`;
}
