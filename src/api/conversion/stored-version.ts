import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { stringifyExact } from '../../go/json-numbers.ts';
import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { Slice } from '../fairness/turns.ts';
import { convertObjects, type Reach } from './convert.ts';

/** Bytes of converted objects that are kept for the next who wants them: watchers of one version want the same. */
const MAX_KEPT = 32 * 1024 * 1024;

/** A stored object as it is in another version. */
class Converted implements Stored {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly bytes: Buffer;

  constructor(
    readonly of: Stored,
    readonly object: KubeObject,
  ) {
    ({ resource: this.resource, namespace: this.namespace, name: this.name, revision: this.revision } = of);
    this.bytes = Buffer.from(stringifyExact(object));
  }
  get parsed(): KubeObject {
    return this.object;
  }
  get uid(): string {
    return this.of.uid;
  }
  get labels(): Record<string, string> | undefined {
    return this.object.metadata.labels;
  }
  get fields(): Record<string, string> | undefined {
    return this.of.fields;
  }
  get owners(): readonly string[] | undefined {
    return this.of.owners;
  }
  get exact(): true | undefined {
    return this.of.exact;
  }
  copy(): KubeObject {
    return structuredClone(this.object);
  }
  /** Forms of it are made by who asks: it lives no longer than they do. */
  encoded(_format: string, make: () => Buffer): Buffer {
    return make();
  }
  deletedAt(revision: number): Stored {
    const { metadata, ...rest } = this.object;
    return new Converted(this.of.deletedAt?.(revision) ?? this.of, {
      ...rest,
      metadata: { ...metadata, resourceVersion: String(revision) },
    });
  }
}

const kept = new LRUCache<string, Stored>({ maxSize: MAX_KEPT, sizeCalculation: ({ bytes }) => bytes.length });
const digests = new WeakMap<Stored, string>();

/** By what it says: a revision has two states where one left the sight of a watch, and what a bundle stages has none. */
function keyOf(kind: Kind, stored: Stored, apiVersion: string): string {
  let digest = digests.get(stored);
  if (!digest) digests.set(stored, (digest = createHash('sha1').update(stored.bytes).digest('base64')));
  return `${kind.definition?.id} ${apiVersion} ${digest}`;
}

/** Whether a webhook stands between the versions of a kind. Of all others what is stored is read at once. */
export const hasWebhook = (kind: Kind): boolean => kind.definition?.webhook !== undefined;

/** The version in which an object of a custom kind is stored. */
export const storedVersion = (kind: Kind, { object }: Stored): string =>
  object.apiVersion ?? kind.definition?.firstVersion ?? apiVersionOf(kind.storage);

/** Stored objects of a kind that has a webhook in its version, or another, in their order. Throws 500. */
export async function inKindsVersion(
  core: Reach,
  kind: Kind,
  given: readonly Stored[],
  apiVersion = apiVersionOf(kind),
): Promise<readonly Stored[]> {
  // what was converted once is converted from what is stored, as nothing says that there is a way back
  const items = given.map((item) => (item instanceof Converted ? item.of : item));
  // held from here on, however much of what is kept has to go for what comes
  const found = new Map<Stored, Stored>();
  const wanted: Stored[] = [];
  const slice = new Slice();
  for (const item of items) {
    if (slice.over) await slice.next();
    if (storedVersion(kind, item) === apiVersion) continue;
    const known = kept.get(keyOf(kind, item, apiVersion));
    if (known) found.set(item, known);
    else wanted.push(item);
  }
  if (wanted.length) {
    const objects = wanted.map((item) => ({
      ...item.object,
      apiVersion: storedVersion(kind, item),
      kind: kind.kind,
    }));
    const converted = await convertObjects(core, kind, objects, apiVersion);
    for (const [i, item] of wanted.entries()) {
      if (!converted[i]) continue;
      if (slice.over) await slice.next();
      const { kind: _, ...object } = converted[i];
      const made = new Converted(item, object);
      found.set(item, made);
      kept.set(keyOf(kind, item, apiVersion), made);
    }
  }
  return items.map((item) => found.get(item) ?? item);
}

/** The same of one object. */
export async function oneInKindsVersion(core: Reach, kind: Kind, stored: Stored): Promise<Stored> {
  return (await inKindsVersion(core, kind, [stored]))[0] ?? stored;
}

/** An object of a kind that has a webhook in the version in which it is stored, to be written. Throws 500. */
export async function inStoredVersion(core: Reach, kind: Kind, form: KubeObject): Promise<KubeObject> {
  const wanted = apiVersionOf(kind.storage);
  if (form.apiVersion === wanted) return form;
  const [converted] = await convertObjects(core, kind, [{ ...form, kind: kind.kind }], wanted);
  const { kind: _, ...stored } = converted ?? form;
  return stored as KubeObject;
}
