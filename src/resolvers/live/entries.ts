import type { Key } from '../../store/contract.ts';
import type { Entry } from './live-selection.ts';

/** Entries by namespace and name, which are looked up as they are: a text made of both would be made for each event. */
export class Entries {
  private readonly namespaces = new Map<string, Map<string, Entry>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  get({ namespace, name }: Pick<Key, 'namespace' | 'name'>): Entry | undefined {
    return this.namespaces.get(namespace)?.get(name);
  }

  /** Puts in one of an object that has none. */
  add(entry: Entry): void {
    const { namespace, name } = entry.stored;
    const names = this.namespaces.get(namespace);
    if (names) names.set(name, entry);
    else this.namespaces.set(namespace, new Map([[name, entry]]));
    this.count++;
  }

  delete({ namespace, name }: Pick<Key, 'namespace' | 'name'>): void {
    const names = this.namespaces.get(namespace);
    if (!names?.delete(name)) return;
    this.count--;
    if (names.size === 0) this.namespaces.delete(namespace);
  }
}
