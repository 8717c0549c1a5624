import { StartError } from './start-error.ts';

/** @param flag without its dashes; @param said undefined: `usual`. @throws StartError for what is neither true nor false */
export function booleanFlag(flag: string, said: string | undefined, usual: boolean): boolean {
  if (said !== undefined && said !== 'true' && said !== 'false')
    throw new StartError(`--${flag}: ${said} is neither true nor false`);
  return said === undefined ? usual : said === 'true';
}
