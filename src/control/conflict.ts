import { isStatusError } from '../meta/status.ts';

/** `undefined` where the object is not there (any more); other errors are thrown. */
export async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}
