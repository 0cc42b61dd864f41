import { isName } from '../capture/request.js';
import { findGroup, findUser } from '../http/accounts.js';
import { ROLES } from '../http/access.js';
import type { AccessRule } from '../http/auth.js';
import { readTokenFile } from '../http/token-file.js';
import type { Io } from '../io.js';
import { Fields, refuse, textItem } from './fields.js';

/** Of a list of users or groups. */
const MOST_BYTES = 16 * 2 ** 20;

/** Names of users and groups as the system knows them. */
interface Accounts {
  readonly users: string;
  readonly groups: string;
}

/** What the system says of users and groups. */
export async function readAccounts(io: Io): Promise<Accounts> {
  const read = async (path: string): Promise<string> =>
    Buffer.from((await io.readSetting(path, MOST_BYTES)).bytes).toString();
  const [users, groups] = await Promise.all(['/etc/passwd', '/etc/group'].map(read));
  return { users: users!, groups: groups! };
}

/** The number of a group, by its name. */
export function groupNumber(name: string, where: string, { users, groups }: Accounts): number {
  const group = findGroup(name, groups, users);
  if (group) return group.gid;
  throw refuse(where, name, 'the name of a group of this system');
}

/** The table of roles. Reads the files of tokens. */
export async function readRules(io: Io, fields: Fields, accounts: Accounts): Promise<readonly AccessRule[]> {
  const rules = fields.list('access', (item, where) => new Fields(where, item), []);
  return Promise.all(rules.map((rule) => readRule(io, rule, accounts)));
}

async function readRule(io: Io, fields: Fields, accounts: Accounts): Promise<AccessRule> {
  const app = fields.text('app');
  if (!isName(app)) throw refuse(fields.at('app'), app, 'a name of 1 to 64 of a-z, 0-9, dot, underscore and hyphen');
  const rule = {
    app,
    role: fields.oneOf('role', ROLES),
    ...(await readIdentity(io, fields, accounts)),
    maxPriority: fields.integer('maxPriority', { least: 0, most: 9 }, 9),
    linkFolders: fields.list('linkFolders', readFolder, []),
  };
  return fields.done(rule);
}

type Identity = Pick<AccessRule, 'uid' | 'group' | 'token'>;

/** By a user, a group or a token; just one of them. */
async function readIdentity(io: Io, fields: Fields, { users, groups }: Accounts): Promise<Identity> {
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
      return { token: await readTokenFile(io, fields.text('tokenFile')) };
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
