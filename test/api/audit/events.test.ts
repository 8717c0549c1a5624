import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PolicyAuditor } from '../../../src/api/audit/auditor.ts';
import type { Level } from '../../../src/api/audit/contract.ts';
import { Evaluator } from '../../../src/api/audit/evaluator.ts';
import type { Policy } from '../../../src/api/audit/policy.ts';
import { microTime } from '../../../src/api/audit/timestamps.ts';
import type { RequestContext, User } from '../../../src/api/contract.ts';
import { admin, pod, refusal, TestApi } from '../support.ts';

interface Event {
  [field: string]: unknown;
  auditID: string;
  stage: string;
  verb: string;
  level: Level;
  objectRef?: Record<string, string>;
  responseStatus?: Record<string, unknown>;
  requestObject?: { metadata?: Record<string, unknown>; [field: string]: unknown };
  responseObject?: { metadata?: Record<string, unknown>; items?: unknown[]; [field: string]: unknown };
  annotations?: Record<string, string>;
}

const jane: User = { name: 'jane', groups: ['system:authenticated'] };
const AT = Date.parse('2026-01-02T03:04:05Z') + 0.006;
const TIME = '2026-01-02T03:04:05.000006Z';
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** By namespace, so that one server serves all levels. */
const POLICY: Policy = {
  rules: [
    { level: 'None', namespaces: ['none'] },
    { level: 'Metadata', namespaces: ['metadata'], omitStages: ['RequestReceived'] },
    { level: 'Request', namespaces: ['request'], omitStages: ['RequestReceived'] },
    { level: 'RequestResponse', namespaces: ['lean'], omitStages: ['RequestReceived'], omitManagedFields: true },
    { level: 'RequestResponse', namespaces: ['whole'], omitStages: ['RequestReceived'] },
    { level: 'Metadata', namespaces: ['stages'] },
  ],
};

let texts: string[] = [];
let test: TestApi;
let auditor: PolicyAuditor;
beforeAll(async () => {
  const sink = { push: (text: string) => void texts.push(text), close: () => Promise.resolve() };
  auditor = new PolicyAuditor({ policy: new Evaluator(POLICY), sinks: [sink], now: () => AT });
  test = await TestApi.open({ auditor });
  for (const namespace of ['none', 'metadata', 'request', 'lean', 'whole', 'stages']) {
    await test.create('namespaces', { metadata: { name: namespace } }, '');
    await test.create('serviceaccounts', { metadata: { name: 'default' } }, namespace);
  }
});
afterAll(() => test.close());
beforeEach(() => {
  texts = [];
});
const events = (): Event[] => texts.map((text) => JSON.parse(text) as Event);
const only = (): Event => {
  expect(texts).toHaveLength(1);
  return events()[0]!;
};

