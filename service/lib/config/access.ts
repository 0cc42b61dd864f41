import { readFile } from 'node:fs/promises';
import { isName } from '../capture/request.js';
import { findGroup, findUser } from '../http/accounts.js';
import { ROLES } from '../http/access.js';
import type { AccessRule } from '../http/auth.js';
import { readTokenFile } from '../http/token-file.js';
import { Fields, refuse, textItem } from './fields.js';

/** Names of users and groups as the system knows them. */
interface Accounts {
  readonly users: string;
  readonly groups: string;
}

/** What the system says of users and groups. */
export async function readAccounts(): Promise<Accounts> {
  const [users, groups] = await Promise.all(['/etc/passwd', '/etc/group'].map((path) => readFile(path, 'utf8')));
  return { users: users!, groups: groups! };
}

/** The number of a group, by its name. */
export function groupNumber(name: string, where: string, { users, groups }: Accounts): number {
  const group = findGroup(name, groups, users);
  if (group) return group.gid;
  throw refuse(where, name, 'the name of a group of this system');
}

/** The table of roles. Reads the files of tokens. */
export async function readRules(fields: Fields, accounts: Accounts): Promise<readonly AccessRule[]> {
  const rules = fields.list('access', (item, where) => new Fields(where, item), []);
  return Promise.all(rules.map((rule) => readRule(rule, accounts)));
}

async function readRule(fields: Fields, accounts: Accounts): Promise<AccessRule> {
  const app = fields.text('app');
  if (!isName(app)) throw refuse(fields.at('app'), app, 'a name of 1 to 64 of a-z, 0-9, dot, underscore and hyphen');
  const rule = {
    app,
    role: fields.oneOf('role', ROLES),
    ...(await readIdentity(fields, accounts)),
    maxPriority: fields.integer('maxPriority', { least: 0, most: 9 }, 9),
    linkFolders: fields.list('linkFolders', readFolder, []),
  };
  return fields.done(rule);
}

type Identity = Pick<AccessRule, 'uid' | 'group' | 'token'>;

/** By a user, a group or a token; just one of them. */
async function readIdentity(fields: Fields, { users, groups }: Accounts): Promise<Identity> {
  const given = ['uid', 'user', 'group', 'tokenFile'].filter((key) => fields.has(key));
  if (given.length !== 1) throw refuse(fields.at('user'), given, 'one of uid, user, group and tokenFile');
  switch (given[0]) {
    case 'uid':
      return { uid: fields.integer('uid', { least: 0, most: 2 ** 32 - 2 }) };
    case 'user':
      return { uid: known(fields, 'user', (name) => findUser(name, users)) };
    case 'group':
      return { group: known(fields, 'group', (name) => findGroup(name, groups, users)) };
    default:
      return { token: await readTokenFile(fields.text('tokenFile')) };
  }
}

function known<T>(fields: Fields, key: 'user' | 'group', find: (name: string) => T | undefined): T {
  const name = fields.text(key);
  const found = find(name);
  if (found === undefined) throw refuse(fields.at(key), name, `the name of a ${key} of this system`);
  return found;
}

function readFolder(item: unknown, where: string): string {
  const folder = textItem(item, where);
  if (folder.startsWith('/')) return folder;
  throw refuse(where, item, 'an absolute path');
}
