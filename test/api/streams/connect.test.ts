import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestContext, User } from '../../../src/api/contract.ts';
import { pod, refusal, TestApi } from '../support.ts';

let t: TestApi;
const container = { name: 'a', image: 'i', ports: [{ name: 'http', containerPort: 8080 }] };

beforeAll(async () => {
  t = await TestApi.open();
  t.api.listensAt('127.0.0.1', 6443);
  for (const [name, address, port] of [
    ['here', '127.0.0.1', 10250],
    ['far', '10.1.2.3', 12345],
    ['api', '127.0.0.1', 6443],
    ['cloud', '169.254.169.254', 80],
    ['service', '10.96.0.1', 443],
    ['pasted', '10.1.2.3:1@127.0.0.1', 443],
  ] as const) {
    await t.create('nodes', { metadata: { name } }, '');
    await t.merge(
      'nodes/status',
      name,
      {
        status: {
          addresses: [{ type: 'InternalIP', address }],
          daemonEndpoints: { kubeletEndpoint: { Port: port } },
        },
      },
      '',
    );
  }
  await t.create('pods', pod('web', { containers: [container], nodeName: 'here' }));
  await t.create('pods', pod('other', { containers: [container], nodeName: 'here' }));
  await t.create('pods', pod('away', { containers: [container], nodeName: 'far' }));
});
afterAll(() => t.close());

const connect = (
  path: string,
  name: string,
  more: { path?: string; search?: string; user?: User; verb?: string } = {},
) =>
  t.api.connect(t.ctx(more.user), t.target(path, 't', name), {
    verb: 'get',
    query: new URLSearchParams(),
    ...more,
  });

const setIp = (name: string, podIP: string) =>
  t.merge('pods/status', name, { status: { podIP, podIPs: [{ ip: podIP }] } });

describe('a pod', () => {
  test.each([
    ['web', 'http://10.244.0.9:8080/a/b?c=d'],
    ['web:81', 'http://10.244.0.9:81/a/b?c=d'],
    ['web:http', 'http://10.244.0.9:8080/a/b?c=d'],
    ['https:web:8443', 'https://10.244.0.9:8443/a/b?c=d'],
    ['https:web:', 'https://10.244.0.9:8080/a/b?c=d'],
  ])('%s', async (name, url) => {
    await setIp('web', '10.244.0.9');
    const to = await connect('pods/proxy', name, { path: '/a/b', search: '?c=d' });
    expect([to.url.href, to.address, to.kubelet]).toEqual([url, '10.244.0.9', undefined]);
  });

  test.each([
    ['web:1@127.0.0.1', 400, 'invalid pod request "web:1@127.0.0.1"'],
    ['web:0', 400, 'invalid port "0"'],
    ['web:70000', 400, 'invalid port "70000"'],
    ['web:other', 503, 'error trying to reach service: unknown port "other"'],
    ['ftp:web:80', 400, 'invalid pod request "ftp:web:80"'],
    ['nobody:80', 404, 'pods "nobody" not found'],
    ['../web:80', 404, 'pods "../web" not found'],
  ])('is refused as %s', async (name, code, message) => {
    expect(await refusal(connect('pods/proxy', name))).toMatchObject({ code, message });
  });

  test.each([
    '127.0.0.1',
    '127.2.0.1',
    '169.254.1.1',
    '0.0.0.0',
    '::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '10.96.0.1',
    '',
  ])('is not at %j', async (ip) => {
    if (ip) await setIp('web', ip);
    else await t.merge('pods/status', 'web', { status: { podIP: null, podIPs: null } });
    expect(await refusal(connect('pods/proxy', 'web:80'))).toMatchObject({ code: 400, message: 'address not allowed' });
  });

  test('has an address of the loopback only from a node of this machine, and alone', async () => {
    await setIp('web', '127.1.0.7');
    expect((await connect('pods/proxy', 'web')).url.href).toBe('http://127.1.0.7:8080/');
    await setIp('other', '127.1.0.7');
    expect((await refusal(connect('pods/proxy', 'web'))).message).toBe('address not allowed');
    await setIp('other', '127.1.0.8');
    expect((await connect('pods/proxy', 'web')).address).toBe('127.1.0.7');
    await setIp('away', '127.1.0.9');
    expect((await refusal(connect('pods/proxy', 'away'))).message).toBe('address not allowed');
    await t.create('pods', pod('nowhere', { containers: [container] }));
    await setIp('nowhere', '127.1.0.10');
    expect((await refusal(connect('pods/proxy', 'nowhere'))).message).toBe('address not allowed');
  });
});

