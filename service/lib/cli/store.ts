#!/usr/bin/env node
import { Command } from 'commander';
import { toServiceError } from '../errors.js';
import { realIo } from '../io.js';
import { checkAndHeal, checkStore } from '../store/check-store.js';
import type { HealReport } from '../store/check-store.js';
import type { ClientRecord, Finding } from '../store/check.js';
import { rebuildStore } from '../store/open.js';
import type { RecoveryReport } from '../store/store.js';

/** Something is wrong with the store; something else is wrong. */
const [EXIT_FINDINGS, EXIT_ERROR] = [1, 2];
const EXIT_CODES = `
Exit codes: 0 all is well, or all has been mended; 1 something is not as it should be; 2 it could not be done, such as
LOCKED where a service has the store open.`;
const MOST_LOG_BYTES = 2 ** 30;

interface CheckFlags {
  readonly clientLog?: string;
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly heal?: boolean;
}

const program = new Command('perifocal-store')
  .description('Checks the store of a capture service, or makes its database anew. Stop the service first.')
  .addHelpText('after', EXIT_CODES);

program
  .command('check <folder>')
  .description('reads files, manifests and database, and says what does not fit; changes nothing')
  .option('--client-log <file>', 'what clients have been told, one JSON a line: compared with the store')
  .option('--quick', 'compare sizes, and not digests')
  .option('--heal', 'mend what can be mended, and say what has been')
  .option('--json', 'print the report as JSON')
  .addHelpText('after', EXIT_CODES)
  .action(async (folder: string, flags: CheckFlags) => {
    const report = await checkFolder(folder, flags);
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : describeCheck(report));
    process.exitCode = report.findings.length > 0 ? EXIT_FINDINGS : 0;
  });

program
  .command('rebuild <folder>')
  .description('makes the database anew from manifests; the old one is asked where they are damaged, and kept aside')
  .option('--json', 'print the report as JSON')
  .addHelpText('after', EXIT_CODES)
  .action(async (folder: string, options: { json?: boolean }) => {
    const report = await rebuildStore({ folder, io: realIo() });
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeRebuild(report));
  });

try {
  await program.parseAsync();
} catch (error) {
  const { code, message } = toServiceError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exitCode = EXIT_ERROR;
}

async function checkFolder(folder: string, { clientLog, quick, heal }: CheckFlags): Promise<HealReport> {
  const io = realIo();
  const log = clientLog === undefined ? null : await io.readSetting(clientLog, MOST_LOG_BYTES);
  const options = { io, folder, clientLog: log ? readLog(Buffer.from(log.bytes).toString()) : [], deep: !quick };
  return heal ? checkAndHeal(options) : { ...(await checkStore(options)), mended: [] };
}

/** The last line may be torn: the client has been killed too. */
function readLog(text: string): ClientRecord[] {
  const lines = text.split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as ClientRecord);
}

function describeCheck({ findings, mended, captures, events, files, bytes }: HealReport): string {
  const line =
    (prefix: string) =>
    ({ invariant, message }: Finding): string =>
      `${prefix}${invariant}  ${message}\n`;
  const left = `${findings.length} things are not as they should be`;
  const verdict = findings.length === 0 ? 'all is as it should be' : left;
  const lines = [...mended.map(line('mended  ')), ...findings.map(line(''))];
  return `${lines.join('')}${captures} captures, ${events} events, ${files} files of ${bytes} bytes: ${verdict}\n`;
}

function describeRebuild({ captures, seconds, quarantinedFiles, requeued }: RecoveryReport): string {
  const made = `${captures} captures in ${seconds.toFixed(1)} s; ${requeued} go back into the queue`;
  return `${made}, ${quarantinedFiles} files that nobody knows are in quarantine\n`;
}
