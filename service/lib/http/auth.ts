import { createHash, timingSafeEqual } from 'node:crypto';
import type { Group } from './accounts.js';
import type { Role } from './access.js';

/** Who is at the other end of a Unix socket. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A line of the table of roles: whoever has that user, group or token is that app. */
export interface AccessRule {
  readonly app: string;
  readonly role: Role;
  readonly uid?: number;
  readonly group?: Group;
  /** For TCP: at least 32 characters, read from a file that only the service's user may read. */
  readonly token?: string;
  /** The greatest priority that the app may ask for, 0 to 9; default 9. */
  readonly maxPriority?: number;
  /** Absolute paths of folders into which products may be linked for this app; default none. */
  readonly linkFolders?: readonly string[];
}

/** Who calls. */
export interface Caller {
  readonly app: string;
  readonly role: Role;
  readonly maxPriority: number;
  readonly linkFolders: readonly string[];
}

/** The caller that a peer is: by its user first, then by its group; `null` where no rule names it. */
export function findByPeer(rules: readonly AccessRule[], peer: Peer): Caller | null {
  const rule =
    rules.find(({ uid }) => uid === peer.uid) ??
    rules.find(({ group }) => group !== undefined && (group.gid === peer.gid || group.uids.has(peer.uid)));
  return rule ? toCaller(rule) : null;
}

/** The caller that has a token; `null` for an unknown one. Takes as long for every token of the same length. */
export function findByToken(rules: readonly AccessRule[], token: string): Caller | null {
  const digest = digestOf(token);
  let found: AccessRule | null = null;
  for (const rule of rules) {
    if (rule.token !== undefined && timingSafeEqual(digestOf(rule.token), digest)) found = rule;
  }
  return found && toCaller(found);
}

/**
 * The token of an Authorization header: `Bearer TOKEN`; or, as browsers ask for it and for reading only, `Basic` with
 * the token as the password of any user.
 */
export function readToken(header: string | undefined, isReading: boolean): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S{1,1024})$/i.exec(header ?? '') ?? [];
  if (credentials === undefined || scheme === undefined) return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (!isReading) return undefined;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const toCaller = ({ app, role, maxPriority = 9, linkFolders = [] }: AccessRule): Caller => ({
  app,
  role,
  maxPriority,
  linkFolders,
});
