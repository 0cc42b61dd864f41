import { checkDeconvolveOptions } from '../deconvolve/options.js';
import type { PsfSource } from '../deconvolve/psf-source.js';
import type { DeconvolveSettings } from '../deconvolve/settings.js';
import { DEFAULT_MODEL } from '../network/model/catalog.js';
import { openNetwork } from '../network/open.js';
import type { NetworkSettings, OpenNetwork } from '../network/open.js';
import type { RowSource } from '../network/row-source.js';
import type { Strip } from '../network/stream.js';
import { FrameRestorer } from '../restoration/frame-restorer.js';
import type { PlanSize, RestoreOptions } from '../restoration/frame-restorer.js';
import { DEFAULT_BUDGET } from '../runtime/budget.js';
import { ArgumentError, ModelError } from '../runtime/errors.js';
import { Runtime } from '../runtime/runtime.js';
import { checkCamera, readCamera } from './camera.js';
import type { Camera } from './camera.js';
import { describeMeans } from './choice.js';
import { ChosenRestoration } from './chosen-restoration.js';
import type { GivenSight, MeansAtHand } from './chosen-restoration.js';
import type { ChosenMethod, OfMethods } from './chosen-plan.js';
import type { ChosenReport } from './chosen-report.js';
import { givenBlur } from './known-blur.js';
import { checkChoosingOptions } from './options.js';
import type { ChoosingOptions } from './options.js';
import { streamRows } from './stream-rows.js';

/** Restores each frame by the means that suit its blur and its noise, one at a time, in a fixed amount of memory. */
export class ChoosingRestorer extends FrameRestorer<ChosenReport> {
  readonly #chosen: ChosenRestoration;

  private constructor(runtime: Runtime, chosen: ChosenRestoration) {
    super(runtime, chosen);
    this.#chosen = chosen;
  }

  /** As `Restorer.open` with the model 'auto'. @internal */
  static async open(options: ChoosingOptions): Promise<ChoosingRestorer> {
    const settings = checkChoosingOptions(options);
    const camera = await cameraOf(options);
    const runtime = Runtime.of(options, DEFAULT_BUDGET);
    const deconvolution = await settingsOf(camera?.psf ?? 'auto', settings);
    const { network, warnings } = await openIfFit(runtime, settings);
    const means: MeansAtHand = { network, deconvolution, integrity: settings.integrity, warnings };
    return new ChoosingRestorer(runtime, new ChosenRestoration(runtime, means, camera && sightOf(camera)));
  }

  /**
   * Restores rows as a sensor delivers them, as `Restorer.stream`: it cannot look at them first, so a kernel must have
   * been given, and a network must be what suits it. Rejects as that, and with ArgumentError where either is not so.
   */
  stream(
    rows: RowSource,
    frame: PlanSize,
    options: Pick<RestoreOptions, 'signal'> = {},
  ): AsyncGenerator<Strip, void, void> {
    const chosen = this.#chosen;
    return this.inScope(options, async function* (scope) {
      const choice = chosen.choiceForAll();
      if (!choice)
        throw new ArgumentError('stream() cannot look at a frame first: open it with a camera, a psf or a model');
      if (choice.means.kind !== 'network')
        throw new ArgumentError(
          `stream() needs a network, and ${choice.reason}: it would be ${describeMeans(choice.means)}; name a model`,
        );
      yield* streamRows(chosen.network!, rows, frame, options, scope);
    });
  }
}

/** What is said of the kernel and the noise. */
interface Said {
  readonly psf: PsfSource;
  readonly noise: number | null;
}

async function cameraOf({ psf, camera }: ChoosingOptions): Promise<Said | null> {
  if (psf !== undefined && psf !== 'auto') return { psf, noise: null };
  if (camera === undefined) return null;
  return typeof camera === 'string' ? await readCamera(camera) : await checkCamera(camera satisfies Camera);
}

function sightOf({ psf, noise }: Said): GivenSight {
  return { blur: givenBlur(wordsOf(psf)), noise };
}

function wordsOf(psf: PsfSource): string {
  if (typeof psf === 'string') return psf;
  return 'kernels' in psf ? 'a field of kernels' : `a kernel of ${psf.width}x${psf.height}`;
}

async function settingsOf(psf: PsfSource, { integrity }: NetworkSettings): Promise<OfMethods<DeconvolveSettings>> {
  const check = (method: ChosenMethod): Promise<DeconvolveSettings> =>
    checkDeconvolveOptions({ psf, method, integrity }, 'options', []);
  return { 'hyper-laplacian': await check('hyper-laplacian'), wiener: await check('wiener') };
}

/** The network, or why there is none: other means are left. */
async function openIfFit(
  runtime: Runtime,
  settings: NetworkSettings,
): Promise<{ readonly network: OpenNetwork | null; readonly warnings: readonly string[] }> {
  try {
    return { network: await openNetwork(runtime, DEFAULT_MODEL, settings), warnings: [] };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { network: null, warnings: [`the network cannot be used: ${error.message}`] };
  }
}
