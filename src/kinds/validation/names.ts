import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isPathSegmentName } from '../../meta/names.ts';

/** The rules that `Strategy.name` uses. `prefix`: the name is a generateName, so a dash at its end is good. */
export type NameRule = (name: string, prefix: boolean) => string[];

/** What a generated suffix will put behind a trailing dash is a letter or a digit. */
const masked = (name: string, prefix: boolean): string =>
  prefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;

export const dnsSubdomainName: NameRule = (name, prefix) => isDns1123Subdomain(masked(name, prefix));
export const dnsLabelName: NameRule = (name, prefix) => isDns1123Label(masked(name, prefix));
export const dns1035LabelName: NameRule = (name, prefix) => isDns1035Label(masked(name, prefix));
export const pathSegmentName: NameRule = (name, prefix) => isPathSegmentName(name, prefix);
