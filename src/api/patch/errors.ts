import { printValue, typeName } from '../../go/print-value.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { StatusError } from '../../meta/status.ts';

/** A patch that is well-formed but cannot be applied. */
export class Rejected extends StatusError {
  /** @param why in the library's words, as far as they are known: for who is told of a patch that is not his own */
  constructor(readonly why?: string) {
    super({
      message: 'the server rejected our request due to an error in our request',
      reason: 'Invalid',
      details: {},
      code: 422,
    });
  }
}

/** 422: Kubernetes does not say to the client why. */
export const rejected = (why?: string): StatusError => new Rejected(why);

/** Why a patch cannot be applied, for who is told. */
export const whyRejected = (error: unknown): string => (error instanceof Rejected && error.why) || errorMessage(error);

/** 500 for a patch whose content does not fit its own directives or keys: kube-apiserver has no better code for it. */
export const failed = (message: string): StatusError => new StatusError({ message, code: 500 });

/** 422 for what is no object of its kind after a patch. `shown` is what the message quotes. */
export function patchRefused(shown: string, why: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return new StatusError({
    message: ` "" is invalid: patch: ${message}`,
    reason: 'Invalid',
    details: { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] },
    code: 422,
  });
}

/** The type of a value in messages, printed as Kubernetes does it, with `%s`, which nil has no word for. */
export const typeShown = (value: unknown): string => typeName(value) ?? '%!s(<nil>)';

/** 500 for a `$patch` that is no directive, which is printed with `%s` too. */
export const unknownDirective = (directive: unknown, map: unknown): StatusError => {
  const text = printValue(directive);
  const type = typeName(directive);
  const plain = typeof directive === 'string' || (typeof directive === 'object' && directive !== null);
  const shown = plain ? text : `%!s(${type === undefined ? text : `${type}=${text}`})`;
  return failed(`unknown patch type: ${shown} in map: ${printValue(map)}`);
};
