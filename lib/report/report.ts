import { sameFile } from '../files/same-file.js';
import { checkWritable, writeAtomically } from '../files/write-file.js';
import type { ImageInput } from '../image/reading.js';
import { IMAGE_OPTIONS, toInputs } from '../operation/options.js';
import type { ImageOptions } from '../operation/options.js';
import { perform } from '../operation/perform.js';
import type { OperationReport } from '../operation/report.js';
import { fromArray } from '../psf/psf.js';
import type { Psf, PsfWeights } from '../psf/psf.js';
import { parse } from '../psf/spec.js';
import { ArgumentError } from '../runtime/errors.js';
import { RUNTIME_OPTIONS, Runtime } from '../runtime/runtime.js';
import type { RuntimeChoice } from '../runtime/runtime.js';
import { Scope } from '../runtime/scope.js';
import { expected, requireKnownKeys, requireString } from '../runtime/validate.js';
import { ROLES, reportOperation, tell } from './operation.js';
import { layOut } from './page.js';
import { describeProvenance } from './provenance.js';
import { describeRun } from './run.js';
import type { RunFacts } from './run.js';

/** Options of {@link createReport} and {@link writeReport}. */
export interface ReportOptions extends RuntimeChoice, ImageOptions {
  /** The sharp frame, of equal size, colours and depth. */
  readonly reference?: ImageInput;
  /** The kernel of the blur, in words, as a file or as weights; it is drawn with its transfer function. */
  readonly psf?: string | PsfWeights;
  /** How the restoration went: its `report`, or what the command line printed with `--json`. */
  readonly run?: RunFacts;
  /** Heading; 'Before and after' by default. */
  readonly title?: string;
}

/** A report, and how making it went. */
export interface Report {
  /** The page: one text of HTML that loads nothing. */
  readonly html: string;
  readonly report: OperationReport;
}

const OPTION_KEYS: readonly (keyof ReportOptions)[] = [
  'reference',
  'psf',
  'run',
  'title',
  ...IMAGE_OPTIONS,
  ...RUNTIME_OPTIONS,
];

/**
 * A page that compares a frame before and after its restoration: a view with a movable border, details, spectra,
 * kernel, metrics, run and provenance. Rejects with ArgumentError, BudgetError, IsaError, NativeError, or ImageError,
 * also where the frames differ in size, colours or depth, or with the signal's reason.
 */
export async function createReport(
  before: ImageInput,
  after: ImageInput,
  options: ReportOptions = {},
): Promise<Report> {
  const { reference, run, title } = checkReportOptions(options);
  const runtime = Runtime.of(options);
  using scope = new Scope(runtime, options);
  const psf = await readPsf(options.psf);
  const images = [before, after, ...(reference === undefined ? [] : [reference])];
  using performed = await perform(reportOperation(psf, runtime), toInputs(images, options, ROLES), scope);
  const { parts, pixelDigests } = performed.outcome;
  const origins = performed.sources.map((source, index) => ({
    role: ROLES[index]!,
    source,
    pixelDigest: pixelDigests[index]!,
  }));
  const html = layOut(title, [...parts, describeRun(run), describeProvenance(origins, scope.isa)]).text;
  tell(scope, 'page written');
  return { html, report: performed.report };
}

/**
 * Writes a report to a file, whole or not at all. Rejects as {@link createReport} does, with ArgumentError where the
 * file is one of the inputs, and with ImageError where it cannot be written; that is found before anything is read.
 */
export async function writeReport(
  path: string,
  before: ImageInput,
  after: ImageInput,
  options: ReportOptions = {},
): Promise<OperationReport> {
  checkReportOptions(options);
  await checkWritable(requireString('path', path));
  for (const input of [before, after, options.reference, options.psf]) {
    if (typeof input === 'string' && (await sameFile(path, input)))
      throw new ArgumentError(`The report would overwrite ${input}, which it is made from: give it another path`);
  }
  const { html, report } = await createReport(before, after, options);
  await writeAtomically(path, [new TextEncoder().encode(html)], options.signal);
  return report;
}

interface CheckedOptions extends Pick<ReportOptions, 'reference' | 'run'> {
  readonly title: string;
}

function checkReportOptions(options: ReportOptions): CheckedOptions {
  requireKnownKeys('options', options, OPTION_KEYS);
  const { reference, run, title = 'Before and after' } = options;
  requireString('title', title);
  if (run !== undefined && (typeof run !== 'object' || run === null || Array.isArray(run)))
    throw expected('object', 'run', run);
  return { title, ...(reference !== undefined && { reference }), ...(run !== undefined && { run }) };
}

async function readPsf(source: string | PsfWeights | undefined): Promise<Psf | null> {
  if (source === undefined) return null;
  return typeof source === 'string' ? parse(source) : fromArray(source);
}
