import type { Region } from '../image/frame.js';
import { windowOf } from '../image/samples.js';
import type { RestorationTask } from '../restoration/restoration.js';
import type { NativeSolver, SolverPsf, SolverSettings, SolverShape, StepReport } from '../runtime/native/binding.js';
import type { Scope } from '../runtime/scope.js';
import type { Place, TilePsfs } from './psf-source.js';
import type { StopReason, StopTest } from './stop.js';

/** Where native solvers come from. */
export interface SolverSource {
  /** The solver of a shape; the one before is then no longer used. */
  of(shape: SolverShape): NativeSolver;
  /** Gives the memory of the solver before back. */
  free(): void;
}

/** How the iterations of one part of one plane ended. */
export interface Ended {
  readonly iterations: number;
  readonly reason: StopReason;
  /** Of all iterations together. */
  readonly seconds: number;
  readonly last: StepReport;
}

/** Where a part of a frame lies in it, or in the scene that the frame is a window of. */
export function placeOf({ frame, part }: Omit<RestorationTask, 'valid'>, { left, top, width, height }: Region): Place {
  const span = (start: number, side: number, length: number): [number, number] => [
    start / (length - 1),
    (start + side - 1) / (length - 1),
  ];
  return { x: span(left, width, frame.width), y: span((part?.top ?? 0) + top, height, part?.height ?? frame.height) };
}

/** A frame, and what counts of each of its planes: a byte a pixel, 0 or 2 where it does not; null: all counts. */
export interface PartSource extends Omit<RestorationTask, 'valid'> {
  readonly validOf: (plane: number) => Uint8Array | null;
}

/** Loads parts of a frame, one plane at a time, into solvers. */
export class PartSolver {
  readonly #solvers: SolverSource;
  readonly #psfs: TilePsfs;
  readonly #source: PartSource;
  readonly #scope: Scope;
  /** What the solver was told last: one kernel holds for many parts. */
  #told: { readonly solver: NativeSolver; readonly psf: SolverPsf } | null = null;

  constructor(solvers: SolverSource, psfs: TilePsfs, source: PartSource, scope: Scope) {
    this.#solvers = solvers;
    this.#psfs = psfs;
    this.#source = source;
    this.#scope = scope;
  }

  /** The solver of a shape with a part of a plane in it; null where none of its pixels counts. */
  async load(
    tuning: SolverSettings,
    shape: SolverShape,
    plane: number,
    { left, top }: Pick<Region, 'left' | 'top'>,
  ): Promise<NativeSolver | null> {
    const { frame, validOf } = this.#source;
    const { width, height } = shape;
    const solver = this.#solvers.of(shape);
    solver.configure(tuning);
    await this.#tell(solver, this.#psfs.at(plane, placeOf(this.#source, { left, top, width, height })));
    const window = windowOf(frame, frame.data, plane, left, top);
    const { validPixels } = await this.#scope.call((_, ticket) => solver.load(window, validOf(plane), ticket));
    return validPixels > 0 ? solver : null;
  }

  async #tell(solver: NativeSolver, psf: SolverPsf): Promise<void> {
    const isKnown = this.#told?.solver === solver && this.#told.psf.kernels === psf.kernels && !psf.coefficients;
    if (!isKnown) await this.#scope.call((_, ticket) => solver.setPsf(psf, ticket));
    this.#told = { solver, psf };
  }
}

/** Iterates on what a solver has loaded until the test says that it is enough. */
export async function iterate(
  solver: NativeSolver,
  test: StopTest,
  scope: Scope,
  report: (iteration: number) => void,
): Promise<Ended> {
  let seconds = 0;
  for (let iterations = 1; ; iterations += 1) {
    const start = performance.now();
    const last = await scope.call((_, ticket) => solver.step(ticket));
    seconds += (performance.now() - start) / 1000;
    report(iterations);
    const reason = test(last, iterations);
    if (reason) return { iterations, reason, seconds, last };
  }
}
