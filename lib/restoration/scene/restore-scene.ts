import { partPathsOf, readJournal } from '../../files/part-file.js';
import type { PartPaths } from '../../files/part-file.js';
import { unwritable } from '../../files/write-file.js';
import type { AnyFrameSize } from '../../image/frame.js';
import { warnOfLosses } from '../../image/metadata/lost.js';
import type { RowFormat, RowPicture } from '../../image/row-writer.js';
import type { ImageSource } from '../../image/source.js';
import { tiffFormOf, tiffFormsOf } from '../../image/tiff/form.js';
import type { TiffFormOptions } from '../../image/tiff/form.js';
import type { OperationReport } from '../../operation/report.js';
import { readPeakRss } from '../../runtime/garbage.js';
import { Headroom } from '../../runtime/headroom.js';
import { ledger } from '../../runtime/ledger.js';
import type { Kept, Lease } from '../../runtime/ledger.js';
import { PROCESS_BYTES } from '../../runtime/memory-plan.js';
import type { Scope } from '../../runtime/scope.js';
import type { FrameReport, Restoration } from '../restoration.js';
import { beginScene } from './begin-scene.js';
import { identify, parseJournal } from './journal.js';
import type { Journal, SceneIdentity } from './journal.js';
import type { PlannedScene, RowsAsked } from './plan-scene.js';
import { planFirst } from './plan-ways.js';
import { knowWhite } from './scene-white.js';
import { trustPart } from './trust-part.js';
import { writeScene } from './write-scene.js';

/** A file that is to be restored window by window. */
export interface SceneJob {
  readonly source: ImageSource;
  /** Where it is written, and how. */
  readonly path: string;
  readonly format: RowFormat;
  readonly form: TiffFormOptions;
  /** How its samples are to be understood, as text: part of what tells whether a part may be gone on with. */
  readonly reading: string;
  /** Whether what an earlier run has left may be gone on with. */
  readonly resume?: boolean;
  /** The most rows that a window may give; by default what is fastest. */
  readonly windowRows?: number;
}

/** A scene that has been restored into its file. */
export interface RestoredScene<Report extends FrameReport> {
  readonly size: AnyFrameSize;
  readonly metadata: ImageSource['metadata'];
  readonly report: Report;
}

/**
 * Restores a file window by window into another, in memory that does not depend on its height. What is restored is
 * written beside the output, and what is needed to go on with it; the output is replaced in the end. Rejects with
 * ArgumentError, ImageError, BudgetError, NativeError or the reason of the scope's signal.
 * @param restoration that can work on windows
 */
export async function restoreScene<Report extends FrameReport>(
  restoration: Restoration<Report>,
  { source, path: output, format, form: asked, reading, resume = false, windowRows }: SceneJob,
  scope: Scope,
): Promise<RestoredScene<Report>> {
  const opening = performance.now();
  const { header, metadata } = source;
  const { threads, runtime } = scope;
  const { budgetBytes } = runtime;
  const paths = await partPathsOf(output);
  const ways = waysToWrite({ source, format, form: asked, reading }, restoration.identity);
  const journal = await findJournal(paths, ways, output, resume);
  const rows: RowsAsked = journal ? { exact: journal.rows } : windowRows === undefined ? null : { most: windowRows };
  const open = ways.filter(({ identity }) => !journal || identity.reading === journal.identity.reading);
  const { picture, identity, scene } = planFirst(open, { restoration, source, threads, budgetBytes }, rows);
  const kept = restoration.keptFor(scene.plan);
  using lease = await reserve(restoration, scene, kept, scope);
  await new Headroom(lease, budgetBytes, () => scope.binding.trimHeap()).begin(kept?.bytes ?? 0);
  const trusted = journal && (await trustPart(journal, picture, paths, scope));
  const known = await knowWhite(source, scene.samples[0]!.count, scope);
  const running = performance.now();
  await using work = await beginScene(restoration, known, scene, scope);
  await writeScene(work, { paths, picture, identity, journal: trusted?.journal ?? null }, scope);
  const base: OperationReport<Report['plan']> = {
    operation: restoration.name,
    input: source.label,
    inputSha256: source.sha256,
    seconds: (performance.now() - running) / 1000,
    decodeSeconds: (running - opening) / 1000,
    peakRssBytes: readPeakRss(),
    isa: scope.isa,
    threads,
    plan: scene.plan,
    ...(await work.facts()),
    warnings: [
      ...source.warnings,
      ...(trusted?.warnings ?? []),
      ...work.warnings,
      ...warnOfLosses(format, metadata, header),
    ],
  };
  return { size: header, metadata, report: work.report(base) };
}

/** How a scene may be written, and what a part is known by that was. */
interface Way {
  readonly picture: RowPicture;
  readonly identity: SceneIdentity;
}

/** In the form that is asked for, or in those that take less and less memory where none is. */
function waysToWrite(
  { source, format, form: asked, reading }: Pick<SceneJob, 'source' | 'format' | 'form' | 'reading'>,
  restoration: string,
): Way[] {
  const { header, metadata, sha256 } = source;
  const forms = format === 'tiff' ? tiffFormsOf(header, metadata, asked) : [tiffFormOf(header, metadata)];
  return forms.map((form) => ({
    picture: { format, size: header, metadata, form },
    identity: identify(sha256, `${format} ${JSON.stringify(form)} ${reading}`, restoration),
  }));
}

/** What an earlier run has left. Throws ImageError where it has left something that nobody asked to go on with. */
async function findJournal(
  paths: PartPaths,
  ways: readonly Way[],
  output: string,
  resume: boolean,
): Promise<Journal | null> {
  const text = await readJournal(paths);
  if (text === null) return null;
  const identities = ways.map(({ identity }) => identity);
  if (resume) return parseJournal(text, identities, paths);
  throw unwritable(output, `${paths.part} is left of an earlier run: go on with it (--resume), or remove it`);
}

/** Waits for the memory of the largest window. */
function reserve<Report extends FrameReport>(
  restoration: Restoration<Report>,
  { plan }: PlannedScene<Report>,
  reuse: Kept | null,
  { signal }: Scope,
): Promise<Lease> {
  const { name, heldBytes } = restoration;
  const bytes = plan.bytes - PROCESS_BYTES - heldBytes;
  return ledger.reserve(
    { bytes, budgetBytes: plan.budgetBytes, purpose: `The operation ${name} by windows`, reuse },
    signal,
  );
}
