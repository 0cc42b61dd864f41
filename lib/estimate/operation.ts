import type { FrameSource } from '../image/source.js';
import type { Operation } from '../operation/operation.js';
import type { MemoryPlan } from '../runtime/memory-plan.js';
import type { Runtime } from '../runtime/runtime.js';
import type { Scope } from '../runtime/scope.js';
import { settleAll } from '../runtime/settle-all.js';
import { estimateBlur } from './blur.js';
import type { BlurOfKind, EstimateKind } from './blur.js';
import { discard } from './discard.js';
import { estimateNoiseModel, fitNoise } from './noise-model.js';
import type { NoiseEstimate } from './noise-model.js';
import { planInputs } from './plan.js';
import { estimateFromReference } from './reference/reference-blur.js';
import type { ReferenceEstimate } from './reference/reference-estimate.js';
import { measureResidual } from './reference/residual.js';
import type { EstimateSettings } from './settings.js';

/** What a blur is estimated as. */
export type BlurEstimate = BlurOfKind[EstimateKind] | ReferenceEstimate;

/** What a frame tells of the camera that took it. */
export interface CameraEstimate<Blur extends BlurEstimate = BlurEstimate> {
  readonly blur: Blur;
  /** Null where no part of the frame tells it. */
  readonly noise: NoiseEstimate | null;
}

/** The estimate of a frame, or of a frame and its reference. */
export function estimateOperation(
  settings: EstimateSettings,
  runtime: Pick<Runtime, 'threads' | 'budgetBytes'>,
): Operation<MemoryPlan, CameraEstimate> {
  return {
    name: 'estimate',
    depths: [8, 16, 32],
    plan: (inputs) => planInputs(inputs, settings, runtime),
    run: ([source, reference], _, scope) =>
      reference ? measureAgainst(scope, source!, reference, settings) : estimateAlone(scope, source!, settings.kind),
  };
}

async function estimateAlone(scope: Scope, source: FrameSource, kind: EstimateKind): Promise<CameraEstimate> {
  const [blur, noise] = await settleAll([estimateBlur(scope, source, kind), estimateNoiseModel(scope, source)]);
  return { blur, noise };
}

async function measureAgainst(
  scope: Scope,
  source: FrameSource,
  reference: FrameSource,
  settings: EstimateSettings,
): Promise<CameraEstimate> {
  const blur = await estimateFromReference(scope, source, reference, settings);
  // Both as brightness, the reference on the frame's grid, and what it predicts.
  const { width, height } = source.frame;
  discard(scope, 4 * (3 * width * height + reference.frame.width * reference.frame.height));
  const residual = await measureResidualNoise(scope, source, reference, blur);
  return { blur, noise: residual ?? (await estimateNoiseModel(scope, source)) };
}

/** The noise of what the reference leaves unexplained; null where that says nothing: JPEG has changed the noise. */
async function measureResidualNoise(
  scope: Scope,
  source: FrameSource,
  reference: FrameSource,
  { kernel, kernels, registration }: ReferenceEstimate,
): Promise<NoiseEstimate | null> {
  if (!kernel || !registration || source.isJpeg) return null;
  const field = kernels ?? { columns: 1, rows: 1, kernels: [kernel] };
  const tiles = await measureResidual(scope, source, reference, registration.toReference, field);
  return tiles && fitNoise(tiles, source, 'residual');
}
