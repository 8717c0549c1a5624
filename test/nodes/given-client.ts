import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/contract.ts';
import type { ObjectLike } from '../../src/meta/object.ts';
import { notFound } from '../../src/meta/status.ts';

/** A client that reads what it is given, as `configmaps NAMESPACE/NAME`, and can do nothing else. */
export function givenClient(objects: Readonly<Record<string, ObjectLike & Record<string, unknown>>>): Client {
  const nothing = (): never => {
    throw new Error('there is no API');
  };
  const client = createClient({ execute: nothing, subscribe: nothing, close: () => Promise.resolve() });
  const get = async (resource: string, namespace: string, name: string): Promise<never> => {
    const found = objects[`${resource} ${namespace}/${name}`];
    if (!found) throw notFound({ group: '', resource }, name);
    return found as never;
  };
  return Object.assign(client, { get });
}
