import { parseInt64 } from '../../go/parse-int.ts';
import { forbidden, invalid, WHOLE, type FieldError } from '../../meta/field.ts';
import { badRequest, invalidObject } from '../../meta/status.ts';
import { canonicalTime, TimeError } from '../../meta/time.ts';

/** Throws 400 for what is no number. */
function numberOf(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const read = parseInt64(text);
  if ('why' in read) throw badRequest(read.why);
  return read.value;
}

/** Whether a time is given. Throws 400 for what is none; clients may say that there is none. */
function hasTime(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null) return false;
  try {
    if (text !== '' && text !== 'null') canonicalTime(text);
  } catch (error) {
    throw error instanceof TimeError ? badRequest(error.message) : error;
  }
  return true;
}

/** What a log is asked for with, before the pod is looked for. Throws 400 and 422 (ValidatePodLogOptions). */
export function checkLogOptions(pod: string, query: URLSearchParams): void {
  const sinceSeconds = numberOf(query, 'sinceSeconds');
  const sinceTime = hasTime(query, 'sinceTime');
  const tailLines = numberOf(query, 'tailLines');
  const limitBytes = numberOf(query, 'limitBytes');
  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0)
    errors.push(invalid('tailLines', tailLines, 'must be greater than or equal to 0'));
  if (limitBytes !== undefined && limitBytes < 1)
    errors.push(invalid('limitBytes', limitBytes, 'must be greater than 0'));
  if (sinceSeconds !== undefined && sinceTime)
    errors.push(forbidden(WHOLE, 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    errors.push(invalid('sinceSeconds', sinceSeconds, 'must be greater than 0'));
  // of one of the two streams only nodes tell: the feature gate PodLogsQuerySplitStreams is off by default
  if (query.has('stream')) errors.push(forbidden('stream', 'may not be specified'));
  if (errors.length) throw invalidObject({ group: '', kind: 'PodLogOptions' }, pod, errors);
}
