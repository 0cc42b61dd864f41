import { ArgumentError } from '../runtime/errors.js';
import { settleAll } from '../runtime/settle-all.js';
import { expected } from '../runtime/validate.js';
import { MAX_CHANNELS } from '../image/frame.js';
import { checkField, decompose, enlarge, interpolate, kernelAt } from '../psf/field.js';
import type { KernelFacts } from '../psf/facts.js';
import type { PsfField, PsfModes } from '../psf/field.js';
import { givenField, givenKernel } from '../psf/file.js';
import type { GivenKernels } from '../psf/file.js';
import { fromArray } from '../psf/psf.js';
import type { Psf, PsfWeights } from '../psf/psf.js';
import { parseKernels } from '../psf/spec.js';
import type { SolverPsf } from '../runtime/native/binding.js';

/** A kernel in words, as weights, or one that varies over the frame. */
export type PsfSource = string | PsfWeights | PsfField;

/**
 * Nodes per side at which the coefficients of modes are given for a tile: a grid of its own follows any field closely.
 */
const TILE_NODES = 17;

/** A part of a frame, in parts of its sides: pixel centres of its first and last column and row, 0 to 1. */
export interface Place {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The kernels of all colours, of one size. */
export interface PreparedPsf {
  /** One for all bands, or one per band. */
  readonly colours: readonly (Psf | PsfField)[];
  readonly radiusX: number;
  readonly radiusY: number;
  readonly symmetric: boolean;
  readonly hasNegative: boolean;
  readonly isField: boolean;
  /** Of the smallest field, 1 without one. */
  readonly nodes: number;
  /** What each kernel implies as it was given, colour after colour; of a field node by node. */
  readonly facts: readonly KernelFacts[];
}

/** Reads, checks and enlarges kernels to one size. Rejects with ArgumentError or ImageError. */
export async function preparePsf(source: PsfSource | readonly PsfSource[]): Promise<PreparedPsf> {
  const sources: readonly PsfSource[] = Array.isArray(source) ? source : [source as PsfSource];
  if (sources.length < 1 || sources.length > MAX_CHANNELS)
    throw expected(`one PSF, or one for each of up to ${MAX_CHANNELS} bands`, 'psf', sources.length);
  const given = await settleAll(sources.map(readSource));
  const found = given.map(({ psf }) => psf);
  const all = found.flatMap(kernelsOf);
  const [width, height] = [
    Math.max(...all.map((kernel) => kernel.width)),
    Math.max(...all.map((kernel) => kernel.height)),
  ];
  const grow = (kernel: Psf): Psf => enlarge(kernel, width, height);
  return {
    colours: found.map((colour) => (isField(colour) ? { ...colour, kernels: colour.kernels.map(grow) } : grow(colour))),
    radiusX: (width - 1) / 2,
    radiusY: (height - 1) / 2,
    symmetric: all.every(({ symmetric }) => symmetric),
    hasNegative: all.some(({ data }) => data.some((weight) => weight < 0)),
    isField: found.some(isField),
    nodes: Math.min(...found.map((colour) => kernelsOf(colour).length)),
    facts: given.flatMap(({ facts }) => facts),
  };
}

async function readSource(source: PsfSource): Promise<GivenKernels> {
  if (typeof source === 'string') {
    const { psf, facts } = await parseKernels(source);
    return { psf: isField(psf) ? psf : trim(psf), facts };
  }
  if (typeof source !== 'object' || source === null) throw expected('description, weights or field', 'psf', source);
  if (!('kernels' in source)) return givenKernel(source);
  return givenField(checkField(source).columns, source.kernels);
}

/** Without the border of zeros that some shapes have. */
const trim = ({ width, height, data }: Psf): Psf => fromArray({ width, height, data });

function isField(colour: Psf | PsfField): colour is PsfField {
  return 'kernels' in colour;
}

function kernelsOf(colour: Psf | PsfField): readonly Psf[] {
  return isField(colour) ? colour.kernels : [colour];
}

/** Nodes of the finest field per axis: a frame is cut into at least as many tiles, each with a kernel of its own. */
export function fieldSize({ colours }: PreparedPsf): { readonly columns: number; readonly rows: number } {
  const fields = colours.filter(isField);
  return {
    columns: Math.max(1, ...fields.map(({ columns }) => columns)),
    rows: Math.max(1, ...fields.map(({ rows }) => rows)),
  };
}

/** Throws ArgumentError where the number of kernels does not fit the frame's bands, or they do not fit into it. */
export function checkPsfFits(
  { colours, radiusX, radiusY }: PreparedPsf,
  frame: { readonly width: number; readonly height: number },
  planes: number,
): void {
  if (colours.length > 1 && colours.length !== planes) {
    const others = planes > 1 ? `, or one for each of the ${planes} bands of the frame` : '';
    throw new ArgumentError(`${colours.length} PSFs were given; expected one PSF${others}`);
  }
  const [width, height] = [2 * radiusX + 1, 2 * radiusY + 1];
  if (width > frame.width || height > frame.height) {
    throw new ArgumentError(
      `The PSF of ${width}x${height} pixels is larger than the frame of ${frame.width}x${frame.height}; cut it off, ` +
        'or give the kernel at the resolution of the frame',
    );
  }
}

/** The kernels of a frame's colours, by place. */
export class TilePsfs {
  readonly #colours: readonly (Psf | PsfField)[];
  readonly #modes: readonly (PsfModes | null)[];

  constructor({ colours }: PreparedPsf, modes: number) {
    this.#colours = colours;
    this.#modes = colours.map((colour) => (modes > 1 && isField(colour) ? decompose(colour, modes) : null));
  }

  /** What the solver is told. */
  at(plane: number, place: Place): SolverPsf {
    const index = Math.min(plane, this.#colours.length - 1);
    const [colour, modes] = [this.#colours[index]!, this.#modes[index]];
    if (modes && isField(colour)) return interpolateModes(colour, modes, place.x, place.y);
    return { kernels: this.middle(plane, place).data, coefficients: null, gridRows: 1, gridColumns: 1 };
  }

  /** The kernel in the middle of the place. */
  middle(plane: number, { x, y }: Place): Psf {
    const colour = this.#colours[Math.min(plane, this.#colours.length - 1)]!;
    return isField(colour) ? kernelAt(colour, (x[0] + x[1]) / 2, (y[0] + y[1]) / 2) : colour;
  }
}

/** The coefficients on a grid that spans the tile. */
function interpolateModes(
  { columns, rows }: PsfField,
  { modes, kernels, coefficients }: PsfModes,
  x: Place['x'],
  y: Place['y'],
): SolverPsf {
  const nodes = TILE_NODES ** 2;
  const found = new Float32Array(modes * nodes);
  for (let node = 0; node < nodes; node += 1) {
    const [across, down] = [(node % TILE_NODES) / (TILE_NODES - 1), Math.floor(node / TILE_NODES) / (TILE_NODES - 1)];
    const around = interpolate(columns, rows, x[0] + across * (x[1] - x[0]), y[0] + down * (y[1] - y[0]));
    for (let mode = 0; mode < modes; mode += 1) {
      found[mode * nodes + node] = around.reduce(
        (sum, [index, weight]) => sum + weight * coefficients[mode * columns * rows + index]!,
        0,
      );
    }
  }
  return { kernels, coefficients: found, gridRows: TILE_NODES, gridColumns: TILE_NODES };
}
