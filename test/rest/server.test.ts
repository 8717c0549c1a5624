import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { decodeProtobuf } from '../../src/kinds/protobuf/envelope.ts';
import { decodeWatchFrame } from '../support/watch-frame.ts';
import { makeAuthority, makeCertificate } from '../../src/start/certificates.ts';
import { lines, TestServer, TOKEN } from './support.ts';
import { readOpenApi } from './openapi/read.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.open();
});
afterAll(() => server.close());

const CONFIG_MAPS = '/api/v1/namespaces/t/configmaps';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const configMap = (name: string, value = '1') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { of: name } },
  data: { a: value },
});

describe('identity', () => {
  it('takes a client certificate that the CA signed', async () => {
    const client = await makeCertificate({ commonName: 'someone', organizations: ['system:masters'] }, server.ca);
    const reply = await server.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      client,
      body: {},
    });
    expect(reply.status).toBe(201);
    expect(reply.body.status.userInfo).toMatchObject({ username: 'someone' });
    expect(reply.body.status.userInfo.groups).toContain('system:masters');
  });
  it('refuses a certificate of another CA and a wrong token', async () => {
    const client = await makeCertificate(
      { commonName: 'someone', organizations: ['system:masters'] },
      await makeAuthority('other'),
    );
    expect((await server.ask(CONFIG_MAPS, { client })).body).toMatchObject({ message: 'Unauthorized', code: 401 });
    expect((await server.ask(CONFIG_MAPS, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  });
  it('is anonymous without credentials: health and version, nothing more', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/version'])
      expect((await server.ask(path, { anonymous: true })).status).toBe(200);
    expect((await server.ask('/metrics', { anonymous: true })).body).toMatchObject({
      message: 'forbidden: User "system:anonymous" cannot get path "/metrics"',
      details: {},
    });
    expect((await server.ask('/apis/nope.example.com/v1/things', { anonymous: true })).status).toBe(403);
  });
  it('acts for another whom the caller may impersonate', async () => {
    const headers = {
      'Impersonate-User': 'bob',
      'Impersonate-Group': ['a,b', 'c'],
      'Impersonate-Extra-Scopes%2Fx': 'y',
    };
    const { body } = await server.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      headers,
      body: {},
    });
    expect(body.status.userInfo).toMatchObject({ username: 'bob', extra: { 'scopes/x': ['y'] } });
    expect(body.status.userInfo.groups).toEqual(expect.arrayContaining(['a,b', 'c']));
    const nobody = await server.ask(CONFIG_MAPS, { headers: { 'Impersonate-Group': 'g' } });
    expect(nobody.body).toMatchObject({
      code: 400,
      message: 'requested [{Group  g    }] without impersonating a user',
    });
  });
});

