import http from 'node:http';
import { namespace, until, withRoles } from '../nodes.ts';
import type { Bench, Row } from '../row.ts';

const ROLES = 'controllers,scheduler,nodes';
const NODE = ['--nodes', 'process:1', '--node-name', 'bench', '--service-proxy', 'nftables'];
const IN_FLIGHT = 8;

/** Answers until it has been told to end and for a second more, as a server behind a proxy does. */
const SERVER = `
const server = require('http').createServer((_, to) => to.end('ok'));
server.listen(8080);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

const deployment = (version: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 2 } },
    template: {
      metadata: { labels: { app: 'web' }, annotations: { version } },
      spec: {
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'c',
            image: 'node',
            command: ['node', '-e', SERVER],
            readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
            lifecycle: { preStop: { sleep: { seconds: 2 } } },
          },
        ],
      },
    },
  },
});

interface Rollout {
  metadata: { generation: number };
  status?: { observedGeneration?: number; updatedReplicas?: number; readyReplicas?: number; replicas?: number };
}

/** One request of its own connection. */
const ask = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = http.get({ host, port: 80, agent: false, timeout: 10_000 }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode === 200));
    });
    request.once('error', () => resolve(false)).once('timeout', () => request.destroy());
  });

async function rollUnderLoad(bench: Bench): Promise<number> {
  const ns = await namespace(bench);
  const path = `/apis/apps/v1/namespaces/${ns}/deployments`;
  const rolled = async (): Promise<boolean> => {
    const { metadata, status } = await bench.request<Rollout>('GET', `${path}/web`);
    const { observedGeneration, updatedReplicas, readyReplicas, replicas } = status ?? {};
    return (
      observedGeneration === metadata.generation && [updatedReplicas, readyReplicas, replicas].every((n) => n === 4)
    );
  };
  await bench.request('POST', path, deployment('1'));
  const { spec } = await bench.request<{ spec: { clusterIP: string } }>('POST', `/api/v1/namespaces/${ns}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  await until('the Deployment is ready', rolled);
  await until('the Service answers', () => ask(spec.clusterIP));
  let [failed, over] = [0, false];
  const clients = Array.from({ length: IN_FLIGHT }, async () => {
    while (!over) if (!(await ask(spec.clusterIP))) failed++;
  });
  try {
    const current = await bench.request<object>('GET', `${path}/web`);
    await bench.request('PUT', `${path}/web`, { ...current, spec: deployment('2').spec });
    await until('the update is over', rolled);
  } finally {
    over = true;
    await Promise.all(clients);
  }
  return failed;
}

const rolling: Row = {
  name: 'nodes-rolling',
  title: 'requests to a cluster IP that fail while its Deployment is rolled (nftables)',
  stage: 'empty',
  anyServer: false,
  quick: false,
  maxRuns: 1,
  measures: [{ unit: 'cut', better: 'less', goal: 0 }],
  run: (bench) => withRoles(bench, ROLES, NODE, async () => [await rollUnderLoad(bench)]),
};

export const NODES_ROLLING: readonly Row[] = [rolling];
