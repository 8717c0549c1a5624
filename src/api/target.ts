import type { Kind } from '../kinds/kind.ts';
import type { GroupResource } from '../meta/gvk.ts';
import type { Key } from '../store/contract.ts';
import type { Target } from './contract.ts';

/** The group and resource that messages name. */
export const resourceOf = (kind: Kind): GroupResource => ({ group: kind.group, resource: kind.resource });

/** Where the target's object is in the store. */
export const keyOf = (target: Target, name = target.name): Key => ({
  resource: target.kind.storage.key,
  namespace: target.kind.namespaced ? target.namespace : '',
  name,
});
