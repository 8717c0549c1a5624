import type { ConfigMap, Secret } from '../../../schema/types.ts';
import type { Client, ObjectOf } from '../../client/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import { isStatusError } from '../../meta/status.ts';

/** A config map or secret that a pod needs is not there. */
export class MissingObject extends Error {}

/** Objects of each kind kept, and how long one is believed, ms: the node asks by name, as its authorization demands. */
const MAX_ENTRIES = 1000;
const TTL_MS = 5000;

type Cache<R extends string> = Map<string, { at: number; value: Promise<ObjectOf<R> | undefined> }>;

/** Config maps and secrets by name, each asked for at most once in a while however many pods use it. */
export class ObjectSource {
  private readonly configMaps: Cache<'configmaps'> = new Map();
  private readonly secrets: Cache<'secrets'> = new Map();

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
  ) {}

  /** undefined when it does not exist */
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.lookup(this.configMaps, 'configmaps', namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.lookup(this.secrets, 'secrets', namespace, name);
  }

  /** File contents by key. Throws MissingObject with the kubelet's words, unless `optional`. */
  async configMapData(namespace: string, name: string, optional = false): Promise<Map<string, Buffer> | undefined> {
    const object = await this.configMap(namespace, name);
    if (!object && !optional) throw new MissingObject(`configmap ${JSON.stringify(name)} not found`);
    if (!object) return undefined;
    const entries = Object.entries(object.data ?? {}).map(([key, text]): [string, Buffer] => [key, Buffer.from(text)]);
    const binary = Object.entries(object.binaryData ?? {}).map(([key, text]): [string, Buffer] => [
      key,
      Buffer.from(text, 'base64'),
    ]);
    return new Map([...entries, ...binary]);
  }

  /** The texts by key; what is binary is no text. Throws as `configMapData` does. */
  async configMapTexts(namespace: string, name: string, optional = false): Promise<Map<string, string> | undefined> {
    const object = await this.configMap(namespace, name);
    if (!object && !optional) throw new MissingObject(`configmap ${JSON.stringify(name)} not found`);
    return object && new Map(Object.entries(object.data ?? {}));
  }

  async secretData(namespace: string, name: string, optional = false): Promise<Map<string, Buffer> | undefined> {
    const object = await this.secret(namespace, name);
    if (!object && !optional) throw new MissingObject(`secret ${JSON.stringify(name)} not found`);
    if (!object) return undefined;
    return new Map(Object.entries(object.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
  }

  private lookup<R extends string>(
    cache: Cache<R>,
    resource: R,
    namespace: string,
    name: string,
  ): Promise<ObjectOf<R> | undefined> {
    const key = `${namespace}/${name}`;
    const now = this.clock.now();
    const known = cache.get(key);
    if (known && now - known.at < TTL_MS) return known.value;
    const value = this.client.get(resource, namespace, name).catch((error: unknown) => {
      cache.delete(key);
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    });
    cache.delete(key);
    cache.set(key, { at: now, value });
    if (cache.size > MAX_ENTRIES) cache.delete(cache.keys().next().value!);
    return value;
  }
}
