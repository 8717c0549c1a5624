import { decodeSteps } from '../../kinds/decode.ts';
import { repeatedAt } from '../../kinds/validation/repeated.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject, ObjectMeta } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import { atOnce, type Steps } from '../../meta/steps.ts';
import { shownBody } from '../audit/shown.ts';
import type { Body, RequestContext, Target } from '../contract.ts';

/** A body as an object of `kind`'s version that the caller may change, unknown fields warned about or refused. */
export function* readBodySteps(
  ctx: RequestContext,
  kind: Kind,
  body: Body,
  fieldValidation: string | undefined,
): Steps<KubeObject> {
  const warn = (text: string): void => ctx.warn(text);
  const [input, contentType] = 'object' in body ? [body.object, ''] : [body.bytes, body.contentType];
  const object = yield* decodeSteps(input, contentType, kind, fieldValidation, warn);
  object.metadata ??= {} as ObjectMeta;
  ctx.audit?.sent(shownBody(kind, object));
  return object;
}

/** The same for what is known to be small. */
export const readBody = (...of: Parameters<typeof readBodySteps>): KubeObject => atOnce(readBodySteps(...of));

/** The object's place is the URL's: what it leaves out is filled in, what differs is refused with 400. */
export function checkPlace(target: Target, object: KubeObject): void {
  checkNamespace(target, object);
  checkName(target, object);
}

/** The same of its namespace alone. */
export function checkNamespace(target: Target, object: KubeObject): void {
  const meta = object.metadata;
  const namespace = target.kind.namespaced ? target.namespace : '';
  if (!namespace) delete meta.namespace;
  else if (!meta.namespace) meta.namespace = namespace;
  else if (meta.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function checkName({ name }: Target, object: KubeObject): void {
  const meta = object.metadata;
  if (!name) return;
  if (!meta.name)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (meta.name !== name)
    throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${name})`);
}

/** Repeated owners are one; clients are told. */
export function dropRepeatedOwners(ctx: RequestContext, object: KubeObject): void {
  const owners = object.metadata.ownerReferences;
  if (!owners || owners.length < 2) return;
  const seen = new Set<string>();
  const kept = owners.filter((owner) => {
    const key = JSON.stringify([
      owner.apiVersion,
      owner.kind,
      owner.name,
      owner.uid,
      owner.controller,
      owner.blockOwnerDeletion,
    ]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (kept.length === owners.length) return;
  const repeated = repeatedAt(owners.map((owner) => owner.uid));
  const uids = owners.filter((_, i) => repeated.has(i)).map((owner) => owner.uid);
  ctx.warn(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...new Set(uids)].join(', ')}`,
  );
  object.metadata.ownerReferences = kept;
}
