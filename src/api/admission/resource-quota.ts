import { objectOf, storedForm } from '../../kinds/encode.ts';
import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  subtractQuantity,
  zeroQuantity,
  type Quantity,
} from '../../meta/quantity.ts';
import type { KubeObject } from '../../meta/object.ts';
import { conflict, forbiddenRequest, MODIFIED } from '../../meta/status.ts';
import { groupResourceName } from '../../meta/gvk.ts';
import { timeMs } from '../../meta/time.ts';
import { amountsOf, exact } from '../../rules/pod-amounts.ts';
import { unsaid } from '../../rules/quota-demands.ts';
import { inScopes } from '../../rules/quota-scopes.ts';
import { usageOf, type Usage } from '../../rules/quota-usage.ts';
import type { Author, Stored } from '../../store/contract.ts';
import type { Target } from '../contract.ts';
import { copyAs, objectAs } from '../object-as.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { resourceOf } from '../target.ts';
import { ownershipOf } from '../write/ownership.ts';
import { writeOf } from '../write/stored-write.ts';
import { validated } from './objects.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const QUOTAS = 'resourcequotas';
/** Times that a quota's count is written anew when others write it too. */
const MAX_ATTEMPTS = 10;
const by: Author = { user: 'system:apiserver', manager: 'kube-apiserver', verb: 'count' };

/** `pods`, `deployments.apps` */
const resourceNameOf = ({ kind }: Target): string => groupResourceName({ group: kind.group, resource: kind.resource });

/** What the write adds, for resources that become more. `now` in ms. */
function deltaOf(resource: string, object: KubeObject, old: KubeObject | undefined, now: number): Usage {
  const before = old ? usageOf(resource, old, now) : {};
  const delta: Usage = {};
  for (const [name, amount] of Object.entries(usageOf(resource, object, now))) {
    const more: Quantity = before[name] ? subtractQuantity(amount, before[name]) : amount;
    if (compareQuantity(more, zeroQuantity) > 0) delta[name] = more;
  }
  return delta;
}

const amountOf = (amounts: Usage, name: string): Quantity => amounts[name] ?? zeroQuantity;
const list = (amounts: Usage, names: readonly string[]): string =>
  names.map((name) => `${name}=${formatQuantity(amountOf(amounts, name))}`).join(',');

/** The quota with the delta counted, undefined when it is not about it. Throws 403 where it is too much. */
function counted(request: AdmissionRequest, stored: Stored, delta: Usage): KubeObject | undefined {
  const { object, old, target, operation } = request;
  const current = objectAs(QUOTAS, stored);
  const resource = resourceNameOf(target);
  if (!inScopes(current, resource, object!)) return undefined;
  const hard = amountsOf(current.status?.hard, exact);
  const refuse = (why: string) => forbiddenRequest(resourceOf(target.kind), requestName(request), why);
  if (resource === 'pods' && operation === 'CREATE') {
    const missing = unsaid(validated(request, 'pods').spec, Object.keys(hard));
    if (missing.length) throw refuse(`failed quota: ${stored.name}: must specify ${missing.join('; ')}`);
  }
  // what comes into a quota's scope by an update is counted whole
  const own = old && !inScopes(current, resource, old) ? usageOf(resource, object!, timeMs(request.now)) : delta;
  const names = Object.keys(own)
    .filter((name) => name in hard)
    .sort();
  if (names.length === 0) return undefined;
  const used = amountsOf(current.status?.used, exact);
  const after: Usage = Object.fromEntries(
    names.map((name) => [name, addQuantity(amountOf(used, name), amountOf(own, name))]),
  );
  const exceeded = names.filter((name) => compareQuantity(amountOf(after, name), amountOf(hard, name)) > 0);
  if (exceeded.length) {
    throw refuse(
      `exceeded quota: ${stored.name}, requested: ${list(own, exceeded)}, used: ${list(used, exceeded)}, limited: ${list(hard, exceeded)}`,
    );
  }
  const texts = Object.fromEntries(names.map((name) => [name, formatQuantity(amountOf(after, name))]));
  const quota = copyAs(QUOTAS, stored);
  quota.status = { ...quota.status, used: { ...quota.status?.used, ...texts } };
  return quota;
}

/** Counts in one quota until the count is in the store. */
async function count(request: AdmissionRequest, first: Stored, delta: Usage): Promise<void> {
  const { store, registry, now } = request;
  const kind = registry.preferred(QUOTAS)!;
  const key = { resource: QUOTAS, namespace: first.namespace, name: first.name };
  let stored: Stored | undefined = first;
  for (let attempt = 1; stored; attempt++) {
    const quota = counted(request, stored, delta);
    if (!quota || !request.stores) return;
    const target: Target = { kind, namespace: stored.namespace, name: stored.name, subresource: 'status' };
    const ownership = ownershipOf(registry, kind, 'status');
    updateManagedFields({
      ...ownership,
      live: objectOf(kind, stored),
      object: quota,
      manager: by.manager,
      subresource: 'status',
      now,
    });
    const outcome = await store.commit(
      writeOf({ target, by }, storedForm(kind.storage, false, quota), stored.revision),
    );
    if (outcome.ok) return;
    if (attempt === MAX_ATTEMPTS) throw conflict({ group: '', resource: QUOTAS }, first.name, MODIFIED);
    stored = outcome.current ?? store.get(key);
  }
}

async function countAll(request: AdmissionRequest, quotas: readonly Stored[]): Promise<void> {
  const { target, object, old } = request;
  const delta = deltaOf(resourceNameOf(target), object!, old, timeMs(request.now));
  for (const quota of quotas) await count(request, quota, delta);
}

/** What is made is counted against the quotas of its namespace, and refused where one is full. The controller corrects the count. */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: ({ kind, subresource }, operation) =>
    kind.namespaced &&
    (subresource === '' || subresource === 'resize') &&
    (operation === 'CREATE' ||
      (operation === 'UPDATE' &&
        kind.group === '' &&
        ['pods', 'services', 'persistentvolumeclaims'].includes(kind.resource))),
  validate(request) {
    const { store, target, old } = request;
    if (target.kind.storage.key === QUOTAS && old) return;
    const quotas = store.list({ resource: QUOTAS, namespace: target.namespace }).items;
    return quotas.length ? countAll(request, quotas) : undefined;
  },
};
