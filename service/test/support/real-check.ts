import { existsSync, readFileSync } from 'node:fs';
import { realIo } from '../../lib/io.js';
import { check } from '../../lib/store/check.js';
import type { ClientRecord } from '../../lib/store/check.js';
import type { Table } from '../../lib/store/database.js';
import { readCatalogue } from '../../lib/store/read-catalogue.js';

/** What the checker finds in a real store that is closed, against what clients have been told. */
export async function findingsOf(folder: string, clientLog: readonly ClientRecord[]): Promise<string[]> {
  const { rows, halved, faults } = await readCatalogue(realIo(), folder);
  const options = { io: realIo(), folder, rows: async (table: Table) => rows[table], halved, faults, clientLog };
  const { findings } = await check(options);
  return findings.map(({ invariant, message }) => `${invariant}: ${message}`);
}

/** A log as the driver of crash tests writes it. Its last line may be torn, and notes are for people. */
export function parseClientLog(text: string): ClientRecord[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind !== 'note') as ClientRecord[];
}

export const readClientLog = (path: string): ClientRecord[] =>
  existsSync(path) ? parseClientLog(readFileSync(path, 'utf8')) : [];
