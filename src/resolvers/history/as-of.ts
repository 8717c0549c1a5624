import type { OperationContext } from '../context.ts';

/** Said of the argument `asOf` of every field that has it. */
export const AS_OF =
  'a resourceVersion, or an RFC 3339 time: what was there then, as far back as the history of the resource is kept';

/** The revision that an `asOf` means. Throws 400 for what is none or is yet to come, 410 for what is kept no longer. */
export const resolveAsOf = ({ api }: Pick<OperationContext, 'api'>, text: string): Promise<number> =>
  api.resolveAsOf(text);
