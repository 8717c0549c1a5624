import type { Api, RequestContext } from '../api/contract.ts';
import { ConversionFailed } from '../api/conversion/convert.ts';
import { hasWebhook } from '../api/conversion/stored-version.ts';
import type { Kind } from '../kinds/kind.ts';
import { apiVersionOf } from '../meta/gvk.ts';
import type { Stored } from '../store/contract.ts';
import type { Soon } from './relations/soon.ts';

type Converting = Pick<Api, 'converted'>;

/** Objects of the store in a kind's version, at once where no webhook stands between versions. Throws 500. */
export const inVersion = (api: Converting, kind: Kind, items: readonly Stored[]): Soon<readonly Stored[]> =>
  hasWebhook(kind) && items.length ? api.converted(kind, items) : items;

/** The same in the version that is stored now, which is the one that relations are declared of. */
export const inStoredVersion = (api: Converting, kind: Kind, items: readonly Stored[]): Soon<readonly Stored[]> =>
  hasWebhook(kind) && items.length ? api.converted(kind, items, apiVersionOf(kind.storage)) : items;

/** Undefined where a webhook does not convert what is read, of which the caller is warned: what else there is is not hidden. */
export async function unlessFailed<T>(
  { request }: { request: Pick<RequestContext, 'warn'> },
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ConversionFailed)) throw error;
    request.warn(error.message);
    return undefined;
  }
}
