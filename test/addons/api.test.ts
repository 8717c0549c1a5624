import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:https';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Addon } from '../../src/addons/addon.ts';
import { customMetrics } from '../../src/addons/custom-metrics/custom-metrics.ts';
import { Machine } from '../../src/addons/machine.ts';
import { metrics } from '../../src/addons/metrics/metrics.ts';
import { runAddons, type Running } from '../../src/addons/run.ts';
import { createRestServer, type RestServer } from '../../src/rest/server.ts';
import { makeAuthority, makeCertificate, type KeyPair } from '../../src/start/certificates.ts';
import { eventually } from '../nodes/support.ts';
import { FakeApi } from '../support/fake-api.ts';
import { CLUSTER, addonOf } from './support.ts';

const TOKEN = 'kim-token';
/** as which the API server shows itself */
const CN = 'front-proxy-client';
let api: FakeApi;
let rest: RestServer;
let port: number;
let ca: KeyPair;
let running: Running;
let calls: Record<string, unknown>[];

/** An API of one group: every path is answered, with who asked as the API server says. */
const numbersAddon = (): Addon =>
  addonOf('numbers', {
    async serve({ certify }) {
      const { cert, key, clientCA } = await certify('numbers');
      const server: Server = createServer({ cert, key, ca: clientCA, requestCert: true }, (req, res) => {
        const { CN: caller } = (req.socket as TLSSocket).getPeerCertificate().subject;
        calls.push({ url: req.url, user: req.headers['x-remote-user'], groups: req.headers['x-remote-group'], caller });
        res.setHeader('content-type', 'application/json').end('{"kind":"NumberList","items":[]}');
      });
      await new Promise<void>((listening) => server.listen(0, '0.0.0.0', listening));
      const metadata = { name: 'v1.numbers.example.com' };
      const service = { name: 'numbers', namespace: 'kube-system', port: 443 };
      const caBundle = Buffer.from(cert).toString('base64');
      const priority = { groupPriorityMinimum: 100, versionPriority: 100 };
      return {
        service: 'numbers',
        ports: [{ name: 'https', protocol: 'TCP', port: (server.address() as AddressInfo).port }],
        manifests: [
          {
            resource: 'apiservices.apiregistration.k8s.io',
            object: {
              apiVersion: 'apiregistration.k8s.io/v1',
              kind: 'APIService',
              metadata,
              spec: { group: 'numbers.example.com', version: 'v1', service, caBundle, ...priority },
            },
          },
        ],
        stop: () => {
          server.closeAllConnections();
          return new Promise((closed) => server.close(() => closed()));
        },
      };
    },
  });

const get = (path: string): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    request({ host: '127.0.0.1', port, path, ca: ca.cert, agent: false, headers }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });

beforeEach(async () => {
  api = await FakeApi.open({ staticTokens: `${TOKEN},kim,1,"system:masters"` });
  calls = [];
  ca = await makeAuthority('test');
  const [serving, frontProxy] = await Promise.all([
    makeCertificate({ commonName: 'kube-apiserver' }, ca, ['127.0.0.1']),
    makeCertificate({ commonName: CN }, ca),
  ]);
  rest = createRestServer({
    api: api.api,
    tls: { ...serving, clientCA: ca.cert },
    kubeletClient: frontProxy,
    frontProxy,
  });
  ({ port } = await rest.listen(0, '127.0.0.1'));
});
afterEach(async () => {
  await running?.stop();
  await rest.close(0);
  await api.close();
});

const network = new Machine({ now: () => 0 }).address();

const run = (addon: Addon): Running =>
  runAddons({
    addons: [addon],
    cluster: CLUSTER,
    client: api.client,
    clock: api.clock,
    random: () => 0.5,
    log: () => undefined,
    async certify(service) {
      const host = `${service}.kube-system.svc`;
      return { ...(await makeCertificate({ commonName: host }, undefined, [host])), clientCA: ca.cert };
    },
  });

test.skipIf(!network)('an API that an add-on serves is a group like any other', async () => {
  running = run(numbersAddon());
  const path = '/apis/numbers.example.com/v1/namespaces/a/numbers';
  const answer = await eventually(async () => {
    const one = await get(path);
    return one.status === 200 && one;
  });
  expect(JSON.parse(answer.body)).toEqual({ kind: 'NumberList', items: [] });
  // it is asked now and then what it serves, too
  expect(calls.find(({ url }) => url === path)).toEqual({
    url: path,
    user: 'kim',
    groups: expect.stringContaining('system:masters'),
    caller: CN,
  });
  expect((await get('/apis/numbers.example.com')).body).toContain('"preferredVersion":');
  await running.stop();
  expect((await get(path)).status).toBe(503);
});

test.skipIf(!network)('a path leads nowhere else than to where it was authorised', async () => {
  running = run(metrics);
  const root = '/apis/metrics.k8s.io/v1beta1';
  await eventually(async () => (await get(`${root}/namespaces/a/pods`)).status === 200);
  // of one pod of the namespace, as the API server has it
  for (const name of ['x\\..\\..\\b\\pods', '%2e%2e\\%2e%2e\\b\\pods', '%2e%2e', '..'])
    expect([name, (await get(`${root}/namespaces/a/pods/${name}`)).status]).toEqual([name, 404]);
});

test.skipIf(!network)('custom metrics are groups of their own, and none that is somebody else’s', async () => {
  const spec = { group: 'external.metrics.k8s.io', version: 'v1beta1', groupPriorityMinimum: 10, versionPriority: 10 };
  const service = { name: 'adapter', namespace: 'a' };
  await api.give({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.external.metrics.k8s.io' },
    spec: { ...spec, service, insecureSkipTLSVerify: true },
  });
  running = run(customMetrics);
  for (const version of ['v1beta1', 'v1beta2']) {
    const { body } = await eventually(async () => {
      const one = await get(`/apis/custom.metrics.k8s.io/${version}`);
      return one.status === 200 && one;
    });
    const groupVersion = `custom.metrics.k8s.io/${version}`;
    expect(JSON.parse(body)).toEqual({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [] });
  }
  await eventually(async () => (await get('/apis')).body.includes('"name":"custom.metrics.k8s.io"'));
  const services = 'apiservices.apiregistration.k8s.io';
  await eventually(async () => {
    const { status } = await api.client.get(services, '', 'v1beta2.custom.metrics.k8s.io');
    return status?.conditions?.some(({ type, status: value }) => type === 'Available' && value === 'True');
  });
  expect((await api.client.get(services, '', 'v1beta1.external.metrics.k8s.io')).spec?.service).toMatchObject(service);
});
