import { forbidden, notSupported, type FieldError } from '../meta/field.ts';
import { badRequest, invalidObject } from '../meta/status.ts';
import type { ListOptions, WatchOptions } from './contract.ts';

const EXACT = 'Exact';
const NOT_OLDER = 'NotOlderThan';
const MATCH = 'resourceVersionMatch';

function refuse(errors: FieldError[]): void {
  if (errors.length) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

/** Throws 422. */
export function checkListOptions(options: ListOptions & Pick<WatchOptions, 'sendInitialEvents'>): void {
  const { resourceVersionMatch: match, resourceVersion, continue: token } = options;
  const errors: FieldError[] = [];
  if (match) {
    if (!resourceVersion) errors.push(forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    if (token) errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
    if (match !== EXACT && match !== NOT_OLDER) errors.push(notSupported(MATCH, match, [EXACT, NOT_OLDER, '']));
    if (match === EXACT && resourceVersion === '0')
      errors.push(forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
  }
  if (options.sendInitialEvents !== undefined)
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  refuse(errors);
}

/** What a continue token does not go with; the token itself is read before. Throws 400. */
export function checkContinue({ resourceVersion }: ListOptions): void {
  if (resourceVersion && resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
}

/**
 * A watch from no revision or from 0 begins with what is there, as those that ask for it with `sendInitialEvents` do
 * (and ends that part with a bookmark, where bookmarks are wanted).
 */
function withDefaults(options: WatchOptions): WatchOptions {
  const { sendInitialEvents, resourceVersionMatch, resourceVersion } = options;
  const fromNow = !resourceVersion || resourceVersion === '0';
  if (sendInitialEvents !== undefined || resourceVersionMatch || !fromNow) return options;
  return { ...options, sendInitialEvents: true, resourceVersionMatch: NOT_OLDER };
}

/** The options with what they mean when they say nothing. Throws 422. */
export function checkedWatchOptions(given: WatchOptions): WatchOptions {
  const options = withDefaults(given);
  const { resourceVersionMatch: match, sendInitialEvents, continue: token } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== NOT_OLDER) {
    errors.push(forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to ${NOT_OLDER}`));
  }
  if (match) {
    if (sendInitialEvents === undefined)
      errors.push(forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
    if (match !== NOT_OLDER) errors.push(notSupported(MATCH, match, [NOT_OLDER]));
    if (token) errors.push(forbidden(MATCH, `${MATCH} is forbidden when continue is provided`));
  }
  refuse(errors);
  return options;
}

export const isExact = (options: ListOptions): boolean =>
  options.resourceVersionMatch === EXACT ||
  // a page of an old version, from before there was resourceVersionMatch
  (!options.resourceVersionMatch &&
    (options.limit ?? 0) > 0 &&
    Boolean(options.resourceVersion) &&
    options.resourceVersion !== '0');
