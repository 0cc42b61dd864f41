import { check } from '../../lib/store/check.js';
import type { ClientRecord } from '../../lib/store/check.js';
import type { Table } from '../../lib/store/database.js';
import { requireFilesOfManifests } from './invariants.js';
import { sorted } from './simulated-database.js';
import { Crash, SURVIVALS } from './simulated-disk.js';
import type { Survival } from './simulated-disk.js';
import { STORE_FOLDER, SimulatedStore } from './simulated-store.js';
import type { Scenario } from './scenarios.js';

/** So many operations no scenario has: one that does not end is a fault. */
const MOST_OPERATIONS = 3000;

/**
 * Ends the process at every operation of a scenario, one after the other, with everything that a power cut may leave;
 * then lets every single sync fail. Each time the store has to open, come to its end, and be as its clients were told.
 * Resolves with how many ends there were; rejects with the first that is not survived.
 */
export async function crashEverywhere(scenario: Scenario): Promise<number> {
  let ends = 0;
  for (const survival of SURVIVALS) {
    for (let operation = 1; operation < MOST_OPERATIONS; operation += 1) {
      const where = `${scenario.name}, ended at operation ${operation}, left: ${survival}`;
      ends += 1;
      if (!(await survive(scenario, survival, where, { operation }))) break;
    }
  }
  for (let sync = 1; sync < MOST_OPERATIONS; sync += 1) {
    ends += 1;
    if (!(await survive(scenario, 'nothing', `${scenario.name}, sync ${sync} fails`, { sync }))) break;
  }
  return ends;
}

/** Whether the scenario got as far as the operation or the sync. */
async function survive(
  scenario: Scenario,
  survival: Survival,
  where: string,
  { operation = Number.POSITIVE_INFINITY, sync = 0 },
): Promise<boolean> {
  const world = new SimulatedStore(where.length + (Number.isFinite(operation) ? operation : sync));
  const log: ClientRecord[] = [];
  try {
    await scenario.prepare(world, log);
    world.disk.crashIn = operation;
    world.disk.syncs = 0;
    world.disk.failingSync = sync;
    await scenario.run(world, log).catch((error: unknown) => {
      if (!world.disk.crashed && !(error instanceof Crash)) throw error;
    });
    const reached = world.disk.crashed || (sync > 0 && world.disk.syncs >= sync);
    world.disk.failingSync = 0;
    world.disk.restart(survival);
    await requireFilesOfManifests(world.io, STORE_FOLDER, scenario.rotten?.(world) ?? null);
    await scenario.end(world, log);
    await requireInvariants(world, log);
    return reached;
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

async function requireInvariants({ io, tables }: SimulatedStore, clientLog: readonly ClientRecord[]): Promise<void> {
  const rows = async (table: Table) => sorted(tables[table]);
  const { findings } = await check({ io, folder: STORE_FOLDER, rows, clientLog, settled: true });
  if (findings.length > 0)
    throw new Error(findings.map(({ invariant, message }) => `${invariant}: ${message}`).join('; '));
}
