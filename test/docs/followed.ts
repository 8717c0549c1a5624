import type { TestApi } from '../api/support.ts';

/** What is done beside a subscription of the documentation, and what it tells of that. */
export interface Followed {
  /** what has to be there before it begins */
  before?(api: TestApi): Promise<unknown>;
  /** of its first payload; of one that tells only what is new, nothing */
  first?: object;
  /** what is written then; of one that goes on by itself, nothing */
  change?(api: TestApi): Promise<unknown>;
  /** of the payload that comes of it. @param first the first one */
  told(first: any): object;
}

const IMAGE = 'registry.example.com/web:1';
const pod = (api: TestApi, namespace: string, name: string, nodeName?: string, app = name): Promise<unknown> => {
  const containers = [{ name: 'main', image: IMAGE }];
  const metadata = { name, labels: { app } };
  return api.create('pods', { metadata, spec: { containers, ...(nodeName && { nodeName }) } }, namespace);
};
const running = (api: TestApi, namespace: string, name: string): Promise<unknown> => {
  const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  const status = { name: 'main', image: IMAGE, imageID: '', containerID: 'x://1', ready: true, restartCount: 0, state };
  return api.merge('pods/status', name, { status: { containerStatuses: [status] } }, namespace);
};
const serviceAccount = (api: TestApi): Promise<unknown> =>
  api.create('serviceaccounts', { metadata: { name: 'default' } }, 'default').catch(() => undefined);

/** By the name of the subscription, or by its field. */
export const FOLLOWED: Readonly<Record<string, Followed>> = {
  drainNode: {
    before: (api) => api.create('nodes', { metadata: { name: 'node-1' } }, ''),
    first: { type: 'CORDONED' },
    told: () => ({ type: 'DRAINED', remaining: 0 }),
  },
  podsLive: {
    before: serviceAccount,
    first: { type: 'RESULT', totalCount: 0, items: [] },
    change: (api) => pod(api, 'default', 'new'),
    told: () => ({
      type: 'CHANGES',
      totalCount: 1,
      changes: [{ type: 'ENTER', from: null, to: 0, object: { metadata: { name: 'new' } } }],
    }),
  },
  WithNodes: {
    first: { type: 'RESULT', items: [{ metadata: { name: 'db-0' }, node: { spec: { unschedulable: null } } }] },
    change: (api) => api.merge('nodes', 'n2', { spec: { unschedulable: true } }, ''),
    told: () => ({
      type: 'CHANGES',
      changes: [{ type: 'UPDATE', object: { node: { spec: { unschedulable: true } } } }],
    }),
  },
  podsAggregateLive: {
    change: (api) => pod(api, 'shop', 'another', 'n1'),
    told: ({ total }: { total: { count: number } }) => ({ total: { count: total.count + 1 } }),
  },
  podsWatch: {
    before: serviceAccount,
    first: { type: 'BOOKMARK', initialEventsEnd: true },
    change: (api) => pod(api, 'default', 'placed', 'n1'),
    told: () => ({ type: 'ADDED', object: { metadata: { name: 'placed' } }, oldObject: null }),
  },
  watch: {
    before: serviceAccount,
    change: (api) => pod(api, 'default', 'web'),
    told: () => ({ type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'web' } } }),
  },
  deploymentRolloutStatus: {
    first: { done: false, failed: false },
    change: (api) => {
      const counts = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
      return api.merge('deployments.apps/status', 'web', { status: { observedGeneration: 100, ...counts } }, 'store');
    },
    told: () => ({ done: true, failed: false }),
  },
  deploymentLogs: {
    first: [
      { pod: 'web-0', container: 'main', text: 'ready' },
      { pod: 'web-1', container: 'main', text: 'ready' },
    ],
    change: async (api) => {
      await pod(api, 'shop', 'web-9', 'n2', 'web');
      await running(api, 'shop', 'web-9');
    },
    told: () => [{ pod: 'web-9', container: 'main', text: 'ready' }],
  },
  podLogs: { told: () => [{ text: 'ready' }] },
};
