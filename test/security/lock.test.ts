import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entry {
  integrity?: string;
  link?: boolean;
}

/** What `npm ci` installs is what was looked at: each package by its hash. */
it('every package of the lock file has its hash', () => {
  const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, Entry>;
  };
  const without = Object.entries(lock.packages).filter(([path, { integrity, link }]) => path && !link && !integrity);
  expect(without.map(([path]) => path)).toEqual([]);
});
