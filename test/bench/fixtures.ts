/** Bodies of about 1 KB are what clients create; pods of about 7 KB are what a list of running pods has. */
const environment = (count: number, size: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `SETTING_${i}`, value: 'x'.repeat(size) }));

const container = (name: string, env: number) => ({
  name,
  image: `registry.example.com/bench/${name}:1.0`,
  ports: [{ containerPort: 8080, name: 'http' }],
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '1', memory: '128Mi' } },
  env: environment(env, 24),
  livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 10 },
});

const pod = (name: string, padding: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    labels: { app: 'bench', tier: 'web', number: 'n{n}' },
    annotations: { 'example.com/note': 'y'.repeat(padding) },
  },
  spec: { containers: [container('web', 4)], nodeSelector: { 'example.com/pool': 'bench' } },
});

/** A request's body (1 KB) of a pod named `name`, with the generator's placeholders in it. */
export const smallPod = (name: string): string => JSON.stringify(pod(name, 220));

/** A pod that is about 7 KB when it is stored. */
export function largePod(name: string): string {
  const object = pod(name, 300);
  return JSON.stringify({
    ...object,
    spec: { ...object.spec, containers: [container('web', 16), container('sidecar', 16)] },
  });
}

/** `t` lets those who watch measure how long it was on its way. */
export const configMap = (name: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data: { t: '{t}', text: 'z'.repeat(200) },
  });

export const lease = (name: string, resourceVersion?: string): string =>
  JSON.stringify({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ...(resourceVersion && { resourceVersion }) },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.{u}Z' },
  });
