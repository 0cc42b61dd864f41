import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs a script of this folder with one JSON argument; resolves with the JSON that it prints.
 * @param {string} script
 * @param {object} request
 */
export async function runChild(script, request) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(request)], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout);
}
