import type { Manifest } from '../../support/fake-api.ts';

/** Objects of scenarios, in the namespace `a` where they have one. */
type Fields = Record<string, unknown>;

export const object = (apiVersion: string, kind: string, name: string, more: Fields = {}): Manifest => {
  const { metadata, ...rest } = more;
  return { apiVersion, kind, metadata: { name, namespace: 'a', ...(metadata as Fields) }, ...rest };
};
export const clusterObject = (apiVersion: string, kind: string, name: string, more: Fields = {}): Manifest => {
  const { metadata, ...rest } = more;
  return { apiVersion, kind, metadata: { name, ...(metadata as Fields) }, ...rest };
};

export const podSpec = (more: Fields = {}): Fields => ({ containers: [{ name: 'c', image: 'busybox:1' }], ...more });
export const template = (labels: Record<string, string> = { app: 'x' }, more: Fields = {}): Fields => ({
  metadata: { labels },
  spec: podSpec(more),
});
export const selector = { matchLabels: { app: 'x' } };

export const pod = (
  name: string,
  { spec = {}, labels, status, ...metadata }: { spec?: Fields; labels?: Fields; status?: Fields } & Fields = {},
): Manifest => object('v1', 'Pod', name, { metadata: { labels, ...metadata }, spec: podSpec(spec), status });

const READY = ['Ready', 'ContainersReady', 'Initialized', 'PodScheduled'];
export const running = {
  phase: 'Running',
  podIP: '10.0.0.1',
  podIPs: [{ ip: '10.0.0.1' }],
  conditions: READY.map((type) => ({ type, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' })),
};

export const configMap = (name: string, metadata: Fields = {}): Manifest =>
  object('v1', 'ConfigMap', name, { metadata, data: { k: 'v' } });
