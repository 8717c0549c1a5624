import { createHash } from 'node:crypto';
import type { Kind } from '../../kinds/kind.ts';

/** To be raised when documents of the same kinds become others: clients keep them by their hash for a year. */
const EDITION = 1;

const idOf = ({ group, version, resource, definition }: Kind): string =>
  `${group}/${version}/${resource} ${definition?.id ?? ''}`;

/**
 * Names the document of these kinds, in the form of kube-openapi's hashes (SHA-512 in upper-case hexadecimal): another
 * one whenever one of their definitions says something else, the same in every API process. Nothing has to be made of
 * the kinds for it, and no client computes it.
 */
export function servedHash(document: string, kinds: readonly Kind[]): string {
  // in one text: a call for each of a thousand kinds takes longer than the hash
  const text = [`${EDITION} ${document}`, ...kinds.map(idOf)].join('\n');
  return createHash('sha512').update(text).digest('hex').toUpperCase();
}
