import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { bootstrapsigner } from '../../../src/reconcilers/bootstrapsigner.ts';
import { tokencleaner } from '../../../src/reconcilers/tokencleaner.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Manifest } from '../../support/fake-api.ts';
import type { Scenario } from '../../support/scenario.ts';

const HOUR = 3600_000;
const SECRET = '0123456789abcdef';
const CONTENT = 'clusters: []\n';

const token = (id: string, more: Record<string, string> = {}, name = `bootstrap-token-${id}`): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'kube-system' },
  type: 'bootstrap.kubernetes.io/token',
  stringData: { 'token-id': id, 'token-secret': SECRET, 'usage-bootstrap-signing': 'true', ...more },
});
const TOKENS = [
  token('aaaaaa'),
  token('bbbbbb', { expiration: '2026-01-01T02:00:00Z' }),
  token('cccccc', { 'usage-bootstrap-signing': 'false' }),
  token('dddddd', { expiration: '2025-01-01T00:00:00Z' }),
];
/** kubeadm's; its signatures are of the one that signs. */
const clusterInfo: Manifest = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cluster-info', namespace: 'kube-public' },
  data: { kubeconfig: CONTENT, 'jws-kubeconfig-zzzzzz': 'of one that is gone', other: 'stays' },
};

const signed = (id: string, content = CONTENT): string => {
  const header = Buffer.from(`{"alg":"HS256","kid":"${id}"}`).toString('base64url');
  const text = `${header}.${Buffer.from(content).toString('base64url')}`;
  return `${header}..${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
};
const info = async (cluster: Cluster) => (await cluster.client.get('configmaps', 'kube-public', 'cluster-info')).data;

/** The public kubeconfig has a signature of each token that is good for it, and no others. */
export const bootstrapsignerScenario: Scenario = {
  controllers: () => [bootstrapsigner],
  given: [...TOKENS, clusterInfo],
  acts: [
    (cluster) => cluster.advance(1000),
    async (cluster) =>
      expect(await info(cluster)).toEqual({
        kubeconfig: CONTENT,
        other: 'stays',
        'jws-kubeconfig-aaaaaa': signed('aaaaaa'),
        'jws-kubeconfig-bbbbbb': signed('bbbbbb'),
      }),
    (cluster) => cluster.advance(2 * HOUR),
    async (cluster) => expect(Object.keys((await info(cluster)) ?? {})).not.toContain('jws-kubeconfig-bbbbbb'),
    async (cluster) => {
      const data = { kubeconfig: 'another' };
      await cluster.client.patch('configmaps', 'kube-public', 'cluster-info', { data });
      await cluster.advance(1000);
    },
  ],
  async end(cluster) {
    expect(await info(cluster)).toEqual({
      kubeconfig: 'another',
      other: 'stays',
      'jws-kubeconfig-aaaaaa': signed('aaaaaa', 'another'),
    });
  },
};

const left = async (cluster: Cluster): Promise<string[]> =>
  (await cluster.list('secrets', 'kube-system')).map(({ metadata }) => metadata.name.replace('bootstrap-token-', ''));

/** Tokens go when they have ended, and one whose end cannot be read at once. */
export const tokencleanerScenario: Scenario = {
  controllers: () => [tokencleaner],
  given: [
    ...TOKENS,
    token('eeeeee', { expiration: 'tomorrow' }),
    token('ffffff', { expiration: '2026-01-03T00:00:00+01:00' }),
    { ...token('gggggg', { expiration: '2025-01-01T00:00:00Z' }), type: 'Opaque' },
  ],
  acts: [
    (cluster) => cluster.advance(1000),
    async (cluster) => expect(await left(cluster)).toEqual(['aaaaaa', 'bbbbbb', 'cccccc', 'ffffff', 'gggggg']),
    (cluster) => cluster.advance(2 * HOUR),
    async (cluster) => expect(await left(cluster)).toEqual(['aaaaaa', 'cccccc', 'ffffff', 'gggggg']),
    (cluster) => cluster.advance(45 * HOUR),
  ],
  async end(cluster) {
    expect(await left(cluster)).toEqual(['aaaaaa', 'cccccc', 'gggggg']);
  },
};