describe('objects', () => {
  it('creates, reads, changes and deletes, in every form', async () => {
    expect((await server.create(CONFIG_MAPS, configMap('forms'))).status).toBe(201);
    const json = await server.ask(`${CONFIG_MAPS}/forms`);
    expect(json.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    expect(json.headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(json.text.endsWith('}\n')).toBe(true);
    const yaml = await server.ask(`${CONFIG_MAPS}/forms`, { headers: { accept: 'application/yaml' } });
    expect(yaml.text).toMatch(/^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\n/);
    const protobuf = await server.ask(`${CONFIG_MAPS}/forms`, { headers: { accept: PROTOBUF } });
    expect(protobuf.headers['content-type']).toBe(PROTOBUF);
    expect(decodeProtobuf(protobuf.raw).object).toEqual(json.body);
    const pretty = await server.ask(`${CONFIG_MAPS}/forms?pretty=true`);
    expect(pretty.text).toBe(`${JSON.stringify(json.body, null, 2)}\n`);
    const partial = await server.ask(`${CONFIG_MAPS}/forms`, {
      headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
    });
    expect(partial.body).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: json.body.metadata,
    });
    const patch = {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { a: '2' } },
    };
    expect((await server.ask(`${CONFIG_MAPS}/forms`, patch)).body.data).toEqual({ a: '2' });
    expect((await server.ask(`${CONFIG_MAPS}/forms`, { method: 'DELETE' })).body).toMatchObject({ status: 'Success' });
    expect((await server.ask(`${CONFIG_MAPS}/forms`)).body).toMatchObject({ reason: 'NotFound', code: 404 });
  });

  it('lists in protobuf, as table and as metadata what it lists in JSON', async () => {
    for (const name of ['l1', 'l2'])
      await server.create('/api/v1/namespaces/t/secrets', { metadata: { name }, stringData: { x: 'y' } });
    const json = await server.ask('/api/v1/namespaces/t/secrets?limit=1');
    expect(json.body.metadata).toMatchObject({ remainingItemCount: 1 });
    const protobuf = await server.ask('/api/v1/namespaces/t/secrets', { headers: { accept: PROTOBUF } });
    const { object } = decodeProtobuf(protobuf.raw);
    expect(object['items']).toMatchObject([{ metadata: { name: 'l1' } }, { metadata: { name: 'l2' } }]);
    const table = await server.ask('/api/v1/namespaces/t/secrets?includeObject=None', { headers: { accept: TABLE } });
    expect(table.body.rows.map((r: { cells: unknown[] }) => r.cells.slice(0, 3))).toEqual([
      ['l1', 'Opaque', 1],
      ['l2', 'Opaque', 1],
    ]);
    expect(table.body.rows[0].object).toBeNull();
    const metadata = await server.ask('/api/v1/namespaces/t/secrets', {
      headers: { accept: `${PROTOBUF};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io` },
    });
    expect(decodeProtobuf(metadata.raw)).toMatchObject({
      kind: 'PartialObjectMetadataList',
      object: { items: [{ metadata: { name: 'l1' } }, { metadata: { name: 'l2' } }] },
    });
    const wrong = await server.ask('/api/v1/namespaces/t/secrets', {
      headers: { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' },
    });
    expect(wrong.body).toMatchObject({
      code: 406,
      message: 'you requested PartialObjectMetadata, but the requested object is a list (*core.SecretList)',
    });
  });

  it('streams and compresses a large list', async () => {
    const big = 'x'.repeat(100_000);
    for (let i = 0; i < 8; i++)
      await server.create('/api/v1/namespaces/kube-public/configmaps', configMap(`big${i}`, big));
    const plain = await server.ask('/api/v1/namespaces/kube-public/configmaps');
    expect(plain.body.items).toHaveLength(8);
    const packed = await server.ask('/api/v1/namespaces/kube-public/configmaps', {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.raw.length).toBeLessThan(plain.raw.length / 10);
    expect(JSON.parse(gunzipSync(packed.raw).toString())).toEqual(plain.body);
    const small = await server.ask('/version', { headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  it('refuses bodies above 3 MiB, announced or not', async () => {
    const reply = await server.ask(CONFIG_MAPS, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': String(4 << 20) },
    });
    expect(reply.body).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
  });

  it('tells warnings once each', async () => {
    const reply = await server.ask(`${CONFIG_MAPS}?fieldValidation=Warn`, {
      method: 'POST',
      body: { ...configMap('warned'), nope: 'ü' },
    });
    expect(reply.headers.warning).toBe('299 - "unknown field \\"nope\\""');
    await server.ask(`${CONFIG_MAPS}/warned`, { method: 'DELETE' });
  });

  it.each([
    ['POST', '/api/v1/pods', 405],
    ['PUT', CONFIG_MAPS, 405],
    ['TRACE', CONFIG_MAPS, 405],
    ['GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 405],
    ['GET', '/api/v1/namespaces/t/nodes', 404],
    ['GET', '/api/v1/nopes', 404],
    ['GET', '/api/v1/namespaces/t/pods/p/exec', 404],
    ['DELETE', '/api/v1/namespaces', 405],
    ['POST', '/version', 405],
  ])('%s %s is %d', async (method, path, code) => {
    expect((await server.ask(path, { method })).status).toBe(code);
  });

  it('says what is wrong with a parameter', async () => {
    expect((await server.ask(`${CONFIG_MAPS}?limit=x`)).body).toMatchObject({
      code: 400,
      message: 'strconv.ParseInt: parsing "x": invalid syntax',
    });
    expect((await server.ask(`${CONFIG_MAPS}?limit=99999999999999999999`)).body).toMatchObject({
      message: 'strconv.ParseInt: parsing "99999999999999999999": value out of range',
    });
    expect((await server.ask(`${CONFIG_MAPS}?includeObject=Some`, { headers: { accept: TABLE } })).body.message).toBe(
      "Unable to convert to Table as requested: includeObject: Invalid value: \"Some\": must be 'Metadata', 'Object', 'None', or empty",
    );
    expect((await server.ask(`${CONFIG_MAPS}?timeout=1`)).body.message).toBe(
      'invalid timeout specified in the request URL - time: missing unit in duration "1"',
    );
  });
});

describe('watch', () => {
  it('tells events as lines, from a revision on', async () => {
    const { body } = await server.ask(CONFIG_MAPS);
    const answer = await server.open(
      `${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Dwatched&resourceVersion=${body.metadata.resourceVersion}`,
    );
    expect(answer.headers['content-type']).toBe('application/json');
    const events = lines(answer);
    await server.create(CONFIG_MAPS, configMap('watched'));
    await server.ask(`${CONFIG_MAPS}/watched`, { method: 'DELETE' });
    const added = (await events.next()).value;
    expect(added).toMatchObject({
      type: 'ADDED',
      object: { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'watched' } },
    });
    expect((await events.next()).value.type).toBe('DELETED');
    answer.destroy();
  });

  it('frames protobuf', async () => {
    await server.create(CONFIG_MAPS, configMap('framed'));
    const answer = await server.open(`${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Dframed`, {
      headers: { accept: `${PROTOBUF};stream=watch` },
    });
    expect(answer.headers['content-type']).toBe(`${PROTOBUF};stream=watch`);
    let bytes = Buffer.alloc(0);
    for await (const chunk of answer) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      if (decodeWatchFrame(bytes)) break;
    }
    expect(decodeWatchFrame(bytes)).toMatchObject({
      type: 'ADDED',
      object: { kind: 'ConfigMap', object: { metadata: { name: 'framed' } } },
    });
  });

  it('ends by timeout, and ends with the server', async () => {
    const answer = await server.open(
      `${CONFIG_MAPS}?watch=1&timeoutSeconds=1&resourceVersion=0&fieldSelector=metadata.name%3Dnone`,
    );
    const seen = [];
    for await (const event of lines(answer)) seen.push(event);
    expect(seen).toEqual([]);
  });

  it('goes over a web socket', async () => {
    await server.create(CONFIG_MAPS, configMap('socket'));
    const socket = new WebSocket(
      `wss://127.0.0.1:${server.port}${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Dsocket`,
      {
        ca: server.ca.cert,
        headers: { authorization: `Bearer ${TOKEN}` },
      },
    );
    const message = await new Promise<string>((resolve, reject) => {
      socket.once('message', (data) => resolve(data.toString()));
      socket.once('error', reject);
    });
    expect(JSON.parse(message)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'socket' } } });
    socket.close();
  });
});

