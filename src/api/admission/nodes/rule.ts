import { forbiddenRequest, notFound, type StatusError } from '../../../meta/status.ts';
import type { Stored } from '../../../store/contract.ts';
import { resourceOf } from '../../target.ts';
import { requestName, type AdmissionRequest } from '../plugin.ts';

/** What a node may not do with the objects of one resource. Throws 403, and 404 for what it names in vain. */
export type NodeRule = (request: AdmissionRequest, node: string) => void | Promise<void>;

export const refuse = (request: AdmissionRequest, why: string): StatusError =>
  forbiddenRequest(resourceOf(request.target.kind), requestName(request), why);

export const unexpectedOperation = (request: AdmissionRequest): StatusError =>
  refuse(request, `unexpected operation ${JSON.stringify(request.operation)}`);

/** The Pod or Node that a request names: it is there, or 404 of its kind. */
export async function find(
  { store }: AdmissionRequest,
  kind: 'pod' | 'node',
  namespace: string,
  name: string,
): Promise<Stored> {
  const key = { resource: `${kind}s`, namespace, name };
  let stored = store.get(key);
  if (!stored) {
    await store.fresh();
    stored = store.get(key);
  }
  if (!stored) throw notFound({ group: '', resource: kind }, name);
  return stored;
}

/** The name that a write is of: of a create that of its object. */
export const nameOf = ({ target, object }: AdmissionRequest): string => target.name || (object?.metadata.name ?? '');
