import { translateStoreError } from '../api/store-errors.ts';
import { internalError, StatusError } from '../meta/status.ts';

/** A path that no handler knows: text, not a Status. */
export class PageNotFound extends Error {
  override name = 'PageNotFound';
}

/** Whatever was thrown as the Status that the client sees. `log` gets what nobody foresaw. */
export function statusOf(error: unknown, log: (line: string) => void): StatusError {
  if (error instanceof StatusError) return error;
  const known = translateStoreError(error);
  if (known instanceof StatusError) return known;
  log(`rest: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return internalError(error instanceof Error ? error.message : String(error));
}
