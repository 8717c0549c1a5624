import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageRoot } from '../images/image-service.ts';
import { parseAccounts, type Accounts } from './accounts.ts';

/** Bytes of a list of accounts that are read. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The users and groups that a container's root knows: what its top layer with such a file says. */
export function rootAccounts(root: ImageRoot): Accounts {
  if (root.kind === 'runtime') return parseAccounts(root.accounts.passwd, root.accounts.group);
  const layers = root.kind === 'layers' ? [...root.layers].reverse() : ['/'];
  const text = (name: string): string => {
    for (const layer of layers) {
      const found = accountsFile(layer, name);
      if (found !== undefined) return found;
    }
    return '';
  };
  return parseAccounts(text('passwd'), text('group'));
}

/** `passwd` or `group` of a layer, reached by no link: what an image writes leads nowhere else. */
export function accountsFile(layer: string, name: string): string | undefined {
  try {
    const path = join(layer, 'etc', name);
    if (!lstatSync(join(layer, 'etc')).isDirectory()) return undefined;
    const { size, mode } = lstatSync(path);
    if ((mode & 0o170000) !== 0o100000) return '';
    return size > MAX_BYTES ? '' : readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