describe('a service', () => {
  const endpoints = (subsets: object[]) =>
    t.create('endpoints', { metadata: { name: 'svc' }, subsets }).catch(() => t.merge('endpoints', 'svc', { subsets }));
  const targetRef = { kind: 'Pod', namespace: 't', name: 'away' };
  const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];

  beforeAll(async () => {
    await t.create('services', {
      metadata: { name: 'svc' },
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    });
    await setIp('away', '10.244.0.20');
  });

  test.each([
    ['svc:80', 'http://10.244.0.20:8080/'],
    ['svc:http', 'http://10.244.0.20:8080/'],
    ['https:svc:80', 'https://10.244.0.20:8080/'],
  ])('%s', async (name, url) => {
    await endpoints([{ addresses: [{ ip: '10.244.0.20', targetRef }], ports }]);
    expect((await connect('services/proxy', name)).url.href).toBe(url);
  });

  test.each([
    ['svc:81', 503, 'no service port 81 found for service "svc"'],
    ['svc', 503, 'no endpoints available for service "svc"'],
    ['svc:none', 503, 'no endpoints available for service "svc:none"'],
    ['svc:80@127.0.0.1', 400, 'invalid service request "svc:80@127.0.0.1"'],
    ['nobody:80', 404, 'services "nobody" not found'],
  ])('is refused as %s', async (name, code, message) => {
    expect(await refusal(connect('services/proxy', name))).toMatchObject({ code, message });
  });

  test.each([
    ['no pod', { ip: '10.244.0.20' }],
    ["another's address", { ip: '198.51.100.9', targetRef }],
    ['a pod of another namespace', { ip: '10.244.0.20', targetRef: { ...targetRef, namespace: 'default' } }],
    ['a pod that is not', { ip: '10.244.0.20', targetRef: { ...targetRef, name: 'gone' } }],
  ])('leads nowhere by an endpoint that names %s', async (_why, address) => {
    await endpoints([{ addresses: [address], ports }]);
    expect(await refusal(connect('services/proxy', 'svc:80'))).toMatchObject({
      code: 503,
      message: 'no endpoints available for service "svc:80"',
    });
  });

  test('leads to a pod, but not to an address that pods do not have', async () => {
    await setIp('away', '100.64.0.1');
    await endpoints([{ addresses: [{ ip: '100.64.0.1', targetRef }], ports }]);
    expect((await connect('services/proxy', 'svc:80')).address).toBe('100.64.0.1');
    await setIp('away', '10.96.0.1');
    await endpoints([{ addresses: [{ ip: '10.96.0.1', targetRef }], ports }]);
    expect(await refusal(connect('services/proxy', 'svc:80'))).toMatchObject({ code: 503 });
  });
});

describe('a node', () => {
  test.each([
    ['here', 'https://127.0.0.1:10250/', 'here'],
    ['http:here:10250', 'https://127.0.0.1:10250/', 'here'],
    ['far', 'https://10.1.2.3:12345/', 'far'],
    ['far:12345', 'https://10.1.2.3:12345/', 'far'],
    ['far:9100', 'http://10.1.2.3:9100/', undefined],
    ['https:far:9100', 'https://10.1.2.3:9100/', undefined],
  ])('%s', async (name, url, kubelet) => {
    const to = await connect('nodes/proxy', name);
    expect([to.url.href, to.kubelet]).toEqual([url, kubelet]);
  });

  test.each([
    ['here:5432', 400, 'address not allowed'],
    ['here:6443', 400, 'address not allowed'],
    ['api', 400, 'address not allowed'],
    ['cloud', 400, 'address not allowed'],
    ['cloud:8080', 400, 'address not allowed'],
    ['service', 400, 'address not allowed'],
    ['pasted', 400, 'address not allowed'],
    ['pasted:80', 400, 'address not allowed'],
    ['far:80@127.0.0.1', 400, 'invalid node request "far:80@127.0.0.1"'],
    ['far:http', 503, 'error trying to reach service: unknown port "http"'],
    ['nobody', 404, 'nodes "nobody" not found'],
  ])('is refused as %s', async (name, code, message) => {
    expect(await refusal(connect('nodes/proxy', name))).toMatchObject({ code, message });
  });

  test('its streams lead nowhere else either', async () => {
    await t.create('pods', pod('lured', { nodeName: 'api' }));
    expect(await refusal(connect('pods/log', 'lured'))).toMatchObject({ code: 400, message: 'address not allowed' });
    expect(await refusal(connect('pods/exec', 'lured', { verb: 'create' }))).toMatchObject({ code: 400 });
  });
});

