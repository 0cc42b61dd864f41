import { ServiceError } from '../errors.js';
import type { Io } from '../io.js';

const LEAST_CHARACTERS = 32;
const MOST_BYTES = 1024;
/** Permissions of anybody but the owner. */
const OTHERS = 0o077;
const ADVICE = `write one line of ${LEAST_CHARACTERS} to ${MOST_BYTES} characters, such as openssl rand -hex 32 makes`;

/**
 * The token in a file: 32 to 1024 visible characters of one line, such as `openssl rand -hex 32` gives. Throws
 * ServiceError INVALID where the file holds none, or where anybody but its owner may read or write it.
 */
export async function readTokenFile(io: Io, path: string): Promise<string> {
  const { bytes, mode } = await io.readSetting(path, MOST_BYTES).catch((cause: NodeJS.ErrnoException) => {
    throw new ServiceError('INVALID', `The token file ${path} cannot be read (${cause.code}): ${ADVICE}`, { cause });
  });
  if (mode & OTHERS) {
    const octal = mode.toString(8);
    throw new ServiceError('INVALID', `The token file ${path} has mode ${octal}, which others may use: chmod 600`);
  }
  const token = Buffer.from(bytes).toString().trim();
  if (token.length >= LEAST_CHARACTERS && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new ServiceError('INVALID', `The token file ${path} holds no token: ${ADVICE}`);
}
