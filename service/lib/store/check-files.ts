import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Io } from '../io.js';
import type { CheckOptions, File, Report, Row } from './check-types.js';

const MOST_MANIFEST_BYTES = 2 ** 20;
const TOP = /^(format|lock|lock-journal|reserve|inbox|quarantine|\d{4,6}|catalogue-\d{6}\.db(-wal|-shm|-journal)?)$/;

/** I1, I3 and I5: files are those of the records, to the last bit. Resolves with what there is. */
export async function checkFiles(
  options: CheckOptions,
  rows: ReadonlyMap<string, Row>,
  damaged: ReadonlySet<number>,
  report: Report,
): Promise<{ files: number; bytes: number }> {
  const { io, folder } = options;
  const sum = { files: 0, bytes: 0 };
  for (const name of await io.list(folder)) if (!TOP.test(name)) report('I3', `${name} is a stranger in the store`);
  for (const id of await io.list(join(folder, 'inbox'))) {
    if (rows.get(id)?.capture.state !== 'acquiring') report('I3', `inbox/${id} is a frame that nobody waits for`);
  }
  const known = new Map([...rows.values()].map((row) => [folderOf(row.capture), row]));
  const { untidy, broken } = await marksOf(options);
  const isMild = ({ capture: { order } }: Row): boolean => !options.settled && untidy.includes(order);
  for await (const path of captureFolders(io, folder)) {
    const row = known.get(path);
    const names = await io.list(join(folder, path));
    // One whose record is damaged has been told of.
    const isTold = !row && damaged.has(await orderIn(io, join(folder, path), names));
    if (!row && names.length > 0 && !isTold) report('I3', `${path} has files and no record`);
    if (row) known.delete(path);
    if (row) await checkFolder({ ...options, broken }, path, names, row, sum, isMild(row) ? mild(report) : report);
  }
  for (const [path, row] of known) await checkFolder({ ...options, broken }, path, [], row, sum, report);
  return sum;
}

/** What the service knows: captures whose folder it is to tidy, and those whose product it is to make anew. */
interface Marks {
  readonly untidy: readonly number[];
  readonly broken: readonly number[];
}

async function marksOf({ rows }: CheckOptions): Promise<Marks> {
  const memo = (await rows('memos')).find(({ key }) => key === 1)?.body;
  return { untidy: [], broken: [], ...(memo ? (JSON.parse(memo) as Partial<Marks>) : {}) };
}

/** The order that the manifests of a folder know; 0 for none. */
async function orderIn(io: Io, path: string, names: readonly string[]): Promise<number> {
  for (const name of ['manifest.json', 'acquired.json'].filter((each) => names.includes(each))) {
    const said = readSealed(await io.readFile(join(path, name), MOST_MANIFEST_BYTES)) as {
      capture: Row['capture'];
    } | null;
    if (said) return said.capture.order;
  }
  return 0;
}

/** Files too many are no finding yet. */
const mild =
  (report: Report): Report =>
  (invariant, message) => {
    if (invariant !== 'I3' && !message.includes('does not say whether')) report(invariant, message);
  };

async function* captureFolders(io: Io, root: string, path = '', depth = 0): AsyncGenerator<string> {
  if (depth === 4) yield path;
  else {
    const names = await io.list(join(root, path));
    for (const name of names.filter((each) => depth > 0 || /^\d{4,6}$/.test(each))) {
      if ((await io.stat(join(root, path, name)))?.kind !== 'folder') continue;
      yield* captureFolders(io, root, path === '' ? name : `${path}/${name}`, depth + 1);
    }
  }
}

function folderOf({ id, createdAt }: Row['capture']): string {
  const date = new Date(createdAt);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getUTCFullYear()}/${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${id}`;
}

async function checkFolder(
  options: CheckOptions & Pick<Marks, 'broken'>,
  path: string,
  names: readonly string[],
  { capture, manifestBytes }: Row,
  sum: { files: number; bytes: number },
  report: Report,
): Promise<void> {
  const { io, folder } = options;
  const expected = new Set<string>();
  for (const file of [capture.raw, capture.product, capture.thumbnail]) {
    if (!file?.present) continue;
    expected.add(file.name);
    const fault = await faultOf(options, join(folder, path, file.name), file);
    if (fault === null) continue;
    const waits = file === capture.product && options.broken.includes(capture.order);
    const message = `${path}/${file.name} ${fault}${waits ? ': it is made anew when the service runs' : ''}`;
    report(file === capture.raw && capture.state !== 'stored' ? 'I5' : 'I1', message);
  }
  let counted = 0;
  for (const name of names) {
    const { bytes = 0 } = (await io.stat(join(folder, path, name))) ?? {};
    sum.files += 1;
    sum.bytes += bytes;
    if (name === 'manifest.json' || name === 'acquired.json') counted += bytes;
    else if (!expected.has(name) && !(name.startsWith('draft-') && capture.state === 'restoring')) {
      report('I3', `${path}/${name} is not in the record of a capture that is ${capture.state}`);
    }
  }
  if (counted !== manifestBytes)
    report('I3', `${path} has manifests of ${counted} bytes, and ${manifestBytes} are counted`);
  if (capture.state === 'stored') await checkManifest(options, path, names, capture, report);
  else if (names.includes('manifest.json')) report('I3', `${path} has a manifest, and is ${capture.state}`);
  if (capture.raw?.present && !names.includes('acquired.json')) report('I5', `${path} has a frame without its record`);
}

async function checkManifest(
  { io, folder }: CheckOptions,
  path: string,
  names: readonly string[],
  capture: Row['capture'],
  report: Report,
): Promise<void> {
  if (!names.includes('manifest.json')) {
    report('I1', `${path} has no manifest`);
    return;
  }
  const bytes = await io.readFile(join(folder, path, 'manifest.json'), MOST_MANIFEST_BYTES);
  const said = readSealed(bytes) as { capture: Row['capture'] } | null;
  if (!said) report('I1', `${path}/manifest.json is damaged`);
  else if (said.capture.id !== capture.id || said.capture.product?.sha256 !== capture.product?.sha256) {
    report('I2', `${path}/manifest.json tells of another product`);
  } else if (said.capture.product?.present !== capture.product?.present) {
    report('I1', `${path}/manifest.json does not say whether its product is there`);
  }
}

/** JSON whose digest is right, or null. */
function readSealed(bytes: Uint8Array): unknown {
  try {
    const { sha256, ...content } = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    const sorted = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(sorted);
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([key, item]) => [key, sorted(item)] as const);
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    };
    return createHash('sha256')
      .update(JSON.stringify(sorted(content)))
      .digest('hex') === sha256
      ? content
      : null;
  } catch {
    return null;
  }
}

async function faultOf({ io, deep = true }: CheckOptions, path: string, file: File): Promise<string | null> {
  const found = await io.stat(path);
  if (!found) return 'is missing';
  if (found.bytes !== file.bytes) return `has ${found.bytes} bytes, and ${file.bytes} were stored`;
  if (!deep) return null;
  const handle = await io.open(path);
  const hash = createHash('sha256');
  const chunk = new Uint8Array(Math.min(2 ** 20, file.bytes));
  for (let at = 0; at < file.bytes; at += chunk.length) hash.update(chunk.subarray(0, await handle.read(chunk, at)));
  await handle.close();
  return hash.digest('hex') === file.sha256 ? null : 'is not what was stored';
}
