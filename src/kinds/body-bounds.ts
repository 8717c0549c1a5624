import type { scanJson } from '../go/json-scan.ts';
import { requestEntityTooLarge } from '../meta/status.ts';

/**
 * Keys, separators and so about the items of one body. Kubernetes has no such bound, but what it stores is bounded by
 * etcd's 1.5 MB, which hold fewer of the size that real objects have. More are refused before anything is built of them.
 */
export const MAX_VALUES = 100_000;

/** Throws 413 for a text that has more values than a body may have. */
export function checkValues({ values }: Pick<ReturnType<typeof scanJson>, 'values'>): void {
  if (values > MAX_VALUES) throw requestEntityTooLarge(`Request entity too large: limit is ${MAX_VALUES} values`);
}
