/** One user of a root's /etc/passwd. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/** The users and groups that a root knows. */
export interface Accounts {
  users: readonly Account[];
  groups: readonly { name: string; gid: number; members: readonly string[] }[];
}

/** As runc has it: beyond lies what some of its parts take for negative. */
const MAX_ID = 2_147_483_647;

/** An id in decimal digits; undefined for anything else, a name. */
export function idOf(text: string): number | undefined {
  const id = /^\d+$/.test(text) ? Number(text) : NaN;
  return id <= MAX_ID ? id : undefined;
}

/** @param passwd text of /etc/passwd. @param group text of /etc/group. Lines that are none are passed over. */
export function parseAccounts(passwd: string, group: string): Accounts {
  const lines = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => line.trim() && !line.startsWith('#'))
      .map((line) => line.trim().split(':'));
  return {
    users: lines(passwd).flatMap(([name = '', , uid = '', gid = '', , home = '']) => {
      const ids = [idOf(uid), idOf(gid)];
      return ids[0] === undefined || ids[1] === undefined ? [] : [{ name, uid: ids[0], gid: ids[1], home }];
    }),
    groups: lines(group).flatMap(([name = '', , gid = '', members = '']) => {
      const id = idOf(gid);
      return id === undefined ? [] : [{ name, gid: id, members: members.split(',').filter(Boolean) }];
    }),
  };
}

/** As whom a process runs. */
export interface Identity {
  uid: number;
  gid: number;
  /** groups of which the root says that the user is a member */
  groups: number[];
  home: string;
}

/**
 * Finds a user, by name or id, among a root's accounts; nothing is root. A number needs no account, and then has group 0.
 * Source: containerd pkg/oci WithUser, WithAdditionalGIDs.
 * @throws Error for a name that the root does not know
 */
export function identityOf(user: string, { users, groups }: Accounts): Identity {
  const id = idOf(user || '0');
  const account = users.find((each) => (id === undefined ? each.name === user : each.uid === id));
  if (!account && id === undefined) throw new Error(`unable to find user ${user}: no matching entries in passwd file`);
  const name = account?.name ?? user;
  const member = groups.filter((each) => each.name !== name && each.members.includes(name)).map(({ gid }) => gid);
  return { uid: account?.uid ?? id ?? 0, gid: account?.gid ?? 0, groups: member, home: account?.home || '/' };
}
