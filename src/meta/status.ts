import type { FieldError } from './field.ts';
import { groupResourceName, type GroupResource } from './gvk.ts';

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}
/** meta/v1 Status: the one error value of ku7s, in every façade. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

/** Thrown where the fact is known; turned into HTTP (rest/) or a GraphQL error (resolvers/) in one place each. */
export class StatusError extends Error {
  readonly status: Status;
  constructor(status: Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'status'> & { metadata?: Status['metadata'] }) {
    super(status.message);
    this.name = 'StatusError';
    const { metadata = {}, ...rest } = status;
    this.status = { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', ...rest };
  }
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): string {
    return this.status.reason ?? '';
  }
}

export const isStatusError = (error: unknown, reason?: string): error is StatusError =>
  error instanceof StatusError && (reason === undefined || error.reason === reason);

const details = (gr: GroupResource, name: string): StatusDetails => ({
  ...(name && { name }),
  ...(gr.group && { group: gr.group }),
  ...(gr.resource && { kind: gr.resource }),
});

export const badRequest = (message: string): StatusError =>
  new StatusError({ message, reason: 'BadRequest', code: 400 });
export const unauthorized = (message = 'Unauthorized'): StatusError =>
  new StatusError({ message, reason: 'Unauthorized', code: 401 });
export const forbiddenRequest = (gr: GroupResource, name: string, why: string): StatusError =>
  new StatusError({
    message: `${groupResourceName(gr)}${name ? ` ${JSON.stringify(name)}` : ''} is forbidden: ${why}`,
    reason: 'Forbidden',
    details: details(gr, name),
    code: 403,
  });
export const notFound = (gr: GroupResource, name: string): StatusError =>
  new StatusError({
    message: `${groupResourceName(gr)} ${JSON.stringify(name)} not found`,
    reason: 'NotFound',
    details: details(gr, name),
    code: 404,
  });
/** What a path that leads nowhere answers. */
export const noSuchResource = (): StatusError =>
  new StatusError({
    message: 'the server could not find the requested resource',
    reason: 'NotFound',
    details: {},
    code: 404,
  });
export const alreadyExists = (gr: GroupResource, name: string): StatusError =>
  new StatusError({
    message: `${groupResourceName(gr)} ${JSON.stringify(name)} already exists`,
    reason: 'AlreadyExists',
    details: details(gr, name),
    code: 409,
  });
export const conflict = (gr: GroupResource, name: string, why: string): StatusError =>
  new StatusError({
    message: `Operation cannot be fulfilled on ${groupResourceName(gr)} ${JSON.stringify(name)}: ${why}`,
    reason: 'Conflict',
    details: details(gr, name),
    code: 409,
  });
export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';
/** 410 Expired; `continueToken`, when given, lets the client go on with a list of the newest state. */
export const expired = (message: string, continueToken?: string): StatusError =>
  new StatusError({
    message,
    reason: 'Expired',
    code: 410,
    ...(continueToken && { metadata: { continue: continueToken } }),
  });

/** Characters of the errors that one answer tells; an object of a hundred thousand mistakes is told of the first. */
const MAX_TOLD = 1024 * 1024;

/** The errors that are told, their words made. */
export function toldErrors(errors: readonly FieldError[]): FieldError[] {
  const found: FieldError[] = [];
  let size = 0;
  for (const { type, field, body } of errors) {
    size += field.length + body.length;
    if (size > MAX_TOLD && found.length) break;
    found.push({ type, field, body });
  }
  return found;
}

/** 422 with one cause per field error. `kind` is the kind's name, not the resource. */
export function invalidObject(
  gk: { group: string; kind: string },
  name: string,
  all: readonly FieldError[],
): StatusError {
  const errors = toldErrors(all);
  const kindName = gk.group ? `${gk.kind}.${gk.group}` : gk.kind;
  const lines = [...new Set(errors.map((e) => `${e.field}: ${e.body}`))];
  return new StatusError({
    message: `${kindName} ${JSON.stringify(name)} is invalid${lines.length ? `: ${lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`}` : ''}`,
    reason: 'Invalid',
    details: {
      ...(name && { name }),
      ...(gk.group && { group: gk.group }),
      ...(gk.kind && { kind: gk.kind }),
      ...(errors.length && {
        causes: errors.map((e) => ({ reason: e.type, message: e.body, ...(e.field && { field: e.field }) })),
      }),
    },
    code: 422,
  });
}
export const methodNotAllowed = (gr: GroupResource, verb: string): StatusError =>
  new StatusError({
    message: `${verb} is not supported on resources of kind ${JSON.stringify(groupResourceName(gr))}`,
    reason: 'MethodNotAllowed',
    details: details(gr, ''),
    code: 405,
  });
/** The same where built-in kinds are served, whose routes are of one method each. */
export const methodNotAllowedHere = (): StatusError =>
  new StatusError({
    message: 'the server does not allow this method on the requested resource',
    reason: 'MethodNotAllowed',
    details: {},
    code: 405,
  });
export const notAcceptable = (message: string): StatusError =>
  new StatusError({ message, reason: 'NotAcceptable', code: 406 });
export const unsupportedMediaType = (message: string): StatusError =>
  new StatusError({ message, reason: 'UnsupportedMediaType', code: 415 });
export const requestEntityTooLarge = (message: string): StatusError =>
  new StatusError({ message, reason: 'RequestEntityTooLarge', code: 413 });
export const tooManyRequests = (message: string, retryAfterSeconds: number): StatusError =>
  new StatusError({ message, reason: 'TooManyRequests', details: { retryAfterSeconds }, code: 429 });
export const internalError = (message: string): StatusError =>
  new StatusError({
    message: `Internal error occurred: ${message}`,
    reason: 'InternalError',
    details: { causes: [{ message }] },
    code: 500,
  });
export const serviceUnavailable = (message: string, retryAfterSeconds = 1): StatusError =>
  new StatusError({ message, reason: 'ServiceUnavailable', details: { retryAfterSeconds }, code: 503 });
export const serverTimeout = (gr: GroupResource, verb: string, retryAfterSeconds: number): StatusError =>
  new StatusError({
    message: `The ${verb} operation against ${groupResourceName(gr)} could not be completed at this time, please try again.`,
    reason: 'ServerTimeout',
    details: { ...details(gr, ''), retryAfterSeconds },
    code: 500,
  });
export const timeout = (message: string, retryAfterSeconds = 0): StatusError =>
  new StatusError({
    message: `Timeout: ${message}`,
    reason: 'Timeout',
    details: { ...(retryAfterSeconds && { retryAfterSeconds }) },
    code: 504,
  });
