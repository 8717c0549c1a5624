import { readFileSync } from 'node:fs';

/** `version` of package.json, which is beside the folder of the bundle. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
