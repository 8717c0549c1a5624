import { badRequest } from '../../meta/status.ts';
import { isRecord } from '../../meta/record.ts';

/** What an object must be for a write of it to be done. */
export interface Preconditions {
  uid?: string | null | undefined;
  resourceVersion?: string | null | undefined;
}

/** A patch that is refused with 409 where the object is another than is said; as it is, where nothing is said. Throws 400. */
export function patchWith(type: string, patch: unknown, { uid, resourceVersion }: Preconditions): unknown {
  if (!uid && !resourceVersion) return patch;
  const wanted = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
  if (type === 'application/json-patch+json') {
    if (!Array.isArray(patch)) throw badRequest('a JSON patch is a list');
    const operations = Object.entries(wanted).map(([field, value]) => ({
      op: 'replace',
      path: `/metadata/${field}`,
      value,
    }));
    return [...(patch as unknown[]), ...operations];
  }
  if (!isRecord(patch)) throw badRequest('the patch is no object');
  const metadata = isRecord(patch['metadata']) ? patch['metadata'] : {};
  return { ...patch, metadata: { ...metadata, ...wanted } };
}
