#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { realIo } from '../io.js';
import { check } from '../store/check.js';
import type { CheckReport, ClientRecord } from '../store/check.js';
import { rebuildStore } from '../store/open.js';
import type { RecoveryReport } from '../store/store.js';
import { readCatalogue } from '../store/read-catalogue.js';
import { toServiceError } from '../errors.js';

/** Something is wrong with the store; something else is wrong. */
const [EXIT_FINDINGS, EXIT_ERROR] = [1, 2];

const program = new Command('perifocal-store').description(
  'Checks the store of a capture service, or makes its database anew. Stop the service first.',
);

program
  .command('check <folder>')
  .description('reads files, manifests and database, and says what does not fit; changes nothing')
  .option('--client-log <file>', 'what clients have been told, one JSON a line: compared with the store')
  .option('--quick', 'compare sizes, and not digests')
  .option('--json', 'print the report as JSON')
  .action(async (folder: string, options: { clientLog?: string; quick?: boolean; json?: boolean }) => {
    const report = await checkFolder(folder, options.clientLog, !options.quick);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeCheck(report));
    process.exitCode = report.findings.length > 0 ? EXIT_FINDINGS : 0;
  });

program
  .command('rebuild <folder>')
  .description('makes the database anew from manifests; the old one is dropped when the new one is durable')
  .option('--json', 'print the report as JSON')
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

async function checkFolder(folder: string, clientLog: string | undefined, deep: boolean): Promise<CheckReport> {
  const catalogue = await readCatalogue(folder);
  const log = clientLog === undefined ? [] : readLog(await readFile(clientLog, 'utf8'));
  return check({ io: realIo(), folder, rows: async (table) => catalogue[table], clientLog: log, deep });
}

/** The last line may be torn: the client has been killed too. */
function readLog(text: string): ClientRecord[] {
  const lines = text.split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as ClientRecord);
}

function describeCheck({ findings, captures, events, files, bytes }: CheckReport): string {
  const lines = findings.map(({ invariant, message }) => `${invariant}  ${message}\n`);
  const verdict =
    findings.length === 0 ? 'all is as it should be' : `${findings.length} things are not as they should be`;
  return `${lines.join('')}${captures} captures, ${events} events, ${files} files of ${bytes} bytes: ${verdict}\n`;
}

const describeRebuild = ({ captures, seconds, quarantinedFiles, requeued }: RecoveryReport): string =>
  `${captures} captures in ${seconds.toFixed(1)} s; ${requeued} go back into the queue, ` +
  `${quarantinedFiles} files that nobody knows are in quarantine\n`;
