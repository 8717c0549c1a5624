/** An object on the map, and what of it is asked. */
export interface Ref {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string | null;
    uid: string;
    ownerReferences?: readonly { uid: string }[] | null;
  };
  status?: { phase?: string | null } | null;
  /** relations, by their names in the document */
  [relation: `to_${string}`]: Related;
}
interface Page {
  items: readonly (Ref | null)[];
  /** of what the object itself leads to */
  totalCount?: number;
}
type Related = Page | Ref | null | undefined;

/** The object that the map is of, with what belongs to it. */
export interface Centre extends Ref {
  owners: readonly (Ref | null)[] | null;
  owned: Page | null;
  usedBy: Page | null;
}

export interface Edge {
  /** uids */
  from: string;
  to: string;
  /** what the one is to the other: `owns`, `services` */
  name: string;
}
export interface Graph {
  objects: ReadonlyMap<string, Ref>;
  edges: readonly Edge[];
}

/** From what is asked to what answers to what that needs: where a kind stands on the map; others stand among the workloads. */
const RANKS: Readonly<Record<string, number>> = {
  Namespace: 0,
  Ingress: 1,
  Service: 2,
  HorizontalPodAutoscaler: 2,
  PodDisruptionBudget: 2,
  NetworkPolicy: 2,
  EndpointSlice: 3,
  ReplicaSet: 5,
  Job: 5,
  Pod: 6,
  Node: 7,
  ConfigMap: 7,
  Secret: 7,
  ServiceAccount: 7,
  PersistentVolumeClaim: 7,
  PriorityClass: 7,
  RuntimeClass: 7,
  PersistentVolume: 8,
  StorageClass: 9,
};
const WORKLOADS = 4;

export const rankOf = ({ kind }: Pick<Ref, 'kind'>): number => RANKS[kind] ?? WORKLOADS;

/** Objects and what connects them, each once; lines go from those that are asked to those that they need. */
export function graphOf(centre: Centre): Graph {
  const objects = new Map<string, Ref>();
  const edges = new Map<string, Edge>();
  const connect = (from: Ref, to: Ref, name: string): void => {
    const key = [from.metadata.uid, to.metadata.uid].sort().join();
    if (from.metadata.uid === to.metadata.uid || edges.has(key)) return;
    const [first, second] = name !== 'owns' && rankOf(from) > rankOf(to) ? [to, from] : [from, to];
    edges.set(key, { from: first.metadata.uid, to: second.metadata.uid, name });
  };
  const add = (object: Ref): void => {
    const known = objects.get(object.metadata.uid);
    objects.set(object.metadata.uid, { ...known, ...object });
  };
  const follow = (object: Ref): void => {
    for (const [name, related] of Object.entries(object)) {
      if (!name.startsWith('to_')) continue;
      for (const other of listOf(related as Related)) {
        add(other);
        connect(object, other, name.slice('to_'.length));
        follow(other);
      }
    }
  };
  const owners = (centre.owners ?? []).filter((each) => each !== null);
  const owned = listOf(centre.owned);
  const related = [centre, ...owners, ...owned];
  for (const object of related) add(object);
  // ownership first: a Deployment's pods are those of its ReplicaSet
  for (const object of related)
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owner = objects.get(uid);
      if (owner) connect(owner, object, 'owns');
    }
  const isOwned = new Set([...edges.values()].map(({ to }) => to));
  for (const [name, to] of Object.entries(centre)) {
    if (!name.startsWith('to_')) continue;
    for (const other of listOf(to as Related)) {
      add(other);
      if (!isOwned.has(other.metadata.uid)) connect(centre, other, name.slice('to_'.length));
      follow(other);
    }
  }
  for (const user of listOf(centre.usedBy)) {
    add(user);
    connect(user, centre, 'uses');
  }
  return { objects, edges: [...edges.values()] };
}

/** How many more the object leads to than were asked for. */
export const leftOf = (centre: Centre): number =>
  Object.values(centre)
    .filter((each): each is Required<Page> => typeof each === 'object' && each !== null && 'totalCount' in each)
    .reduce((sum, { totalCount, items }) => sum + totalCount - items.length, 0);

function listOf(related: Related): Ref[] {
  if (!related) return [];
  const items = 'items' in related ? (related.items as readonly (Ref | null)[]) : [related as Ref];
  return items.filter((each) => each !== null);
}
