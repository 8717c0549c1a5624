import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { seededGcm, SEED_BYTES } from './aes.ts';
import { KeyedProvider, type NamedCipher, type Provider } from './provider.ts';

export const OWN_PREFIX = 'k8s:enc:ku7s:v1:';

/**
 * The cluster's own keys: a file with a line a key, base64 of 32 bytes. The first seals, all open, so that a new line
 * on top is a rotation. A key goes by the beginning of its hash.
 */
export function readOwnKeys(file: string): Provider | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`cannot read the encryption key ${file}: ${(error as Error).message}`);
  }
  // a key that others could read is none; but a mount of a secret store may be as it is, read-only
  if (statSync(file).mode & 0o007) throw new Error(`the encryption key ${file} is open to others: chmod 600 ${file}`);
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line && !line.startsWith('#')).map((line) => keyOf(line, file));
  if (!keys.length) throw new Error(`the encryption key ${file} is empty`);
  return new KeyedProvider(OWN_PREFIX, keys, `it was sealed with a key that ${file} does not have`);
}

/** Makes the file, unless another process was faster; readable by its owner alone, and complete when it appears. */
export function makeOwnKeys(file: string): Provider {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${randomBytes(SEED_BYTES).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new Error(`cannot make the encryption key ${file}: ${(error as Error).message}`);
  } finally {
    rmSync(fresh, { force: true });
  }
  return readOwnKeys(file)!;
}

function keyOf(line: string, file: string): NamedCipher {
  const seed = Buffer.from(line, 'base64');
  if (seed.length !== SEED_BYTES || seed.toString('base64') !== line)
    throw new Error(`the encryption key ${file} has a line that is not base64 of ${SEED_BYTES} bytes`);
  return { name: createHash('sha256').update(seed).digest('hex').slice(0, 12), cipher: seededGcm(seed) };
}
