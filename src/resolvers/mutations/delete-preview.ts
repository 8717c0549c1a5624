import type { Target } from '../../api/contract.ts';
import { propagationOf } from '../../api/deletion/finalizers.ts';
import { checkDeleteOptions } from '../../api/options.ts';
import type { Kind } from '../../kinds/kind.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { KubeObject, OwnerReference } from '../../meta/object.ts';
import { badRequest, isStatusError } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import type { Snapshot } from '../relations/snapshot.ts';
import { wholeObject } from '../whole.ts';

export const FATES = {
  DELETED: { description: 'it goes' },
  ORPHANED: { description: 'it stays, and loses its reference to an owner that goes' },
} as const;

/** An object that a deletion reaches. */
export interface Reached {
  kind: Kind;
  object: KubeObject;
  fate: keyof typeof FATES;
  /** steps from what is deleted */
  depth: number;
}
export interface DeletePreview {
  propagationPolicy: string;
  reached: Reached[];
  /** there is more than was looked at */
  truncated: boolean;
}
export interface PreviewArguments {
  propagationPolicy?: string | null | undefined;
  first?: number | null | undefined;
}

const DEFAULT_FIRST = 500;
const MAX_FIRST = 5_000;
/** The collector's own, which hold an object only until it has done its work. */
const COLLECTORS: ReadonlySet<string> = new Set(['orphan', 'foregroundDeletion']);

/** What keeps it from going at once, other than the garbage collector's work. */
export const heldBy = ({ metadata }: KubeObject): string[] =>
  (metadata.finalizers ?? []).filter((finalizer) => !COLLECTORS.has(finalizer));

/**
 * What a delete of the target would take along, as the garbage collector, and the controllers of namespaces and
 * definitions, would: breadth first, and as far as the caller may read. Writes nothing. Throws 403 where he may not get
 * the object, 404, 400.
 */
export async function deletePreview(
  { api, request, budget }: OperationContext,
  snapshot: Snapshot,
  target: Target,
  args: PreviewArguments,
): Promise<DeletePreview> {
  const first = args.first ?? DEFAULT_FIRST;
  if (first < 1 || first > MAX_FIRST) throw badRequest(`first must be between 1 and ${MAX_FIRST}`);
  const options = args.propagationPolicy ? { propagationPolicy: args.propagationPolicy } : {};
  checkDeleteOptions(options);
  const { kind } = target;
  const { object } = await api.get(request, target, {});
  const propagationPolicy = propagationOf(kind.storage, object, options);
  const reached = new Map<string, Reached>([[object.metadata.uid, { kind, object, fate: 'DELETED', depth: 0 }]]);
  const walk: Walk = {
    snapshot,
    kindOf: (resource) => api.registry.preferred(resource),
    kinds: () => api.registry.all(),
    byKind: (reference) => byKind(api.registry, reference),
    reached,
  };
  let truncated = false;
  const next: (Reached & { policy: string })[] = [
    { kind, object, fate: 'DELETED', depth: 0, policy: propagationPolicy },
  ];
  for (let one = next.shift(); one && !truncated; one = next.shift()) {
    for (const { kind: of, object: other } of await dependentsOf(walk, one)) {
      if (budget.due) await budget.turn();
      const known = reached.get(other.metadata.uid);
      if (known?.fate === 'DELETED') continue;
      if (reached.size > first) {
        truncated = true;
        break;
      }
      const fate = one.policy === 'Orphan' || !(await losesAll(walk, of, other)) ? 'ORPHANED' : 'DELETED';
      const found: Reached = { kind: of, object: other, fate, depth: known?.depth ?? one.depth + 1 };
      reached.set(other.metadata.uid, found);
      // the collector deletes it by what its own finalizers say
      if (fate === 'DELETED') next.push({ ...found, policy: collectedBy(other) });
    }
  }
  return { propagationPolicy, reached: [...reached.values()], truncated };
}

const collectedBy = ({ metadata: { finalizers = [] } }: KubeObject): DeletePreview['propagationPolicy'] =>
  finalizers.includes('orphan') ? 'Orphan' : 'Background';

interface Walk {
  snapshot: Snapshot;
  kindOf(resource: string): Kind | undefined;
  kinds(): readonly Kind[];
  byKind(reference: OwnerReference): Kind | undefined;
  reached: ReadonlyMap<string, Reached>;
}

const byKind = (
  registry: { byKind(group: string, version: string, kind: string): Kind | undefined },
  { apiVersion, kind }: OwnerReference,
): Kind | undefined => {
  const { group, version } = parseApiVersion(apiVersion);
  return registry.byKind(group, version, kind);
};

/** A reference reaches its own namespace and cluster scope only. */
const isMeant = (owner: KubeObject, { metadata }: KubeObject): boolean =>
  !owner.metadata.namespace || owner.metadata.namespace === metadata.namespace;

/** What has it as owner; of a namespace and a definition what is in them. */
async function dependentsOf(
  { snapshot, kindOf, kinds }: Walk,
  { kind, object }: Reached,
): Promise<{ kind: Kind; object: KubeObject }[]> {
  const owned = await Promise.all(
    (snapshot.owned(object.metadata.uid) ?? []).flatMap((stored) => {
      const of = kindOf(stored.resource);
      if (!of || !snapshot.mayList(of, stored.namespace)) return [];
      const one = async (): Promise<{ kind: Kind; object: KubeObject }> => {
        const [served = stored] = await snapshot.served(of, [stored]);
        return { kind: of, object: wholeObject(of, served) };
      };
      return [one()];
    }),
  );
  const found = owned.filter((one) => isMeant(object, one.object));
  const add = async (of: Kind, namespace: string): Promise<void> => {
    if (!of.storage.persisted || !of.verbs.includes('list') || kindOf(of.storage.key) !== of) return;
    if (!snapshot.mayList(of, namespace)) return;
    const all = await snapshot.served(of, await snapshot.list(of, namespace));
    for (const stored of all) found.push({ kind: of, object: wholeObject(of, stored) });
  };
  const { key } = kind.storage;
  if (key === 'namespaces') for (const of of kinds()) if (of.namespaced) await add(of, object.metadata.name);
  if (key === 'customresourcedefinitions.apiextensions.k8s.io') {
    const of = kindOf(object.metadata.name);
    if (of) await add(of, '');
  }
  return found;
}

/** Whether nothing that stays owns it. An owner that the caller may not see is taken to stay. */
async function losesAll({ snapshot, reached, byKind }: Walk, kind: Kind, object: KubeObject): Promise<boolean> {
  const { ownerReferences = [], namespace = '' } = object.metadata;
  for (const reference of ownerReferences) {
    if (reached.get(reference.uid)?.fate === 'DELETED') continue;
    const owner = byKind(reference);
    if (!owner || (owner.namespaced && !kind.namespaced)) return false;
    try {
      const found = await snapshot.get(owner, owner.namespaced ? namespace : '', reference.name);
      if (found?.uid === reference.uid) return false;
    } catch (error) {
      if (isStatusError(error, 'Forbidden')) return false;
      throw error;
    }
  }
  return true;
}
