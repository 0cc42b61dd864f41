import { Generations } from '../../lib/store/generations.js';
import type { Survival } from './simulated-disk.js';
import { SimulatedStore } from './simulated-store.js';

const FOLDER = '/base';

/** Ends the process at every operation while it begins the second file of a database. Rejects where none is whole. */
export async function crashGenerations(survival: Survival): Promise<number> {
  let operation = 1;
  while (await endAt(operation, survival)) operation += 1;
  return operation;
}

/** Whether it got that far. */
async function endAt(operation: number, survival: Survival): Promise<boolean> {
  const world = new SimulatedStore(operation);
  const { io, disk } = world;
  await io.makeFolder(FOLDER);
  await io.syncFolder('/');
  const generations = new Generations(io, FOLDER);
  const first = await generations.current();
  for (const path of [first, `${first}-wal`]) await world.writeDurably(path, 'old');
  disk.crashIn = operation;
  await generations
    .next((path) => world.write(path, 'new'))
    .then(() => generations.dropOld())
    .catch(() => undefined);
  const { crashed } = disk;
  disk.restart(survival);
  const where = `the next file of a database, ended at operation ${operation}, left: ${survival}`;
  const path = await generations.current();
  const [isOld, bytes] = [path === first, await io.readFile(path, 1e6)];
  if (!Buffer.alloc(2000, isOld ? 'old' : 'new').equals(bytes)) throw new Error(`${where}: ${path} is not whole`);
  if (isOld && !(await world.exists(`${path}-wal`))) throw new Error(`${where}: its log is gone`);
  await generations.dropOld();
  const others = (await io.list(FOLDER)).filter((name) => !path.endsWith(name.replace('-wal', '')));
  if (others.length > 0) throw new Error(`${where}: ${others.join()} stay`);
  if (!crashed && isOld) throw new Error(`${where}: there is no next one`);
  return crashed;
}