describe('an event', () => {
  it('is what kube-apiserver writes, its fields in this order', async () => {
    await test.create('configmaps', { metadata: { name: 'a' }, data: { key: 'value' } }, 'metadata');
    expect(only()).toEqual({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: expect.stringMatching(ID),
      stage: 'ResponseComplete',
      requestURI: '/graphql',
      verb: 'create',
      user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
      userAgent: 'test',
      objectRef: { resource: 'configmaps', namespace: 'metadata', name: 'a', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: TIME,
      stageTimestamp: TIME,
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    });
    expect(Object.keys(only()).join(' ')).toBe(
      'kind apiVersion level auditID stage requestURI verb user userAgent objectRef responseStatus requestReceivedTimestamp stageTimestamp annotations',
    );
  });

  it.each<[Level, string, boolean, boolean]>([
    ['Metadata', 'metadata', false, false],
    ['Request', 'request', true, false],
    ['RequestResponse', 'whole', true, true],
  ])('at the level %s shows what it should of a Secret', async (level, namespace, request, response) => {
    const data = { key: 'aHVzaA==' };
    await test.create('secrets', { metadata: { name: 's' }, data }, namespace);
    await test.get('secrets', 's', namespace);
    const [created, read] = events();
    expect([created?.level, read?.level]).toEqual([level, level]);
    expect(created?.requestObject?.['data']).toEqual(request ? data : undefined);
    expect(created?.responseObject?.['data']).toEqual(response ? data : undefined);
    expect(read?.responseObject?.['data']).toEqual(response ? data : undefined);
    expect(texts.join('').includes('aHVzaA')).toBe(request);
  });

  it('of nothing is made where the policy says None', async () => {
    const before = auditor.counts.levels.get('None') ?? 0;
    await test.create('secrets', { metadata: { name: 's' } }, 'none');
    expect(texts).toEqual([]);
    expect(auditor.counts.levels.get('None')).toBe(before + 1);
  });

  it('is made for each stage that is not left out, under one id', async () => {
    await test.create('configmaps', { metadata: { name: 'a' } }, 'stages');
    const [received, complete] = events();
    expect(texts).toHaveLength(2);
    expect(received).toMatchObject({ stage: 'RequestReceived', auditID: complete?.auditID });
    expect(received).not.toHaveProperty('responseStatus');
    expect(received?.objectRef).toEqual({ resource: 'configmaps', namespace: 'stages', apiVersion: 'v1' });
    expect(complete?.stage).toBe('ResponseComplete');
  });

  it('shows the request with the defaults of decoding, before all else that is done to it', async () => {
    await test.create('pods', pod('p'), 'whole');
    const { requestObject, responseObject } = only();
    expect(requestObject).toMatchObject({ kind: 'Pod', apiVersion: 'v1', spec: { restartPolicy: 'Always' } });
    expect(requestObject?.metadata).toEqual({ name: 'p' });
    expect(responseObject?.metadata).toHaveProperty('managedFields');
    expect(responseObject?.metadata).toHaveProperty('uid');
  });

  it('has no managed fields where the policy leaves them out', async () => {
    await test.create('configmaps', { metadata: { name: 'a' } }, 'lean');
    await test.api.list(test.ctx(), test.target('configmaps', 'lean'), {});
    const [created, listed] = events();
    expect(created?.responseObject?.metadata).toHaveProperty('uid');
    expect(created?.responseObject?.metadata).not.toHaveProperty('managedFields');
    expect(JSON.stringify(listed?.responseObject?.items)).toContain('"uid"');
    expect(JSON.stringify(listed)).not.toContain('managedFields');
  });

  it('of a generated name has none but in the answer', async () => {
    await test.create('configmaps', { metadata: { generateName: 'a-' } }, 'whole');
    const { objectRef, responseObject } = only();
    expect(objectRef).toEqual({ resource: 'configmaps', namespace: 'whole', apiVersion: 'v1' });
    expect(responseObject?.metadata?.['name']).toMatch(/^a-/);
  });

  it('of an update names the uid and the version that were sent', async () => {
    const { object } = await test.create('configmaps', { metadata: { name: 'u' } }, 'whole');
    texts = [];
    await test.update('configmaps', structuredClone(object), 'whole');
    const { uid, resourceVersion } = object.metadata;
    expect(only().objectRef).toEqual({
      resource: 'configmaps',
      namespace: 'whole',
      name: 'u',
      uid,
      apiVersion: 'v1',
      resourceVersion,
    });
  });

  it('of a patch shows the patch, of a delete its options', async () => {
    await test.create('configmaps', { metadata: { name: 'd' } }, 'whole');
    texts = [];
    await test.merge('configmaps', 'd', { data: { a: 'b' } }, 'whole');
    await test.delete('configmaps', 'd', { propagationPolicy: 'Background' }, 'whole');
    const [patched, deleted] = events();
    expect(patched?.requestObject).toEqual({ data: { a: 'b' } });
    expect(deleted?.requestObject).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'meta.k8s.io/v1',
      propagationPolicy: 'Background',
    });
    expect(deleted?.responseStatus).toMatchObject({ metadata: {}, status: 'Success', code: 200 });
  });

  it('of a refusal has its Status', async () => {
    await refusal(test.get('configmaps', 'nowhere', 'metadata'));
    expect(only().responseStatus).toEqual({
      metadata: {},
      status: 'Failure',
      message: 'configmaps "nowhere" not found',
      reason: 'NotFound',
      details: { name: 'nowhere', kind: 'configmaps' },
      code: 404,
    });
  });

  it('of what may not be done says so, and has no body', async () => {
    await refusal(test.create('secrets', { metadata: { name: 'x' }, stringData: { a: 'hush' } }, 'whole', jane));
    const event = only();
    expect(event).toMatchObject({ user: { username: 'jane' }, responseStatus: { reason: 'Forbidden', code: 403 } });
    expect(event.annotations).toEqual({
      'authorization.k8s.io/decision': 'forbid',
      'authorization.k8s.io/reason': '',
    });
    expect(event).not.toHaveProperty('requestObject');
  });

  it('of a collection that is asked for one name has that name', async () => {
    await test.api.list(test.ctx(), test.target('secrets', 'metadata'), { fieldSelector: 'metadata.name=x' });
    expect(only().objectRef).toMatchObject({ resource: 'secrets', name: 'x' });
  });

  it('of a watch tells of its beginning and its end', async () => {
    const sink = { onEvents: () => undefined, onBookmark: () => undefined, onEnd: () => undefined };
    const stop = await test.api.watch(test.ctx(), test.target('secrets', 'metadata'), {}, sink);
    expect(events().map(({ stage, verb }) => [verb, stage])).toEqual([['watch', 'ResponseStarted']]);
    stop();
    stop();
    expect(events().map(({ stage }) => stage)).toEqual(['ResponseStarted', 'ResponseComplete']);
  });

  it('of a watch that is refused is one that ends', async () => {
    const sink = { onEvents: () => undefined, onBookmark: () => undefined, onEnd: () => undefined };
    await refusal(test.api.watch(test.ctx(jane), test.target('secrets', 'metadata'), {}, sink));
    expect(only()).toMatchObject({ stage: 'ResponseComplete', responseStatus: { code: 403 } });
  });

  it('of a token never shows it below the level that shows answers', async () => {
    const { object } = await test.create('serviceaccounts/token', { spec: {} }, 'metadata', admin, 'default');
    expect(object.status.token).toMatch(/^ey/);
    const { annotations, objectRef } = only();
    expect(texts.join('')).not.toContain('eyJ');
    expect(annotations?.['authentication.kubernetes.io/issued-credential-id']).toMatch(/^JTI=.+/);
    expect(objectRef).toMatchObject({ resource: 'serviceaccounts', subresource: 'token', name: 'default' });
  });

  it('leaves out bodies that are too large, and says so', async () => {
    await test.create('configmaps', { metadata: { name: 'large' }, data: { a: 'x'.repeat(900_000) } }, 'whole');
    const event = only();
    expect(event).not.toHaveProperty('requestObject');
    expect(event).not.toHaveProperty('responseObject');
    expect(event.annotations).toMatchObject({ 'audit.k8s.io/truncated': 'true' });
  });

  it('says what pod security enforced and what it found', async () => {
    await test.merge(
      'namespaces',
      'metadata',
      {
        metadata: { labels: { 'pod-security.kubernetes.io/audit': 'baseline' } },
      },
      '',
    );
    await test.create('pods', pod('p', { hostNetwork: true }), 'request');
    texts = texts.slice(-1);
    const { annotations = {} } = only();
    expect(annotations).toMatchObject({ 'pod-security.kubernetes.io/enforce-policy': 'privileged:latest' });
    expect(Object.keys(annotations)).toEqual(Object.keys(annotations).sort());
    texts = [];
    await test.create('pods', pod('p', { hostNetwork: true }), 'metadata');
    expect(only().annotations).toMatchObject({
      'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
      'pod-security.kubernetes.io/audit-violations':
        'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    });
  });

  it('says which versions are deprecated', async () => {
    await test.api.list(test.ctx(), test.target('endpoints', 'metadata'), {});
    expect(only().annotations).toMatchObject({ 'k8s.io/deprecated': 'true' });
  });

  it('of a caller from outside says where it came from, and for whom it acts', async () => {
    const context: RequestContext = {
      ...test.ctx(jane),
      impersonator: admin,
      origin: {
        auditId: 'request',
        requestUri: '/graphql',
        sourceIps: ['10.0.0.1', '127.0.0.1'],
        userAgent: 'x/1 (y)',
      },
    };
    await refusal(test.api.get(context, test.target('secrets', 'metadata', 's'), {}));
    expect(only()).toMatchObject({
      user: { username: 'admin' },
      impersonatedUser: { username: 'jane', groups: ['system:authenticated'] },
      sourceIPs: ['10.0.0.1', '127.0.0.1'],
      userAgent: 'x/1 (y)',
      annotations: { 'ku7s.io/operation': 'request', 'authorization.k8s.io/decision': 'forbid' },
    });
    expect(only().auditID).toMatch(ID);
  });

  it('of what nobody foresaw is a Panic', async () => {
    const target = test.target('configmaps', 'metadata');
    const broken = { ...target, kind: { ...target.kind } };
    Object.defineProperty(broken.kind, 'storage', {
      get(): never {
        throw new Error('a defect');
      },
    });
    await expect(
      test.api.create(test.ctx(), broken, { object: { metadata: { name: 'x' } } as never }, {}),
    ).rejects.toThrow('a defect');
    expect(only()).toMatchObject({
      stage: 'Panic',
      responseStatus: { status: 'Failure', reason: 'InternalError', message: "APIServer panic'd: a defect", code: 500 },
    });
  });
});

describe('a time', () => {
  it.each([
    [AT, TIME],
    [Date.parse('2026-01-02T03:04:05.999Z') + 0.9996, '2026-01-02T03:04:05.999999Z'],
    [0, '1970-01-01T00:00:00.000000Z'],
  ])('%d is %s', (ms, text) => expect(microTime(ms)).toBe(text));
});
