import type { CustomResourceDefinition, Namespace, Secret, Service } from '../../../../schema/types.ts';
import type { Informer, ObjectOf } from '../../../client/contract.ts';
import type { ObjectLike } from '../../../meta/object.ts';
import { isEstablished } from '../../../rules/established.ts';
import {
  RESOURCES,
  type Gateway,
  type GatewayClass,
  type GatewayRoute,
  type ReferenceGrant,
  type RouteKind,
} from './types.ts';

type Key = keyof typeof RESOURCES;
interface Objects {
  classes: GatewayClass;
  gateways: Gateway;
  HTTPRoute: GatewayRoute;
  GRPCRoute: GatewayRoute;
  grants: ReferenceGrant;
}
interface Sources {
  informer<R extends string>(resource: R): Informer<ObjectOf<R>>;
}
const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** All that Gateways are made of. What is of a kind that is not defined is empty. */
export class World {
  private readonly caches: { [K in Key]?: Informer<ObjectLike> } = {};
  readonly namespaces: Informer<Namespace>;
  readonly services: Informer<Service>;
  readonly secrets: Informer<Secret>;
  private readonly unfollow: (() => void)[] = [];

  /** @param changed hears of each change of what is custom */
  constructor(
    private readonly sources: Sources,
    private readonly changed: () => void,
  ) {
    this.namespaces = sources.informer('namespaces');
    this.services = sources.informer('services');
    this.secrets = sources.informer('secrets');
    this.unfollow.push(sources.informer(DEFINITIONS).follow((now) => now && this.defined(now)));
  }

  stop(): void {
    for (const end of this.unfollow.splice(0)) end();
  }

  has(key: Key): boolean {
    return this.caches[key]?.synced === true;
  }

  list<K extends Key>(key: K): Objects[K][] {
    // what the user's definition says of its objects is what these types say
    return (this.caches[key]?.list() ?? []) as Objects[K][];
  }

  /** Routes with their kind. */
  routes(): { kind: RouteKind; route: GatewayRoute }[] {
    return (['HTTPRoute', 'GRPCRoute'] as const).flatMap((kind) => this.list(kind).map((route) => ({ kind, route })));
  }

  private defined(definition: CustomResourceDefinition): void {
    const { metadata } = definition;
    const key = (Object.keys(RESOURCES) as Key[]).find((one) => RESOURCES[one] === metadata.name);
    if (!key || this.caches[key] || !isEstablished(definition)) return;
    const cache = this.sources.informer(metadata.name);
    this.caches[key] = cache;
    this.unfollow.push(cache.follow(() => this.changed()));
    void cache.whenSynced().then(() => this.changed());
  }
}
