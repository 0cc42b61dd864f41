import { ModelError } from '../../runtime/errors.js';

/** The kinds of blur that networks are made for: 'camera' one camera's own kernel, 'mixed' several kinds. */
export const MODEL_FAMILIES = ['defocus', 'gaussian', 'motion', 'spin', 'camera', 'mixed'] as const;
/** A kind of blur that a network was made for. */
export type ModelFamily = (typeof MODEL_FAMILIES)[number];

/** What frames a network was made for, as its file states it. */
export interface ModelRange {
  readonly family: ModelFamily;
  /** Radius of the disk of a defocus, in pixels. */
  readonly radiusPx: readonly [least: number, most: number];
  /** Standard deviation of the Gaussian that goes with it, in pixels. */
  readonly sigmaPx: readonly [least: number, most: number];
  /** The most noise, as a standard deviation, 1 being full scale. */
  readonly mostNoise: number;
}

/** What the metadata of a model state; null: nothing, so that it is taken only where it is named. Throws ModelError. */
export function readModelRange(metadata: ReadonlyMap<string, string>): ModelRange | null {
  const [family, text] = [metadata.get('family'), metadata.get('range')];
  if (family === undefined || text === undefined) return null;
  if (!isFamily(family)) throw refuse('family', family, `one of ${MODEL_FAMILIES.join(', ')}`);
  const range = parseRange(text);
  if (!range) throw refuse('range', text, 'radiusPx, sigmaPx and mostNoise in JSON');
  return { family, ...range };
}

const isFamily = (text: string): text is ModelFamily => (MODEL_FAMILIES as readonly string[]).includes(text);

function refuse(key: string, found: string, wanted: string): ModelError {
  return new ModelError('MODEL_INVALID', `__metadata__.${key} is '${found.slice(0, 80)}', expected ${wanted}`);
}

/** Null where it is none. */
function parseRange(text: string): Omit<ModelRange, 'family'> | null {
  try {
    const { radiusPx, sigmaPx, mostNoise } = JSON.parse(text) as Partial<ModelRange>;
    if (!isInterval(radiusPx) || !isInterval(sigmaPx) || !isSize(mostNoise)) return null;
    return { radiusPx, sigmaPx, mostNoise };
  } catch {
    return null;
  }
}

const isSize = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1000;

const isInterval = (value: unknown): value is ModelRange['radiusPx'] =>
  Array.isArray(value) && value.length === 2 && value.every(isSize) && value[0]! <= value[1]!;