describe('discovery and OpenAPI', () => {
  it('answers a known ETag with 304', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const first = await server.ask('/apis', { headers: { accept } });
    expect(first.headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    const again = await server.ask('/apis', { headers: { accept, 'if-none-match': first.headers.etag! } });
    expect([again.status, again.text]).toEqual([304, '']);
  });
  it('lists documents with hashes that stay', async () => {
    const { body } = await server.ask('/openapi/v3');
    const url = body.paths['apis/apps/v1'].serverRelativeURL;
    const document = await server.ask(url);
    expect(document.headers['cache-control']).toBe('public, immutable');
    const patch = document.body.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch;
    expect(patch.parameters.map((p: { name: string }) => p.name)).toContain('fieldValidation');
    expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', kind: 'Deployment', version: 'v1' });
    expect((await server.ask('/openapi/v3/apis/apps/v1?hash=OLD')).headers.location).toBe(url);
  });
  it('tells version 2 as protobuf to those who ask for it', async () => {
    const json = (await server.ask('/openapi/v2')).body;
    for (const version of ['v2@v1.0', 'v2.v1.0']) {
      const reply = await server.ask('/openapi/v2', {
        headers: { accept: `application/com.github.proto-openapi.spec.${version}+protobuf` },
      });
      expect(reply.headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
      expect(readOpenApi(reply.raw)).toEqual({
        swagger: '2.0',
        title: 'Kubernetes',
        paths: Object.keys(json.paths),
        definitions: Object.keys(json.definitions),
      });
    }
    const refused = await server.ask('/openapi/v2', { headers: { accept: 'text/html' } });
    expect([refused.status, refused.text]).toEqual([406, '']);
  });
  it('describes custom kinds as their definition does', async () => {
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { size: { type: 'integer', description: 'how large', nullable: true } } },
      },
    };
    const spec = {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'gadgets', kind: 'Gadget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    };
    await server.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'gadgets.example.com' },
      spec,
    });
    await expect.poll(async () => (await server.ask('/openapi/v3/apis/example.com/v1')).status).toBe(200);
    const third = await server.ask('/openapi/v3/apis/example.com/v1');
    expect(third.body.components.schemas['com.example.v1.Gadget'].properties.spec).toEqual(schema.properties.spec);
    expect(Object.keys(third.body.components.schemas)).toContain('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
    const { properties } = third.body.components.schemas['com.example.v1.Gadget'];
    expect(properties.metadata.description).toMatch(/^Standard object's metadata/);
    const second = await server.ask('/openapi/v2');
    expect(second.body.definitions['com.example.v1.GadgetList'].properties.kind.description).toMatch(/^Kind /);
    expect(second.body.definitions['com.example.v1.Gadget'].properties.spec.properties.size).toEqual({
      description: 'how large',
    });
    expect((await server.ask('/apis/example.com/v1/namespaces/t/nopes')).text).toBe('404 page not found\n');
    expect((await server.ask('/apis/example.com/v1')).body.resources[0]).toMatchObject({
      name: 'gadgets',
      kind: 'Gadget',
    });
  });
});

