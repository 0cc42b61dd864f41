import { basename, extname } from 'node:path';
import { ModelError } from '../runtime/errors.js';
import { garbage } from '../runtime/garbage.js';
import type { IntegrityMode } from '../runtime/integrity.js';
import type { NativeModel, NetworkShape, PassShape } from '../runtime/native/binding.js';
import type { Runtime } from '../runtime/runtime.js';
import { Scope } from '../runtime/scope.js';
import type { ConvCache } from './conv-cache.js';
import { chooseWinograd } from './convolutions.js';
import type { ConvChoice } from './convolutions.js';
import { IntegrityTally } from './integrity.js';
import { KnownAnswer } from './known-answer.js';
import { planKnownFrame } from './known-frame.js';
import { resolveModel } from './model/catalog.js';
import { findKnownAnswer } from './model/known-answers.js';
import { loadModelFile, parseModel } from './model/load.js';
import type { Model } from './model/load.js';
import type { ModelRange } from './model/range.js';
import { NetworkRestoration } from './network-restoration.js';
import type { ModelReload } from './loaded-model.js';
import type { PlanContext } from './plan.js';

/** What is known of a model that is open. */
export interface ModelInfo {
  /** The name of its file without extension, or the one in its metadata. */
  readonly name: string;
  readonly shape: NetworkShape;
  /** Hex SHA-256 of the tensor data. */
  readonly sha256: string;
  /** What the file says about itself. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What frames it was made for; null where the file does not state it. */
  readonly range: ModelRange | null;
}

/** Checked options of a network. */
export interface NetworkSettings {
  readonly conv: ConvChoice;
  readonly cache: ConvCache | null;
  readonly stripRows: number;
  readonly ensemble: 1 | 2 | 4;
  readonly integrity: IntegrityMode;
}

/** A model, ready to restore frames. */
export interface OpenNetwork {
  readonly restoration: NetworkRestoration;
  readonly info: ModelInfo;
}

/** Loads a model from its name, its file or its bytes. Rejects with PerifocalError. */
export async function openNetwork(
  runtime: Runtime,
  source: string | Uint8Array,
  { conv, cache, ...settings }: NetworkSettings,
): Promise<OpenNetwork> {
  using scope = new Scope(runtime);
  const { isa, binding } = scope;
  const { threads, budgetBytes } = runtime;
  // Nothing may hold on to the tensors, which are views of the whole file.
  const { tensors, fileBytes, ...info } = await readModel(source);
  const { shape } = info;
  const winograd = await chooseWinograd(scope, shape, conv, cache);
  const checked = settings.integrity !== 'off';
  const load = (from: Model['tensors'], within: Scope): Promise<NativeModel> =>
    within.call((native, ticket) => native.loadModel(from, shape, isa, winograd, ticket, checked), 1);
  const model = await load(tensors, scope);
  garbage.add(fileBytes);
  const { winogradLayers } = model;
  const warnings: string[] = cache?.warning ? [cache.warning] : [];
  const context: PlanContext = {
    ...settings,
    threads,
    budgetBytes,
    shape,
    convolutions: binding.convolutionsOf(shape, winogradLayers),
    coverage: model.coverage,
    knownBytes: 0,
    warnings,
    planPass: (pass: PassShape) => binding.planPass(shape, pass, isa, winogradLayers),
  };
  const reload = typeof source === 'string' && checked ? reloader(source, info.sha256, load) : null;
  const known = checked ? await createKnownAnswer(context, info) : null;
  const planned = { ...context, knownBytes: known?.bytes ?? 0 };
  const restoration = new NetworkRestoration(binding, model, info, planned, reload, known);
  warnings.push(...(await begin(restoration, scope)));
  return { restoration, info };
}

async function createKnownAnswer(context: PlanContext, { sha256 }: Pick<ModelInfo, 'sha256'>): Promise<KnownAnswer> {
  return new KnownAnswer(planKnownFrame(context), await findKnownAnswer(sha256));
}

/** Sees to it that the known frame comes out as it must. Resolves to what went less well, for people. */
async function begin(restoration: NetworkRestoration, scope: Scope): Promise<string[]> {
  const tally = new IntegrityTally();
  try {
    await restoration.begin(scope, tally);
  } catch (error) {
    restoration.dispose();
    throw error;
  }
  const { restarts } = tally;
  return restarts === 0 ? [] : [`the model was read anew ${restarts} times before it restored a known frame rightly`];
}

/** Reads a model again that was read before, which must still be the same. */
function reloader(
  source: string,
  sha256: string,
  load: (tensors: Model['tensors'], scope: Scope) => Promise<NativeModel>,
): ModelReload {
  return async (scope) => {
    const again = await readModel(source);
    if (again.sha256 !== sha256) {
      throw new ModelError('MODEL_INVALID', `'${source}' has changed since it was opened`);
    }
    const model = await load(again.tensors, scope);
    garbage.add(again.fileBytes);
    return model;
  };
}

async function readModel(source: string | Uint8Array): Promise<Model & { name: string }> {
  if (typeof source !== 'string') {
    const model = await parseModel(source);
    return { ...model, name: model.metadata.name ?? 'unnamed' };
  }
  const path = await resolveModel(source);
  return { ...(await loadModelFile(path)), name: basename(path, extname(path)) };
}
