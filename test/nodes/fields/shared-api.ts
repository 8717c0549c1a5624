import { FakeApi, type Manifest } from '../../support/fake-api.ts';
import { NodeApi } from '../node-api.ts';

/** Who else is in the pod's namespace, for what refers to them. */
const OTHERS: Manifest[] = [
  ...['one', 'two'].flatMap((name) =>
    ['ConfigMap', 'Secret'].map((kind) => ({
      apiVersion: 'v1',
      kind,
      metadata: { name, namespace: 'a' },
      [kind === 'Secret' ? 'stringData' : 'data']: { KEY: `of ${name}`, OTHER: 'x' },
    })),
  ),
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'other', namespace: 'a' } },
];

let opened: Promise<FakeApi> | undefined;
let start = 0;
async function open(): Promise<FakeApi> {
  const api = await FakeApi.open();
  await api.give(...OTHERS);
  start = api.clock.now();
  return api;
}

/**
 * The one API of all observations, as it is at the beginning of each: with no pod and no node, and the same time on its
 * clock. To make another for each of some six hundred would take most of the time.
 */
export async function atTheBeginning<T>(observe: (cluster: NodeApi) => Promise<T>): Promise<T> {
  const api = await (opened ??= open());
  api.clock.setBack(start);
  api.clock.settle = () => api.quiet();
  const cluster = await NodeApi.open(undefined, { api });
  try {
    return await observe(cluster);
  } finally {
    await cluster.close();
    for (const resource of ['pods', 'nodes'])
      for (const { metadata } of await api.list(resource))
        await api.client.delete(resource, metadata.namespace ?? '', metadata.name, { gracePeriodSeconds: 0 });
  }
}

export async function closeShared(): Promise<void> {
  await (await opened)?.close();
  opened = undefined;
}