describe('methods and media types of built-in kinds', () => {
  it('have no HEAD, but custom ones do', async () => {
    for (const path of ['/api/v1/namespaces', '/api/v1/namespaces/t', '/api/v1', '/apis'])
      expect((await server.ask(path, { method: 'HEAD' })).status).toBe(405);
    expect((await server.ask('/healthz', { method: 'HEAD' })).status).toBe(200);
  });
  it('have patches of four types, and nothing else reaches them', async () => {
    const patch = (type: string) =>
      server.ask('/api/v1/namespaces/t', {
        method: 'PATCH',
        headers: { 'content-type': type, accept: 'text/html' },
        body: '{}',
      });
    expect((await patch('application/json')).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: '415: Unsupported Media Type',
      reason: 'UnsupportedMediaType',
      details: {},
      code: 415,
    });
    expect((await patch('application/merge-patch+json; charset=utf-8')).status).toBe(406);
  });
});

describe('server', () => {
  it('serves HTTP/2', async () => {
    const session = connect(server.url, { ca: server.ca.cert });
    const stream = session.request({ ':path': '/api/v1/namespaces/t', authorization: `Bearer ${TOKEN}` });
    const status = await new Promise((resolve) =>
      stream.once('response', (headers) => resolve(headers[constants.HTTP2_HEADER_STATUS])),
    );
    let text = '';
    for await (const chunk of stream) text += chunk;
    expect([status, JSON.parse(text).metadata.name]).toEqual([200, 't']);
    session.close();
  });
  it('serves who comes alone before the rest of a thousand requests that come in one packet', async () => {
    const [crowd, other] = [connect(server.url, { ca: server.ca.cert }), connect(server.url, { ca: server.ca.cert })];
    await Promise.all([once(crowd, 'remoteSettings'), once(other, 'remoteSettings')]);
    const served: string[] = [];
    const { api } = server.test;
    const get = api.get.bind(api);
    const counted = vi.spyOn(api, 'get').mockImplementation((ctx, target, options) => {
      served.push(target.name);
      return get(ctx, target, options);
    });
    let now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now++);
    const ask = async (session: ClientHttp2Session, name: string): Promise<void> => {
      const path = `/api/v1/namespaces/${name}`;
      await once(session.request({ ':path': path, authorization: `Bearer ${TOKEN}` }).resume(), 'response');
    };
    await Promise.all([...Array.from({ length: 300 }, () => ask(crowd, 'one-of-many')), ask(other, 'alone')]);
    clock.mockRestore();
    counted.mockRestore();
    expect(served).toHaveLength(301);
    expect(served.indexOf('alone')).toBeLessThan(300);
    crowd.close();
    other.close();
  });
  it('forgets bodies that nobody reads, so that they do not fill up the connection', async () => {
    const session = connect(server.url, { ca: server.ca.cert });
    for (let i = 0; i < 8; i++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/api/v1/nothing',
        authorization: `Bearer ${TOKEN}`,
      });
      stream.end(Buffer.alloc(3 * 1024 * 1024));
      const status = await new Promise((resolve, reject) => {
        stream.once('response', (headers) => resolve(headers[constants.HTTP2_HEADER_STATUS]));
        stream.once('error', reject);
      });
      stream.resume();
      expect(status).toBe(404);
    }
    session.close();
  });
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'waits for no body of who may not %s, and does not keep its stream for long',
    async (method) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const session = connect(server.url, { ca: server.ca.cert });
      const stream = session.request(
        {
          ':method': method,
          ':path': method === 'POST' ? CONFIG_MAPS : `${CONFIG_MAPS}/a`,
          'content-type': 'application/merge-patch+json',
        },
        { endStream: false },
      );
      stream.write('{"metadata":');
      const closed = once(stream, 'close');
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      expect(headers[constants.HTTP2_HEADER_STATUS]).toBe(403);
      await once(stream.resume(), 'end');
      vi.advanceTimersByTime(30_000);
      await closed;
      expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
      session.close();
      vi.useRealTimers();
    },
  );
  it('counts what it serves', async () => {
    const { text } = await server.ask('/metrics');
    expect(text).toMatch(
      /apiserver_request_total\{verb="LIST",dry_run="",group="",version="v1",resource="configmaps",.*code="200"\} \d+/,
    );
    expect(text).toMatch(/apiserver_request_duration_seconds_bucket\{.*le="\+Inf"\} \d+/);
  });
  it.each([
    [true, 200, 'ok', '[+]kms-providers ok'],
    [false, 500, 'internal server error: kms-providers failed\n', '[-]kms-providers failed: reason withheld'],
  ])('tells whether key management services are well, where they are used: %s', async (well, status, text, line) => {
    const sealed = await TestServer.open({ keyManagement: () => Promise.resolve(well) });
    for (const endpoint of ['/healthz', '/livez', '/readyz']) {
      expect(await sealed.ask(`${endpoint}/kms-providers`)).toMatchObject({ status, text });
      const whole = await sealed.ask(`${endpoint}?verbose`);
      expect([whole.status, whole.text.split('\n')]).toEqual([status, expect.arrayContaining([line])]);
    }
    await sealed.close();
    expect((await server.ask('/readyz/kms-providers')).status).toBe(404);
  });
  it('is live in detail', async () => {
    expect((await server.ask('/readyz?verbose&exclude=log')).text).toMatch(/\[\+\]etcd ok\n[^]*readyz check passed\n$/);
    expect((await server.ask('/readyz?verbose&exclude=log&exclude=b&exclude=a')).text).toMatch(
      /^\[\+\]ping ok\n\[\+\]log excluded: ok\n\[\+\]etcd ok\n[^]*no matches for "a", "b"\nreadyz check passed\n$/,
    );
    expect((await server.ask('/livez/nope')).status).toBe(404);
    expect((await server.ask('/openid/v1/jwks', { headers: { accept: 'application/json' } })).status).toBe(406);
    expect((await server.ask('/openid/v1/jwks')).body.keys[0]).toMatchObject({ kty: 'RSA', alg: 'RS256' });
  });
  it('is asked in a form that it has', async () => {
    const ask = async (path: string, accept: string) => {
      const { status, body } = await server.ask(path, { headers: { accept } });
      return [status, body?.message];
    };
    const produced = (types: string): string => `406: Not Acceptable\n\nAvailable representations: ${types}`;
    const only = 'only the following media types are accepted:';
    const all = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
    expect(await ask('/version', 'text/html')).toEqual([406, produced('application/json')]);
    expect((await server.ask('/version', { headers: { accept: 'application/json;as=Table' } })).status).toBe(200);
    for (const path of ['/api', '/api/v1', '/apis/apps/v1'])
      expect(await ask(path, 'text/html')).toEqual([406, produced(all)]);
    for (const path of ['/apis', '/apis/apps']) expect(await ask(path, 'text/html')).toEqual([406, `${only} ${all}`]);
    const log = '/api/v1/namespaces/t/pods/none/log';
    expect(await ask(log, 'text/html')).toEqual([406, produced(`text/plain, ${all}`)]);
    expect(await ask(log, 'text/plain')).toEqual([406, `${only} ${all}`]);
    expect(await ask(log, 'text/plain, */*')).toEqual([404, 'pods "none" not found']);
    const watch = await server.ask(`${CONFIG_MAPS}?watch=1`, { headers: { accept: 'application/yaml' } });
    expect(watch.status).toBe(406);
    expect(watch.text).toContain('application/json;stream=watch');
  });
  it('ends watches and stops', async () => {
    const own = await TestServer.open();
    const answer = await own.open('/api/v1/namespaces?watch=1&resourceVersion=0');
    const watched = (async () => {
      for await (const _ of lines(answer));
    })();
    await own.close(5_000);
    await watched;
    await expect(own.ask('/version')).rejects.toThrow();
  });
});
