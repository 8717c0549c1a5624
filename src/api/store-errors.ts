import { badRequest, expired, internalError, serviceUnavailable, StatusError } from '../meta/status.ts';
import { Compacted, StoreUnavailable, TooLargeRevision, Unreadable } from '../store/contract.ts';
import { SealFailed } from '../store/sealing/sealer.ts';

/** 504 with its cause, as clients that follow a newer server than ours expect it. */
export const tooLargeRevision = (requested: number | bigint, current: number, retryAfterSeconds = 0): StatusError =>
  new StatusError({
    message: `Timeout: Too large resource version: ${requested}, current: ${current}`,
    reason: 'Timeout',
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      ...(retryAfterSeconds && { retryAfterSeconds }),
    },
    code: 504,
  });

/** 500 of a collection with an object that cannot be opened: which one it is, by its place in the storage. */
export const unreadableCollection = ({ key, message }: Unreadable): StatusError => {
  const { resource, namespace, name } = key;
  const [plural = '', group] = resource.split(/\.(.*)/);
  const place = ['', 'registry', ...(group ? [group] : []), plural, ...(namespace ? [namespace] : []), name].join('/');
  return internalError(`unable to transform key ${JSON.stringify(place)}: ${message}`);
};

/** The store's errors as Status, and that of a body nested deeper than the stack; others as they are. */
export function translateStoreError(error: unknown): unknown {
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack'))
    return badRequest('exceeded max depth');
  if (error instanceof StoreUnavailable) return serviceUnavailable('the database does not answer');
  if (error instanceof Unreadable || error instanceof SealFailed) return internalError(error.message);
  if (error instanceof Compacted) return expired('The resourceVersion for the provided list is too old.');
  if (error instanceof TooLargeRevision) return tooLargeRevision(error.requested, error.current, 1);
  return error;
}
