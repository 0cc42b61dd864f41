import { dirname, join } from 'node:path';
import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';
import { writeDurably } from './durable.js';
import { FORMAT_NAME } from './layout.js';
import { STORE_VERSION } from './manifest.js';

const TEXT = /^perifocal store (\d{1,9})\n$/;
const UNFINISHED_FORMAT = /^format\.\d+\.tmp$/;
const MOST_BYTES = 1024;

/** Makes the folder of a store where there is none. Throws ServiceError `FORMAT` where this version cannot use it. */
export async function checkFormat(io: Io, folder: string): Promise<void> {
  await io.makeFolder(folder);
  const path = join(folder, FORMAT_NAME);
  // What a disk that failed has left of an earlier attempt.
  for (const name of await io.list(folder)) if (UNFINISHED_FORMAT.test(name)) await io.unlink(join(folder, name));
  const bytes = (await io.stat(path)) && (await io.readFile(path, MOST_BYTES));
  if (bytes) return checkVersion(folder, Buffer.from(bytes).toString());
  const names = (await io.list(folder)).filter((name) => !name.startsWith(FORMAT_NAME) && name !== 'lost+found');
  if (names.length > 0) {
    const some = names.slice(0, 3).join(', ');
    throw new ServiceError('FORMAT', `${folder} is no store, and has ${some} in it: give an empty folder`);
  }
  // Also where it was there: whoever made it may have ended before this.
  await io.syncFolder(dirname(folder));
  await writeDurably(io, path, Buffer.from(`perifocal store ${STORE_VERSION}\n`));
  await io.syncFolder(folder);
}

function checkVersion(folder: string, text: string): void {
  const version = TEXT.exec(text)?.[1];
  if (version === undefined) {
    throw new ServiceError(
      'FORMAT',
      `${join(folder, FORMAT_NAME)} says '${text.trim().slice(0, 40)}': this is no store`,
    );
  }
  if (Number(version) <= STORE_VERSION) return;
  throw new ServiceError(
    'FORMAT',
    `The store ${folder} is of version ${version}, and this service knows ${STORE_VERSION}: install a newer service`,
  );
}
