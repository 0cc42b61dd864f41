import { ArgumentError } from '../../runtime/errors.js';
import { hyperLaplacian } from './hyper-laplacian.js';
import type { StarMethod, StarRestoration } from './method.js';
import { measureOnly } from './none.js';
import { drawAsMeasured } from './render.js';
import { richardsonLucy } from './richardson-lucy.js';

/** Iterations as the options ask for: a number, until converged, or what the method thinks right (null). */
type Iterations = number | 'converged' | null;

interface MethodKind {
  /** Whether stars can be placed on what it restores. */
  readonly hasCentroids: boolean;
  /** Throws ArgumentError. */
  create(iterations: Iterations): StarRestoration;
}

/** What can restore a star frame. A further method is a file and a line here. */
const METHODS: Readonly<Record<StarMethod, MethodKind>> = {
  'hyper-laplacian': {
    hasCentroids: true,
    create: (iterations) => hyperLaplacian(refuseConverged('hyper-laplacian', iterations)),
  },
  'richardson-lucy': { hasCentroids: true, create: richardsonLucy },
  render: { hasCentroids: false, create: onlyMeasured('render', drawAsMeasured) },
  none: { hasCentroids: false, create: onlyMeasured('none', measureOnly) },
};

/** Names of the methods. */
export const STAR_METHODS = Object.keys(METHODS) as StarMethod[];

/** The method of a name. Throws ArgumentError for iterations or centroids that it does not have. */
export function chooseMethod(name: StarMethod, iterations: Iterations, isPlacedOnResult: boolean): StarRestoration {
  const kind = METHODS[name];
  const method = kind.create(iterations);
  if (isPlacedOnResult && !kind.hasCentroids)
    throw new ArgumentError(
      `Other centroids than 'ml' are taken from the restored frame: choose a method other than '${name}', or 'ml'`,
    );
  return method;
}

/** Iterations do not matter. */
function onlyMeasured(name: StarMethod, method: StarRestoration): MethodKind['create'] {
  return (iterations) => {
    refuseConverged(name, iterations);
    return method;
  };
}

function refuseConverged(name: StarMethod, iterations: Iterations): number | null {
  if (iterations !== 'converged') return iterations;
  throw new ArgumentError(
    `Only iterations of 'richardson-lucy' run until they have converged: give '${name}' a number`,
  );
}
