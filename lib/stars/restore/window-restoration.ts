import { ArgumentError } from '../../runtime/errors.js';
import { copySamples } from '../../image/frame.js';
import type { AnyFrame, Region } from '../../image/frame.js';
import type { Psf } from '../../psf/psf.js';
import type { Scope } from '../../runtime/scope.js';
import type { StarProfile } from '../measure/profile.js';
import type { MeasuredStars } from '../measure/search.js';
import type { Place } from '../sky/place.js';
import { untouched } from './method.js';
import type { MeasuredFrame, RestoredFrame, StarRestoration } from './method.js';
import { planWindows } from './plan-windows.js';
import { restoreWindows } from './restore-windows.js';
import type { WindowSolver } from './restore-windows.js';
import type { WindowSteps } from './steps.js';
import { windowSide, windowsAround } from './windows.js';

/** A method that deconvolves windows around stars. */
export interface WindowMethod extends WindowSolver {
  readonly stepsFor: (stars: MeasuredStars, scope: Scope) => WindowSteps;
}

/** A method that deconvolves windows, as one of star frames. */
export function windowRestoration(method: WindowMethod): StarRestoration {
  return {
    method: method.method,
    buffers: (size, extentPx, machine) => planWindows(method.method, size, extentPx, machine),
    restore: (measured, scope) => restoreAroundStars(measured, method, scope),
  };
}

async function restoreAroundStars(
  { frame: source, plane, look: { psfAt }, stars, plannedBytes }: MeasuredFrame,
  method: WindowMethod,
  scope: Scope,
): Promise<RestoredFrame> {
  if (psfAt === null || stars.found.length === 0) return untouched(source);
  const windows = placeWindows(stars.found, stars.fit.profile, source, scope);
  const frame = { ...source, data: copySamples(source.data) } as AnyFrame;
  const psfOf = ({ left, top, width, height }: Region): Psf => psfAt(left + (width - 1) / 2, top + (height - 1) / 2);
  const settings = { ...method, steps: method.stepsFor(stars, scope), sigma: plane.sigma, plannedBytes };
  return { frame, windows, ...(await restoreWindows(frame, windows, psfOf, settings, scope)) };
}

function placeWindows(
  places: readonly Place[],
  { extentPx, sigmaPx }: StarProfile,
  { width, height }: AnyFrame,
  { binding }: Scope,
): Region[] {
  const side = windowSide(extentPx, sigmaPx, (least) => binding.goodFftSize(least));
  if (side > Math.min(width, height)) {
    throw new ArgumentError(
      `The frame of ${width}x${height} pixels is smaller than one window of ${side}x${side} around a star: ` +
        "use method 'none', or a larger frame",
    );
  }
  return windowsAround(places, side, { width, height });
}
