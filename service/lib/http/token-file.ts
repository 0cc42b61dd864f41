import { open } from 'node:fs/promises';
import { ServiceError } from '../errors.js';

const LEAST_CHARACTERS = 32;
const MOST_BYTES = 1024;
/** Permissions of anybody but the owner. */
const OTHERS = 0o077;

/**
 * The token in a file: 32 to 1024 visible characters of one line, such as `openssl rand -hex 32` gives. Throws
 * ServiceError INVALID where the file holds none, or where anybody but its owner may read or write it.
 */
export async function readTokenFile(path: string): Promise<string> {
  const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw new ServiceError('INVALID', `The token file ${path} cannot be read (${cause.code}): make it`, { cause });
  });
  try {
    const { mode, size } = await file.stat();
    if (mode & OTHERS) {
      const octal = (mode & 0o777).toString(8);
      throw new ServiceError('INVALID', `The token file ${path} has mode ${octal}, which others may use: chmod 600`);
    }
    const token = size > MOST_BYTES ? '' : (await file.readFile('utf8')).trim();
    if (token.length >= LEAST_CHARACTERS && /^[\x21-\x7e]+$/.test(token)) return token;
    const wanted = `one line of ${LEAST_CHARACTERS} to ${MOST_BYTES} characters, such as openssl rand -hex 32 makes`;
    throw new ServiceError('INVALID', `The token file ${path} holds no token: write ${wanted}`);
  } finally {
    await file.close();
  }
}
