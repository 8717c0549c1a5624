import { InformerCache } from '../../src/client/informer-cache.ts';
import type { Informer, ObjectOf } from '../../src/client/contract.ts';

/** Any of an object but its name may be left out. */
type Given = { metadata: { name: string; namespace?: string; uid?: string } };

/**
 * Informers that know what a test tells them, at once: for what only reads, and for objects that no API takes (endpoints
 * on loopback addresses).
 */
export class GivenInformers {
  private readonly caches = new Map<string, InformerCache<never>>();
  private revision = 0;

  informer = <R extends string>(resource: R): Informer<ObjectOf<R>> => this.cache(resource);

  put<R extends string>(resource: R, given: Given): void {
    const { name, namespace = '', uid = `uid-${name}` } = given.metadata;
    const metadata = { ...given.metadata, name, namespace, uid, resourceVersion: String(++this.revision) };
    this.cache(resource).apply('ADDED', { ...given, metadata } as never);
  }

  remove<R extends string>(resource: R, namespace: string, name: string): void {
    const cache = this.cache(resource);
    const object = cache.get(namespace, name);
    if (object) cache.apply('DELETED', object);
  }

  private cache<R extends string>(resource: R): InformerCache<ObjectOf<R>> {
    let cache = this.caches.get(resource) as InformerCache<ObjectOf<R>> | undefined;
    if (!cache) {
      cache = new InformerCache<ObjectOf<R>>(resource, (error) => {
        throw error;
      });
      cache.replace([]);
      this.caches.set(resource, cache as unknown as InformerCache<never>);
    }
    return cache;
  }
}
