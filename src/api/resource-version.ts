import type { Store } from '../store/contract.ts';
import { badRequest, StatusError } from '../meta/status.ts';

/** How long a read waits for a revision that this process has not seen (as the watch cache of kube-apiserver). */
const WAIT_MS = 3_000;

const DIGITS = /^\d+$/;
const MAX = 2n ** 64n - 1n;

/** What Go says of a resourceVersion in an object that is no number of 64 bits; undefined of a good one. */
export function versionProblem(text: string): string | undefined {
  if (!DIGITS.test(text)) return `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  return BigInt(text) > MAX ? `strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range` : undefined;
}

const explain = (text: string): string => {
  const why = DIGITS.test(text) ? 'value out of range' : 'invalid syntax';
  return `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`;
};
const isNumber = (text: string): boolean => /^\d+$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER;

/** The resourceVersion of a list; undefined for the newest. Throws 400. */
export function parseRevision(text: string | undefined): number | undefined {
  if (!text) return undefined;
  if (!isNumber(text)) throw badRequest(`invalid resource version: ${explain(text)}`);
  return Number(text);
}

/** The resourceVersion of a get or watch. Throws 500, as kube-apiserver does here. */
export function parseObjectRevision(text: string | undefined): number | undefined {
  if (!text) return undefined;
  if (!isNumber(text)) throw new StatusError({ message: explain(text), code: 500 });
  return Number(text);
}

/** Waits until the cache may answer: at the newest revision, at least at `revision`, or (0) at once. */
export async function waitFor(store: Store, revision: number | undefined): Promise<void> {
  if (revision === undefined) await store.fresh();
  else if (revision > store.revision) {
    // another process may have committed what this one has not seen yet
    await store.fresh();
    if (revision > store.revision) await store.reached(revision, WAIT_MS);
  }
}
