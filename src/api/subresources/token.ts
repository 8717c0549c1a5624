import type { BoundObjectReference, TokenRequest } from '../../../schema/types.ts';
import { bodyKind } from '../../kinds/body-kind.ts';
import { normalizeObject } from '../../kinds/normalize.ts';
import { invalid, type FieldError } from '../../meta/field.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { ObjectMeta, Unchecked } from '../../meta/object.ts';
import { badRequest, conflict, invalidObject, notFound } from '../../meta/status.ts';
import { formatTime } from '../../meta/time.ts';
import { objectAnswer } from '../answer.ts';
import type { Stored } from '../../store/contract.ts';
import type { Answer, Body, RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import type { BoundObject } from '../authentication/service-account-tokens.ts';
import { newObject } from '../new-object.ts';
import { objectAs } from '../object-as.ts';
import { keyOf } from '../target.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { applyDefaults } from '../write/defaults.ts';
import { admissionRequest, operationOf } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
import { readBody } from '../write/read-body.ts';

const TOKEN_REQUEST = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
const HOUR = 3600;
const MIN_SECONDS = 600;
const BINDABLE: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

/** The name of a token, which tells it from others and is of no use without it. */
const tokenId = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti;

/** What the request says of the account must be so. Throws 400, 409, 422. */
function checkIdentity({ name, namespace, uid }: Partial<ObjectMeta>, target: Target, account: Stored): void {
  if (namespace && namespace !== target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (name && name !== target.name) {
    const error = invalid('metadata.name', name, 'must match the service account name if specified');
    throw invalidObject(TOKEN_REQUEST, target.name, [error]);
  }
  if (!uid || uid === account.uid) return;
  const what = { group: TOKEN_REQUEST.group, resource: TOKEN_REQUEST.kind };
  const why = `the UID in the token request (${uid}) does not match the UID of the service account (${account.uid})`;
  throw conflict(what, target.name, why);
}

function checkSeconds(seconds: number): void {
  const errors: FieldError[] = [];
  if (seconds < MIN_SECONDS)
    errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32)
    errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (errors.length) throw invalidObject(TOKEN_REQUEST, '', errors);
}

/** What the token ends with, which must be there. Throws 404, 409. */
function boundObject(
  core: Core,
  target: Target,
  ref: BoundObjectReference,
): { bound: BoundObject; node?: { name: string; uid: string } } {
  const { kind = '', name = '', uid } = ref;
  const { group, version } = parseApiVersion(ref.apiVersion ?? '');
  const resource = group ? undefined : BINDABLE[kind];
  if (!resource) throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  const stored = core.store.get({ resource, namespace: kind === 'Node' ? '' : target.namespace, name });
  if (!stored) throw notFound({ group: '', resource }, name);
  if (uid && uid !== stored.uid) {
    throw conflict(
      { group: '', resource },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  const pod = kind === 'Pod' ? objectAs('pods', stored) : undefined;
  if (pod && pod.spec?.serviceAccountName !== target.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(target.name)} to pod running with different serviceaccount name.`,
    );
  }
  const bound: BoundObject = { kind: kind as BoundObject['kind'], name, uid: stored.uid };
  const nodeName = kind === 'Node' ? name : pod?.spec?.nodeName;
  const node = nodeName ? core.store.get({ resource: 'nodes', namespace: '', name: nodeName }) : undefined;
  return { bound, ...(node && { node: { name: node.name, uid: node.uid } }) };
}

/** A token of the service account that the target names (TokenRequest, KEP-1205). */
export async function requestToken(
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  const kind = bodyKind(TOKEN_REQUEST)!;
  const op = operationOf(core, ctx, target, 'create', options);
  const request = readBody(ctx, kind, body, options.fieldValidation);
  applyDefaults(kind, request);
  updateManagedFields({
    ...ownershipOf(core.registry, kind, ''),
    live: undefined,
    object: request,
    manager: op.by.manager,
    subresource: 'token',
    now: op.now,
  });
  const write = admissionRequest(op, 'CREATE', request, undefined, kind);
  await core.admission.admit(write);
  const spec = (request as Unchecked<TokenRequest>).spec ?? {};
  const key = keyOf({ ...target, subresource: '' });
  const account = core.store.get(key) ?? (await core.store.fresh(), core.store.get(key));
  if (!account) throw notFound({ group: '', resource: 'serviceaccounts' }, target.name);
  checkIdentity(request.metadata, target, account);
  const seconds = spec.expirationSeconds ?? HOUR;
  checkSeconds(seconds);
  const audiences = spec.audiences?.length ? spec.audiences : [core.tokens.issuer];
  const { name, namespace, uid } = account;
  Object.assign(request.metadata, { name, namespace, uid, creationTimestamp: op.now });
  Object.assign(request, { spec: { ...spec, audiences } });
  await core.admission.validate(write);
  const { bound, node } = spec.boundObjectRef
    ? boundObject(core, target, spec.boundObjectRef)
    : { bound: undefined, node: undefined };
  const { token, expires } = await core.tokens.sign(
    target.namespace,
    { name: account.name, uid: account.uid },
    audiences,
    seconds,
    bound,
    node,
  );
  ctx.audit?.annotate('authentication.kubernetes.io/issued-credential-id', `JTI=${tokenId(token)}`);
  const { managedFields } = request.metadata;
  const answer = newObject(
    { name, namespace, uid, creationTimestamp: op.now, ...(managedFields && { managedFields }) },
    {
      kind: request.kind,
      apiVersion: request.apiVersion,
      spec: { ...spec, audiences, expirationSeconds: seconds },
      status: { token: op.dryRun ? '' : token, expirationTimestamp: formatTime(expires) },
    },
  );
  return objectAnswer(undefined, normalizeObject(kind.schema, answer), 201);
}
