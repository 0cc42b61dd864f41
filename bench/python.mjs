import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Where Debian's packages are found: python3-scipy, python3-skimage. */
const PYTHON = '/usr/bin/python3';

/**
 * Peers in Python, which run only when asked: a script that reads a JSON object a line and answers with one.
 * @param {string} script its path
 * @param {string} [python] which interpreter
 * @returns the versions that it has of its peers (nothing without Python), `ask` and `end`
 */
export async function startPeers(script, python = PYTHON) {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value } = await lines.next();
    return value === undefined ? {} : JSON.parse(value);
  };
  const versions = await ask({ peers: true });
  return { versions, ask, end: () => child.stdin.end() };
}
