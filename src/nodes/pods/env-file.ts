import { constants, readlinkSync, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Bytes of a file of variables; a container may have written it. */
const MAX_BYTES = 1024 * 1024;

/**
 * The text of a file below a volume's folder. What leads out of it is not followed, and what is no file is not read.
 * @throws Error
 */
export async function readEnvFile(volume: string, path: string): Promise<string> {
  const root = realpathSync(volume);
  const file = realpathSync(join(root, path));
  if (!file.startsWith(root + sep)) throw new Error('it leads out of its volume');
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    // a folder on the way may have become a link since
    if (!readlinkSync(`/proc/self/fd/${handle.fd}`).startsWith(root + sep))
      throw new Error('it leads out of its volume');
    const { size } = await handle.stat().then((found) => (found.isFile() ? found : { size: Infinity }));
    if (size > MAX_BYTES) throw new Error('it is too large, or no file');
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/**
 * The value of a variable in such a file, '' where it has none: `NAME='text'`, over several lines too, and comments
 * (KEP-3721; kubelet/util/env ParseEnv). Lines after the variable are not looked at.
 * @throws Error for a file of another form
 */
export function envFileValue(text: string, key: string): string {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.replace(/^[ \t]+/, '');
    if (!line || line.startsWith('#')) continue;
    const wrong = (why: string): Error => new Error(`invalid environment variable format at line ${at + 1}: ${why}`);
    const equals = line.indexOf('=');
    if (equals < 0) throw wrong("missing '='");
    const name = line.slice(0, equals);
    if (!name.trim()) throw wrong('empty variable name');
    if (/[ \t]$/.test(name)) throw wrong("whitespace before '=' is not allowed");
    let rest = line.slice(equals + 1);
    // As a shell has it: the value is what stands right after the sign.
    if (/^[ \t]/.test(rest)) {
      if (name === key) return '';
      continue;
    }
    if (!rest.startsWith("'")) throw wrong('value must be enclosed in single quotes');
    rest = rest.slice(1);
    let value = '';
    let end: number;
    for (end = rest.indexOf("'"); end < 0; end = rest.indexOf("'")) {
      value += `${rest}\n`;
      if (++at >= lines.length) throw wrong('unclosed single quote');
      rest = lines[at]!;
    }
    if (/^[ \t]*[^ \t#]/.test(rest.slice(end + 1))) throw wrong('unexpected content after closing quote');
    if (name === key) return value + rest.slice(0, end);
  }
  return '';
}