describe('rights', () => {
  const verbsOf = async (name: string, subresource: string, verbs: string[]): Promise<User> => {
    await t.create('roles.rbac.authorization.k8s.io', {
      metadata: { name },
      rules: [{ apiGroups: [''], resources: [subresource], verbs }],
    });
    await t.create('rolebindings.rbac.authorization.k8s.io', {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
    });
    return { name, groups: ['system:authenticated'] };
  };
  const outcome = async (path: string, name: string, user: User, verb: string): Promise<string> => {
    try {
      await connect(path, name, { user, verb });
      return 'may';
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each(['exec', 'attach', 'portforward'])('pods/%s: over a GET create is needed too', async (subresource) => {
    const path = `pods/${subresource}`;
    await t.create('pods', pod(`of-${subresource}`, { containers: [container], nodeName: 'far' }));
    const on = (user: User, verb: string) => outcome(path, `of-${subresource}`, user, verb);
    const reader = await verbsOf(`reads-${subresource}`, path, ['get']);
    const creator = await verbsOf(`creates-${subresource}`, path, ['create']);
    const both = await verbsOf(`does-${subresource}`, path, ['get', 'create']);
    expect(await on(reader, 'get')).toBe(`pods "of-${subresource}" is forbidden: `);
    expect(await on(reader, 'create')).toMatch(`cannot create resource "${path}" in API group ""`);
    expect(await on(creator, 'get')).toMatch(`cannot get resource "${path}" in API group ""`);
    expect([await on(creator, 'create'), await on(both, 'get'), await on(both, 'create')]).toEqual([
      'may',
      'may',
      'may',
    ]);
  });

  test('a proxy needs the verb of its method, and for what has none every verb', async () => {
    await setIp('web', '10.244.0.9');
    const reader = await verbsOf('reads-proxy', 'pods/proxy', ['get']);
    const all = await verbsOf('all-proxy', 'pods/proxy', ['*']);
    for (const verb of ['create', 'update', 'patch', 'delete', '']) {
      expect(await outcome('pods/proxy', 'web', reader, verb)).toMatch(`cannot ${verb} resource "pods/proxy"`);
      expect(await outcome('pods/proxy', 'web', all, verb)).toBe('may');
    }
    expect(await outcome('pods/proxy', 'web', reader, 'get')).toBe('may');
    expect(await outcome('pods/log', 'away', reader, 'get')).toMatch('cannot get resource "pods/log"');
  });

  test('who may not is told so before anything of the target', async () => {
    const nobody: User = { name: 'nobody', groups: ['system:authenticated'] };
    for (const name of ['web', 'gone', 'web:1@127.0.0.1'])
      expect(await outcome('pods/proxy', name, nobody, 'get')).toMatch(/is forbidden: User "nobody" cannot get/);
  });
});

test('a stream counts until its client is gone, whatever became of it', async () => {
  const controllers: AbortController[] = [];
  const open = (): Promise<unknown> => {
    const controller = new AbortController();
    controllers.push(controller);
    const ctx: RequestContext = {
      ...t.ctx({ name: 'many', groups: ['system:masters'] }),
      signal: controller.signal,
    };
    return t.api.connect(ctx, t.target('pods/log', 't', 'away'), { verb: 'get', query: new URLSearchParams() });
  };
  for (let i = 0; i < 400; i++) await open();
  expect(await refusal(open())).toMatchObject({ code: 429, details: { retryAfterSeconds: 1 } });
  expect((await connect('pods/log', 'away')).kubelet).toBe('far');
  controllers[0]?.abort();
  await open();
  for (const controller of controllers) controller.abort();
  await open();
});
