import { join } from 'node:path';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { check } from './check.js';
import type { CheckReport, ClientRecord, Finding } from './check.js';
import { FORMAT_NAME } from './layout.js';
import { healStore } from './open.js';
import { readCatalogue } from './read-catalogue.js';
import { holdLock } from './sqlite-lock.js';

/** What is checked, and against what. */
export interface CheckStoreOptions {
  readonly io: Io;
  readonly folder: string;
  readonly clientLog?: readonly ClientRecord[];
  /** Reads all files and compares digests; else sizes only. */
  readonly deep: boolean;
}

/** A check, what it has had mended, and what is left. */
export interface HealReport extends CheckReport {
  readonly mended: readonly Finding[];
}

/**
 * Checks a store, and changes nothing in it. Its lock is taken, so that nobody changes it meanwhile: rejects with
 * `LOCKED` where a service has it, with `FORMAT` where there is no store.
 */
export async function checkStore({ io, folder, ...options }: CheckStoreOptions): Promise<CheckReport> {
  if ((await io.stat(join(folder, FORMAT_NAME)))?.kind !== 'file') {
    throw new ServiceError('FORMAT', `${folder} is no store: it has no file ${FORMAT_NAME}`);
  }
  const lock = holdLock(folder);
  try {
    const { rows, halved, faults } = await readCatalogue(io, folder);
    return await check({ io, folder, rows: async (table) => rows[table], halved, faults, ...options });
  } finally {
    lock.close();
  }
}

/** Checks a store, mends what can be mended, and checks again: what is not found any more has been mended. */
export async function checkAndHeal(options: CheckStoreOptions): Promise<HealReport> {
  const before = await checkStore(options);
  if (before.findings.length === 0) return { ...before, mended: [] };
  await healStore(options);
  const after = await checkStore(options);
  const left = new Set(after.findings.map(({ message }) => message));
  return { ...after, mended: before.findings.filter(({ message }) => !left.has(message)) };
}
