import { isStatusError } from '../meta/status.ts';

/** Attempts of one write that keeps losing against others; then its error goes to the caller. */
const ATTEMPTS = 5;

/** Runs `write` again when another writer was quicker (409 Conflict); `write` must read the object anew each time. */
export async function retryOnConflict<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt >= ATTEMPTS || !isStatusError(error, 'Conflict')) throw error;
    }
  }
}

/** `undefined` where the object is not there (any more); other errors are thrown. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}
