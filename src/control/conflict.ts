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

/** Nothing where the object is not there any more, or is another than was thought; other errors are thrown. */
export async function unlessChanged(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
  }
}
