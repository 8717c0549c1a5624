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
    shortNames: ['ct', 7],
    categories: 'all',
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
  // what is no resource breaks nobody's discovery
  null,
  {},
  { name: 7, kind: 'Count' },
  { name: 'nameless' },
];

let server: TestServer;
let other: https.Server;
let code: number;
let asked: { url: string | undefined; user: unknown }[];
/** requests for documents */
let read: string[];
let now = Date.now();

const PATH = `apis/${GROUP}/v1`;
const documents: Record<string, object> = {
  '/openapi/v3': {
    paths: {
      [PATH]: { serverRelativeURL: `/openapi/v3/${PATH}?hash=abc` },
      'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1?hash=abc' },
      elsewhere: { serverRelativeURL: 'https://elsewhere.example.com/' },
    },
  },
  [`/openapi/v3/${PATH}?hash=abc`]: { openapi: '3.0.0' },
  '/openapi/v2': {
    swagger: '2.0',
    paths: {
      [`/${PATH}/counts`]: {
        get: { responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Count' } } } },
        parameters: [{ $ref: '#/parameters/limit' }],
      },
      '/apis/apps/v1/deployments': {},
    },
    definitions: {
      Count: { type: 'object', 'x-kubernetes-group-version-kind': [{ group: GROUP, version: 'v1', kind: 'Count' }] },
    },
    parameters: { limit: { in: 'query', name: 'limit', type: 'integer' } },
  },
};

beforeAll(async () => {
  server = await TestServer.open({ clock: { now: () => now } });
  const authority = await makeAuthority('other-ca');
  const serving = await makeCertificate({ commonName: 'other' }, authority, ['numbers.t.svc']);
  other = https.createServer({ ...serving, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    const { url = '', headers } = request;
    const said = documents[url];
    if (said) {
      read.push(`${url} ${headers['x-remote-user'] as string} ${headers['if-none-match'] ?? ''}`);
      const known = headers['if-none-match'] === '"second"';
      response.writeHead(known ? 304 : 200, url === '/openapi/v2' ? { etag: '"second"' } : {});
      return void response.end(known ? '' : JSON.stringify(said));
    }
    asked.push({ url, user: headers['x-remote-user'] });
    response.writeHead(code, { 'content-type': 'application/json' });
    const list = { kind: 'APIResourceList', groupVersion: `${GROUP}/v1`, resources };
    const counts = { kind: 'CountList', apiVersion: `${GROUP}/v1`, metadata: {}, items: [{ metadata: { name: 'a' } }] };
    const refused = { kind: 'Status', status: 'Failure', reason: 'NotFound', message: 'no such count', code: 404 };
    response.end(JSON.stringify(code === 404 ? refused : url === `/apis/${GROUP}/v1` ? list : counts));
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
  read = [];
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

  it('is in OpenAPI with what it says of its group', async () => {
    const index = async () => (await server.ask('/openapi/v3')).body.paths;
    await expect
      .poll(async () => (await index())[PATH], { timeout: 20_000 })
      .toEqual({ serverRelativeURL: `/openapi/v3/${PATH}?hash=abc` });
    expect((await index())['apis/apps/v1'].serverRelativeURL).not.toContain('abc');
    expect(await index()).not.toHaveProperty('elsewhere');
    const { body, headers } = await server.ask('/openapi/v2');
    expect(body.paths).toHaveProperty([`/${PATH}/counts`]);
    expect(body.definitions).toMatchObject({ Count: { type: 'object' }, 'io.k8s.api.core.v1.Pod': {} });
    expect(body.parameters).toEqual({ limit: { in: 'query', name: 'limit', type: 'integer' } });
    const again = await server.ask('/openapi/v2', { headers: { 'if-none-match': headers.etag ?? '' } });
    expect(again.status).toBe(304);
    expect(read).toEqual(['/openapi/v3 system:aggregator ', '/openapi/v2 system:aggregator ']);
  });

  it('gives its document to who asks, under the own name', async () => {
    const { body } = await server.ask(`/openapi/v3/${PATH}?hash=abc`);
    expect(body).toEqual({ openapi: '3.0.0' });
    expect(read).toEqual([`/openapi/v3/${PATH}?hash=abc admin `]);
    const { status } = await server.ask(`/openapi/v3/${PATH}?hash=abc`, { anonymous: true });
    expect(status).toBe(403);
    expect((await server.ask('/openapi/v3/apis/none.example.com/v1')).status).toBe(404);
    expect(read).toHaveLength(1);
  });

  it('is asked for its documents again after a while, and not for what is known', async () => {
    now += 61_000;
    await expect
      .poll(() => read, { timeout: 20_000 })
      .toEqual(['/openapi/v3 system:aggregator ', '/openapi/v2 system:aggregator "second"']);
    expect((await server.ask('/openapi/v2')).body.definitions).toHaveProperty('Count');
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
    expect((await server.ask('/openapi/v3')).body.paths).not.toHaveProperty([PATH]);
    expect((await server.ask('/openapi/v2')).body.definitions).not.toHaveProperty('Count');
    expect((await server.ask(`/openapi/v3/${PATH}?hash=abc`)).status).toBe(404);
  });
});
