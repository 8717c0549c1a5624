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
/** Dependents that a webhook is asked to convert together. */
const AT_ONCE = 64;
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
    for await (const { kind: of, object: other } of dependentsOf(walk, one)) {
      budget.look(1);
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

/** What has it as owner; of a namespace and a definition what is in them. Each is read when it is asked for. */
async function* dependentsOf(
  { snapshot, kindOf, kinds }: Walk,
  { kind, object }: Reached,
): AsyncGenerator<{ kind: Kind; object: KubeObject }> {
  const owned = snapshot.owned(object.metadata.uid) ?? [];
  for (let start = 0; start < owned.length; start += AT_ONCE) {
    const some = owned.slice(start, start + AT_ONCE).flatMap((stored) => {
      const of = kindOf(stored.resource);
      return of && snapshot.mayList(of, stored.namespace) ? [{ of, stored }] : [];
    });
    const served = await Promise.all(some.map(async ({ of, stored }) => snapshot.served(of, [stored])));
    for (const [i, { of, stored }] of some.entries()) {
      const dependent = { kind: of, object: wholeObject(of, served[i]?.[0] ?? stored) };
      if (isMeant(object, dependent.object)) yield dependent;
    }
  }
  for (const [of, namespace] of contentsOf(kind, object, kindOf, kinds)) {
    await snapshot.step();
    if (!of.storage.persisted || !of.verbs.includes('list') || kindOf(of.storage.key) !== of) continue;
    if (!snapshot.mayList(of, namespace)) continue;
    const all = await snapshot.served(of, await snapshot.list(of, namespace));
    for (const stored of all) yield { kind: of, object: wholeObject(of, stored) };
  }
}

/** The kinds whose objects go with a namespace or a definition, and where they are. */
function contentsOf(
  { storage: { key } }: Kind,
  { metadata: { name } }: KubeObject,
  kindOf: Walk['kindOf'],
  kinds: Walk['kinds'],
): [kind: Kind, namespace: string][] {
  if (key === 'namespaces')
    return kinds()
      .filter((of) => of.namespaced)
      .map((of) => [of, name]);
  const of = key === 'customresourcedefinitions.apiextensions.k8s.io' ? kindOf(name) : undefined;
  return of ? [[of, '']] : [];
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
