import type { User } from '../contract.ts';

/** Fields of one CSV line; a quoted field may hold commas, and quotes doubled. */
function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  for (let match = pattern.exec(line); match; match = pattern.exec(line)) {
    const [, quoted, bare = '', end] = match;
    fields.push(quoted !== undefined ? quoted.replaceAll('""', '"') : bare.trim());
    if (end === '') break;
  }
  return fields;
}

/** Lines of `token,user,uid,"group1,group2"` (kube-apiserver's --token-auth-file). Throws Error naming the bad line. */
export function parseStaticTokens(csv: string): Map<string, User> {
  const users = new Map<string, User>();
  csv.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const [token, name, uid, groups = ''] = fieldsOf(line);
    if (!token || !name || uid === undefined)
      throw new Error(`token file, line ${i + 1}: token, user name and user uid are needed`);
    users.set(token, {
      name,
      ...(uid && { uid }),
      groups: groups
        .split(',')
        .map((g) => g.trim())
        .filter(Boolean),
    });
  });
  return users;
}
