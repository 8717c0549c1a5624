import type { DeleteOptions, PatchOptions, WatchOptions, WriteOptions } from '../../api/contract.ts';
import { parseInt64 } from '../../go/parse-int.ts';
import { badRequest } from '../../meta/status.ts';

/** Kubernetes' rule for a boolean parameter: any value but `false` and `0` is true, the empty one too. */
export function boolParam(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  return value === null ? undefined : !/^(false|0)$/i.test(value);
}

/** A whole number of 64 bits; throws 400 with the words of Go's strconv. */
function intParam(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const read = parseInt64(value);
  if ('why' in read) throw badRequest(read.why);
  return Number(read.value);
}

const text = (query: URLSearchParams, name: string): string | undefined => query.get(name) ?? undefined;

/** Options of a list or a watch, all of which are read whichever it is. Throws 400 for what is no number. */
export const listOptions = (query: URLSearchParams): WatchOptions => ({
  labelSelector: text(query, 'labelSelector'),
  fieldSelector: text(query, 'fieldSelector'),
  resourceVersion: text(query, 'resourceVersion'),
  resourceVersionMatch: text(query, 'resourceVersionMatch'),
  limit: intParam(query, 'limit'),
  continue: text(query, 'continue'),
  allowWatchBookmarks: boolParam(query, 'allowWatchBookmarks'),
  sendInitialEvents: boolParam(query, 'sendInitialEvents'),
  timeoutSeconds: intParam(query, 'timeoutSeconds'),
});

export function writeOptions(query: URLSearchParams): WriteOptions {
  const dryRun = query.getAll('dryRun');
  return {
    ...(dryRun.length && { dryRun }),
    fieldManager: text(query, 'fieldManager'),
    fieldValidation: text(query, 'fieldValidation'),
  };
}

export const patchOptions = (query: URLSearchParams): PatchOptions => ({
  ...writeOptions(query),
  force: boolParam(query, 'force'),
});

/** Delete options of the query; those of a body take their place. */
export function deleteOptionsOfQuery(query: URLSearchParams): DeleteOptions {
  const dryRun = query.getAll('dryRun');
  const uid = query.get('preconditions.uid') ?? undefined;
  const options: DeleteOptions = {
    ...(dryRun.length && { dryRun }),
    gracePeriodSeconds: intParam(query, 'gracePeriodSeconds'),
    orphanDependents: boolParam(query, 'orphanDependents'),
    propagationPolicy: text(query, 'propagationPolicy'),
    ignoreStoreReadErrorWithClusterBreakingPotential: boolParam(
      query,
      'ignoreStoreReadErrorWithClusterBreakingPotential',
    ),
  };
  if (uid !== undefined) options.preconditions = { uid };
  return options;
}
