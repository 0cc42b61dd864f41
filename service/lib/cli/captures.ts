import type { Command } from 'commander';
import { LEVELS } from '../capture/capture.js';
import type { PublicCapture, Level, OutputFormat } from '../capture/capture.js';
import { CaptureClient } from '../client/index.js';
import type { CaptureWish, FileKind, Place } from '../client/index.js';
import { ServiceError } from '../errors.js';
import { realIo } from '../io.js';

const MOST_TOKEN_BYTES = 1024;

/** Where the service is. */
interface PlaceFlags {
  readonly socket: string;
  readonly port?: string;
  readonly tokenFile?: string;
}

const DEFAULT_SOCKET = process.env.PERIFOCAL_SOCKET || '/run/perifocal/api.sock';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The number that an option gives. Throws ServiceError `INVALID` where it is none. */
function numberOf(option: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new ServiceError('INVALID', `${option} is '${text}': give a number`);
}

function paramsOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new ServiceError('INVALID', `--params is no JSON: ${(error as Error).message}: give an object`);
  }
}

async function clientOf({ socket, port, tokenFile }: PlaceFlags): Promise<CaptureClient> {
  if (port === undefined) return new CaptureClient({ socketPath: socket, retrySeconds: 2 });
  if (tokenFile === undefined) {
    throw new ServiceError('INVALID', '--port needs --token-file: over TCP, clients are known by a token');
  }
  const { bytes } = await realIo().readSetting(tokenFile, MOST_TOKEN_BYTES);
  const place: Place = { port: numberOf('--port', port), token: Buffer.from(bytes).toString().trim() };
  return new CaptureClient({ ...place, retrySeconds: 2 });
}

const describe = ({ id, state, level, request, reason, product }: PublicCapture): string =>
  [id, request.camera, state, level ?? '-', product ? `${product.bytes} bytes` : '-', reason ?? '']
    .join('  ')
    .trimEnd();

interface ListFlags {
  readonly state?: PublicCapture['state'];
  readonly camera?: string;
  readonly newest?: boolean;
  readonly limit: string;
}

async function list(client: CaptureClient, { limit, ...query }: ListFlags): Promise<void> {
  const most = numberOf('--limit', limit);
  let count = 0;
  for await (const capture of client.list(query)) {
    if (count++ >= most) return;
    print(describe(capture));
  }
}

interface RequestFlags {
  readonly camera: string;
  readonly id?: string;
  readonly priority?: string;
  readonly deadline?: string;
  readonly format?: OutputFormat;
  readonly levels?: string;
  readonly params?: string;
  readonly output?: string;
}

function wishOf({ camera, priority, deadline, format, levels, params }: RequestFlags): CaptureWish {
  return {
    camera,
    ...(priority !== undefined && { priority: numberOf('--priority', priority) }),
    ...(deadline !== undefined && { deadlineMs: Math.round(1000 * numberOf('--deadline', deadline)) }),
    ...(format !== undefined && { output: { format } }),
    ...(levels !== undefined && { levels: levels.split(',') as Level[] }),
    ...(params !== undefined && { params: paramsOf(params) }),
  };
}

/** With an output, waits for the product, saves it, and says that it has it. */
async function request(client: CaptureClient, flags: RequestFlags): Promise<void> {
  const { id } = await client.request(wishOf(flags), flags.id);
  if (flags.output === undefined) return print(id);
  const capture = await client.waitFor(id);
  print(describe(capture));
  if (capture.state !== 'stored') throw new Error(`Capture ${id} is ${capture.state}: ${capture.reason}`);
  await client.download(id, 'product', flags.output);
  await client.ack(id);
}

async function watch(client: CaptureClient, { after }: { readonly after?: string }): Promise<void> {
  const cursor = after === undefined ? await client.lastSeq() : numberOf('--after', after);
  for await (const { seq, at, captureId, type, detail } of client.events({ after: cursor })) {
    print(`${seq}  ${new Date(at).toISOString()}  ${captureId}  ${type}  ${JSON.stringify(detail)}`);
  }
}

interface GetFlags {
  readonly file?: FileKind;
  readonly output?: string;
}

async function get(client: CaptureClient, id: string, { file = 'product', output }: GetFlags): Promise<void> {
  if (output === undefined) return print(JSON.stringify(await client.get(id), null, 2));
  const { bytes, sha256 } = await client.download(id, file, output);
  print(`${output}: ${bytes} bytes, sha256 ${sha256}`);
}

/** `captures list|request|watch|get`: what an app does, from a shell. @param fail says an error, sets the exit code */
export function addCaptureCommands(program: Command, fail: (error: unknown) => void): void {
  const captures = program.command('captures').description('talk to a running service, as an app does');
  const add = (usage: string, text: string): Command =>
    captures
      .command(usage)
      .description(text)
      .option('--socket <path>', 'Unix socket of the service', DEFAULT_SOCKET)
      .option('--port <number>', 'its port on this machine instead')
      .option('--token-file <file>', 'token for the port');
  const run = async (flags: PlaceFlags, work: (client: CaptureClient) => Promise<void>): Promise<void> => {
    await clientOf(flags).then(work).catch(fail);
    // Connections are kept alive for more calls, and there are none.
    process.exit();
  };
  add('list', 'list captures')
    .option('--state <state>', 'only those in this state')
    .option('--camera <name>', 'only those of this camera')
    .option('--newest', 'newest first')
    .option('--limit <number>', 'at most so many', '100')
    .action((flags: ListFlags & PlaceFlags) => {
      const { socket, port, tokenFile, ...query } = flags;
      return run(flags, (client) => list(client, query));
    });
  add('request', 'ask for a capture; print its id, or save its product')
    .requiredOption('--camera <name>', 'the camera')
    .option('--id <uuid>', 'ask once for sure: the same id is the same request')
    .option('--priority <0..9>', '9 the most urgent')
    .option('--deadline <seconds>', 'the product is wanted within that time')
    .option('--format <format>', 'png, jpeg, webp, tiff or fits')
    .option('--levels <list>', `of ${LEVELS.join(',')}`)
    .option('--params <json>', 'for the driver')
    .option('-o, --output <file>', 'wait, save the product there, and acknowledge it')
    .action((flags: RequestFlags & PlaceFlags) => run(flags, (client) => request(client, flags)));
  add('watch', 'print events as they come')
    .option('--after <seq>', 'from that event on; default: from now')
    .action((flags: { after?: string } & PlaceFlags) => run(flags, (client) => watch(client, flags)));
  add('get <id>', 'print a capture, or save one of its files')
    .option('--file <kind>', 'raw, product or thumbnail', 'product')
    .option('-o, --output <file>', 'save it there')
    .action((id: string, flags: GetFlags & PlaceFlags) => run(flags, (client) => get(client, id, flags)));
}
