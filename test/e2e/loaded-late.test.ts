import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestPlugin } from '../start/kms-plugin.ts';
import { startCluster, type Cluster } from './support/cluster.ts';
import { httpClient } from './support/http.ts';

/** Packages that few starts load are in no bundle, or in one apart: the built program has to find them all the same. */
const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-late-'));
const plugin = new TestPlugin();
const collector = new Server();
let traces = 0;
let cluster: Cluster;

beforeAll(async () => {
  await plugin.start();
  const bytes = (value: Buffer): Buffer => value;
  const exported = {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  collector.addService(
    { exported },
    {
      exported: (_: unknown, done: (error: null, answer: Buffer) => void) => {
        traces++;
        done(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    collector.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const file = (name: string, kind: string, rest: object): string => {
    const place = path.join(folder, name);
    writeFileSync(place, JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind, ...rest }));
    return place;
  };
  const encryption = file('encryption', 'EncryptionConfiguration', {
    resources: [
      {
        resources: ['secrets'],
        providers: [{ kms: { apiVersion: 'v2', name: 'k', endpoint: plugin.endpoint } }, { identity: {} }],
      },
    ],
  });
  const tracing = file('tracing', 'TracingConfiguration', {
    endpoint: `127.0.0.1:${port}`,
    samplingRatePerMillion: 1_000_000,
  });
  cluster = await startCluster([
    '--nodes=simulated:1',
    `--encryption-provider-config=${encryption}`,
    `--tracing-config-file=${tracing}`,
    `--logs-otlp-endpoint=127.0.0.1:${port}`,
  ]);
});

afterAll(async () => {
  await cluster?.remove();
  collector.forceShutdown();
  await plugin.stop();
  rmSync(folder, { recursive: true });
});

test('a Secret is sealed by a key management service', async () => {
  await cluster.kubectl('create secret generic s --from-literal=a=b');
  expect((await cluster.kubectl('get secret s -o jsonpath={.data.a}')).stdout).toBe('Yg==');
  expect(plugin.calls).toContain('Encrypt');
});

test('history is read', async () => {
  const http = httpClient(cluster.kubeconfig);
  const query = '{ secret(namespace: "default", name: "s") { history(first: 2) { items { verb } } } }';
  const { body } = await http.request('POST', '/graphql', { query });
  http.close();
  expect(body).toEqual({ data: { secret: { history: { items: [{ verb: 'create' }] } } } });
});

test('spans come to a collector, at the latest when the program ends', async () => {
  expect(await cluster.stop()).toBe(0);
  expect(traces).toBeGreaterThan(0);
});
