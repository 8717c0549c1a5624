import type { Provider } from './provider.ts';

const contextOf = (name: string): Buffer => Buffer.from(`setting/${name}`);

/** What is stored of a setting: as of a body, a JSON string. */
export const sealSetting = (own: Provider, name: string, value: string): string =>
  JSON.stringify(own.seal(Buffer.from(value), contextOf(name)));

export const isSealedSetting = (own: Provider, stored: string): boolean => stored.startsWith(own.prefix, 1);

/** The value; what is not sealed is as it is stored. Throws an Error that names the setting. */
export function openSetting(own: Provider | undefined, name: string, stored: string): string {
  if (!own || !isSealedSetting(own, stored)) return stored;
  try {
    const text = JSON.parse(stored) as string;
    return own.open(text.slice(own.prefix.length), contextOf(name)).plain.toString();
  } catch (error) {
    throw new Error(`the setting ${name} of the database cannot be opened: ${(error as Error).message}`);
  }
}
