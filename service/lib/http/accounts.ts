/** A group of the system with the users in it, as the socket's peers are compared with it. */
export interface Group {
  readonly gid: number;
  /** Users that the group lists, and users whose own group it is. */
  readonly uids: ReadonlySet<number>;
}

/**
 * A group by its name, from the text of /etc/group and /etc/passwd. The members are looked up once: a socket tells the
 * own group of its peer only, not those that the peer is a member of.
 * @returns `undefined` where there is no group of that name
 */
export function findGroup(name: string, groupFile: string, passwordFile: string): Group | undefined {
  const entry = rowsOf(groupFile).find(([group]) => group === name);
  const gid = toId(entry?.[2]);
  if (!entry || gid === undefined) return undefined;
  const members = new Set((entry[3] ?? '').split(',').filter((member) => member !== ''));
  const users = rowsOf(passwordFile).filter(([user, , , own]) => members.has(user!) || toId(own) === gid);
  return { gid, uids: new Set(users.map(([, , uid]) => toId(uid)).filter((uid) => uid !== undefined)) };
}

/** A user's number by its name; `undefined` where there is no such user. */
export function findUser(name: string, passwordFile: string): number | undefined {
  return toId(rowsOf(passwordFile).find(([user]) => user === name)?.[2]);
}

const rowsOf = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(':'));

const toId = (text: string | undefined): number | undefined =>
  /^\d{1,10}$/.test(text ?? '') ? Number(text) : undefined;
