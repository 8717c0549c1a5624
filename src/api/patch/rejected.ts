import { StatusError } from '../../meta/status.ts';

/** 422 for a patch that is well-formed but cannot be applied; Kubernetes does not say to the client why. */
export const rejected = (): StatusError =>
  new StatusError({
    message: 'the server rejected our request due to an error in our request',
    reason: 'Invalid',
    details: {},
    code: 422,
  });

/** 500 for a patch whose content does not fit its own directives or keys: kube-apiserver has no better code for it. */
export const failed = (message: string): StatusError => new StatusError({ message, code: 500 });

/** How Go's JSON decoder calls the type of a value in its messages. */
export function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
