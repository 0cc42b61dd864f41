// Takes a part of the processors away from a process: by a cgroup where one can be made, else by stopping it now and
// then.
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const CGROUP_V1 = '/sys/fs/cgroup/cpu';
const CGROUP_V2 = '/sys/fs/cgroup';
const PERIOD_US = 100_000;
const PERIOD_MS = 100;

/** @typedef {{ how: string, set(share: number): Promise<void>, close(): Promise<void> }} Throttle */

/** @param {number} pid @returns {Promise<Throttle>} */
export async function makeThrottle(pid) {
  return (await makeGroup(pid, CGROUP_V1)) ?? (await makeGroup(pid, CGROUP_V2)) ?? stopAndGo(pid);
}

/** @param {number} pid @param {string} root @returns {Promise<Throttle | null>} */
async function makeGroup(pid, root) {
  const folder = join(root, `perifocal-load-${process.pid}`);
  const isV1 = root === CGROUP_V1;
  const cpus = availableParallelism();
  /** @param {number} share */
  const set = async (share) => {
    const quota = share >= 1 ? (isV1 ? '-1' : 'max') : String(Math.round(share * cpus * PERIOD_US));
    if (isV1) await writeFile(join(folder, 'cpu.cfs_quota_us'), quota);
    else await writeFile(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
  };
  try {
    await mkdir(folder);
    await set(1);
    await writeFile(join(folder, 'cgroup.procs'), String(pid));
  } catch {
    await rmdir(folder).catch(() => undefined);
    return null;
  }
  // It is empty once the process has ended.
  const close = () => rmdir(folder).catch(() => undefined);
  return { how: `cgroup ${isV1 ? 'v1' : 'v2'}`, set, close };
}

/** @param {number} pid @returns {Throttle} */
function stopAndGo(pid) {
  let share = 1;
  let isOver = false;
  const run = async () => {
    const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
    while (!isOver) {
      if (share < 1) {
        process.kill(pid, 'SIGSTOP');
        await sleep((1 - share) * PERIOD_MS);
        process.kill(pid, 'SIGCONT');
      }
      await sleep(share * PERIOD_MS);
    }
  };
  const done = run();
  return {
    how: 'SIGSTOP and SIGCONT',
    set: async (part) => {
      share = part;
    },
    close: async () => {
      isOver = true;
      await done;
    },
  };
}
