// The files that checks of style read: what Git tracks, and what is new and not ignored.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const listing = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' });
const paths = listing.split('\n').filter((path) => path !== '' && existsSync(path));

/** @param {RegExp} pattern of paths from the root */
export const sourcesLike = (pattern) => paths.filter((path) => pattern.test(path));
