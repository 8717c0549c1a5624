import type { Issuer } from './configuration.ts';
import { fetchText } from './fetch.ts';

export type Fetch = typeof fetchText;

/** Characters of an answer that are told. */
const LONGEST = 300;

/** What a provider says of itself (OpenID Connect Discovery 1.0). Rejects where it cannot be asked, or is another one. */
export async function discover(
  { url, discoveryURL, certificateAuthority: ca }: Pick<Issuer, 'url' | 'discoveryURL' | 'certificateAuthority'>,
  fetch: Fetch,
): Promise<{ place: string; provider: Record<string, unknown> }> {
  const base = url.endsWith('/') ? url.slice(0, -1) : url;
  const place = discoveryURL || `${base}/.well-known/openid-configuration`;
  const provider = objectIn(await fetch(place, { ca }), place);
  if (provider['issuer'] !== url)
    throw new Error(`the provider at ${place} is ${JSON.stringify(provider['issuer'])?.slice(0, LONGEST)}, not ${url}`);
  return { place, provider };
}

/** Throws Error where a text is no JSON object, which tells nothing of it: it may have a token. @param from whose it is */
export function objectIn(text: string, from: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${from} is no JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${from} is no object`);
  return value as Record<string, unknown>;
}

/** An address that a provider names; nothing is sent without TLS. */
export const placeIn = (provider: Record<string, unknown>, name: string): string | undefined => {
  const place = provider[name];
  return typeof place === 'string' && place.startsWith('https://') ? place : undefined;
};
