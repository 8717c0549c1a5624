import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGraphQL } from '../../../src/resolvers/graphql.ts';
import { makeAuthority, makeCertificate } from '../../../src/start/certificates.ts';
import { TestServer } from '../support.ts';

const GROUP = 'numbers.example.com';
const SERVICE = 'apiregistration.k8s.io/v1/apiservices';
const resources = [
  {
    name: 'counts',
    singularName: 'count',
    namespaced: true,
    kind: 'Count',
    verbs: ['get', 'list'],
    shortNames: ['ct'],
  },
  {
    name: 'counts/scale',
    singularName: '',
    namespaced: true,
    kind: 'Scale',
    verbs: ['get'],
    group: 'autoscaling',
    version: 'v1',
  },
];

let server: TestServer;
let other: https.Server;
let code: number;
let asked: { url: string | undefined; user: unknown }[];
let now = Date.now();

beforeAll(async () => {
  server = await TestServer.open({ clock: { now: () => now } });
  const authority = await makeAuthority('other-ca');
  const serving = await makeCertificate({ commonName: 'other' }, authority, ['numbers.t.svc']);
  other = https.createServer({ ...serving, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    asked.push({ url: request.url, user: request.headers['x-remote-user'] });
    response.writeHead(code, { 'content-type': 'application/json' });
    const list = { kind: 'APIResourceList', groupVersion: `${GROUP}/v1`, resources };
    const counts = { kind: 'CountList', apiVersion: `${GROUP}/v1`, metadata: {}, items: [{ metadata: { name: 'a' } }] };
    const refused = { kind: 'Status', status: 'Failure', reason: 'NotFound', message: 'no such count', code: 404 };
    response.end(JSON.stringify(code === 404 ? refused : request.url === `/apis/${GROUP}/v1` ? list : counts));
  });
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as AddressInfo;
  server.test.api.locate = async () => '127.0.0.1';
  await server.create('/apis/discovery.k8s.io/v1/namespaces/t/endpointslices', {
    metadata: { name: 'numbers', labels: { 'kubernetes.io/service-name': 'numbers' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.1.2.3'] }],
    ports: [{ name: 'https', port }],
  });
  await server.create(`/apis/${SERVICE}`, {
    metadata: { name: `v1.${GROUP}` },
    spec: {
      group: GROUP,
      version: 'v1',
      service: { namespace: 't', name: 'numbers' },
      groupPriorityMinimum: 100,
      versionPriority: 100,
      caBundle: Buffer.from(authority.cert).toString('base64'),
    },
  });
}, 60_000);
afterAll(async () => {
  await server.close();
  other.close();
});
beforeEach(() => {
  code = 200;
  asked = [];
});

const condition = async () => {
  const { body } = await server.ask(`/apis/${SERVICE}/v1.${GROUP}`);
  return body.status.conditions?.[0];
};
const groups = async (): Promise<string[]> =>
  (await server.ask('/apis')).body.groups.map((group: { name: string }) => group.name);
const aggregated = async () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  const { body } = await server.ask('/apis', { headers: { accept } });
  return body.items.find((item: { metadata: { name: string } }) => item.metadata.name === GROUP);
};

describe('an API server beside this one', () => {
  it('is not available without its Service, and said so', async () => {
    await expect.poll(condition, { timeout: 20_000 }).toMatchObject({ status: 'False', reason: 'ServiceNotFound' });
    expect(await aggregated()).toMatchObject({ versions: [{ version: 'v1', resources: [], freshness: 'Stale' }] });
  });

  it('is available, and in discovery with what it serves, once it answers', async () => {
    await server.create('/api/v1/namespaces/t/services', {
      metadata: { name: 'numbers' },
      spec: { ports: [{ name: 'https', port: 443 }] },
    });
    await expect
      .poll(condition, { timeout: 20_000 })
      .toMatchObject({ status: 'True', reason: 'Passed', message: 'all checks passed' });
    expect(await groups()).toContain(GROUP);
    expect((await aggregated()).versions).toEqual([
      {
        version: 'v1',
        freshness: 'Current',
        resources: [
          {
            resource: 'counts',
            responseKind: { group: GROUP, version: 'v1', kind: 'Count' },
            scope: 'Namespaced',
            singularResource: 'count',
            verbs: ['get', 'list'],
            shortNames: ['ct'],
            subresources: [
              {
                subresource: 'scale',
                responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
                verbs: ['get'],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('is read over GraphQL by who may, under the own name', async () => {
    const graphql = createGraphQL({ api: server.test.api, log: () => undefined });
    const query = `{ objects(resource: "counts.${GROUP}", namespace: "t", labelSelector: "a=b") { items } }`;
    const run = async (user: { name: string; groups: string[] }): Promise<unknown> =>
      JSON.parse(String(await graphql.as({ user, agent: 'test', warn: () => undefined }).execute({ query })));
    expect(await run({ name: 'kim', groups: ['system:masters'] })).toMatchObject({
      data: { objects: { items: [{ apiVersion: `${GROUP}/v1`, kind: 'Count', metadata: { name: 'a' } }] } },
    });
    expect(asked).toEqual([{ url: `/apis/${GROUP}/v1/namespaces/t/counts?labelSelector=a%3Db`, user: 'kim' }]);
    expect(await run({ name: 'lee', groups: [] })).toMatchObject({ errors: [{ extensions: { code: 403 } }] });
    expect(asked).toHaveLength(1);
    code = 404;
    expect(await run({ name: 'kim', groups: ['system:masters'] })).toMatchObject({
      errors: [{ message: 'no such count' }],
    });
    await graphql.close();
  });

  it('is no longer available when it fails, and stays in discovery as stale', async () => {
    code = 500;
    now += 60_000;
    await expect
      .poll(condition, { timeout: 20_000 })
      .toMatchObject({ status: 'False', reason: 'FailedDiscoveryCheck' });
    expect(await aggregated()).toMatchObject({ versions: [{ freshness: 'Stale', resources: [{}] }] });
  });

  it('is forgotten with its APIService', async () => {
    await server.ask(`/apis/${SERVICE}/v1.${GROUP}`, { method: 'DELETE' });
    expect(await groups()).not.toContain(GROUP);
  });
});
