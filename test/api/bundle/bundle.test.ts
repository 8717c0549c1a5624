import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BundleStep, RequestContext, User, WriteOptions } from '../../../src/api/contract.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { TestApi, admin } from '../support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const create = (resource: string, object: object, namespace = 't'): BundleStep => ({
  verb: 'create',
  target: t.target(resource, namespace),
  body: { object: object as KubeObject },
});
const apply = (resource: string, name: string, object: object, namespace = 't'): BundleStep => {
  const target = t.target(resource, namespace, name);
  const { kind } = target;
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version;
  return {
    verb: 'apply',
    target,
    body: { value: { apiVersion, kind: kind.kind, metadata: { name }, ...object } },
    options: { fieldManager: 'test' },
  };
};
const remove = (resource: string, name: string, namespace = 't'): BundleStep => ({
  verb: 'delete',
  target: t.target(resource, namespace, name),
});
const run = (steps: BundleStep[], options: WriteOptions = {}, user: User = admin) =>
  t.api.bundle(t.ctx(user), steps, options);
const pod = (name: string): object => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] } });
const there = (resource: string, name: string, namespace = 't'): boolean =>
  t.api.store.get({ resource, namespace, name }) !== undefined;

describe('a bundle', () => {
  test('is written at consecutive revisions, a step seeing those before it', async () => {
    const before = t.api.store.revision;
    const { revisions, refused, steps } = await run([
      create('namespaces', { metadata: { name: 'n1' } }),
      create('serviceaccounts', { metadata: { name: 'default' } }, 'n1'),
      create('pods', pod('p'), 'n1'),
      apply('configmaps', 'c', { data: { a: '1' } }, 'n1'),
      apply('configmaps', 'c', { data: { a: '2' } }, 'n1'),
    ]);
    expect(refused).toBe(false);
    expect(revisions).toEqual({ first: before + 1, last: before + 4 });
    expect(steps.map(({ before, answer }) => [before?.object.metadata.name, answer?.code])).toEqual([
      [undefined, 201],
      [undefined, 201],
      [undefined, 201],
      [undefined, 201],
      ['c', 200],
    ]);
    expect(steps.map(({ after }) => after?.object.metadata.resourceVersion)).toEqual(
      [1, 2, 3, 4, 4].map((n) => String(before + n)),
    );
    expect(steps[3]?.after?.object['data']).toEqual({ a: '1' });
    expect((await t.get('configmaps', 'c', 'n1')).object.data).toEqual({ a: '2' });
  });

  test('of which one step is refused writes nothing, and tells all that is wrong', async () => {
    const before = t.api.store.revision;
    const { revisions, refused, steps } = await run([
      create('configmaps', { metadata: { name: 'fine' } }),
      create('configmaps', { metadata: { name: 'No' } }),
      create('pods', pod('p'), 'nowhere'),
      remove('configmaps', 'absent'),
    ]);
    expect({ revisions, refused }).toEqual({ revisions: undefined, refused: true });
    expect(steps.map(({ refusal }) => refusal?.code)).toEqual([undefined, 422, 404, 404]);
    expect(t.api.store.revision).toBe(before);
    expect(there('configmaps', 'fine')).toBe(false);
  });

  test('counts quotas over its steps', async () => {
    await t.create('namespaces', { metadata: { name: 'q' } }, '');
    await t.create('serviceaccounts', { metadata: { name: 'default' } }, 'q');
    const quota = { metadata: { name: 'two' }, spec: { hard: { pods: '2' } } };
    await t.create('resourcequotas', quota, 'q');
    await t.merge('resourcequotas/status', 'two', { status: { hard: { pods: '2' }, used: { pods: '0' } } }, 'q');
    const pods = (...names: string[]) => names.map((name) => create('pods', pod(name), 'q'));
    for (const dryRun of [['All'], undefined]) {
      const over = await run(pods('a', 'b', 'c'), { dryRun });
      expect(over.steps.map(({ refusal }) => refusal?.message)).toEqual([
        undefined,
        undefined,
        'pods "c" is forbidden: exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2',
      ]);
    }
    const usedOf = async () => (await t.get('resourcequotas', 'two', 'q')).object.status?.used;
    expect(await usedOf()).toEqual({ pods: '0' });
    expect((await run(pods('a', 'b'))).refused).toBe(false);
    expect(await usedOf()).toEqual({ pods: '2' });
  });

  test('gives each Service an address of its own, and gives them back where it fails', async () => {
    const service = (name: string, extra: object = {}) =>
      create('services', { metadata: { name }, spec: { ports: [{ port: 80 }], ...extra } });
    const asked = { clusterIP: '10.96.7.7' };
    const twice = await run([service('s1', asked), service('s2', asked)]);
    expect(twice.steps[1]?.refusal?.message).toContain('provided IP is already allocated');
    const done = await run([service('s1', asked), service('s2'), service('s3', { type: 'NodePort' })]);
    expect(done.refused).toBe(false);
    const ips = done.steps.map(
      ({ after }) => (after?.object['spec'] as { clusterIP?: string } | undefined)?.clusterIP ?? '',
    );
    expect(new Set(ips).size).toBe(3);
    expect(ips[0]).toBe('10.96.7.7');
    for (const ip of ips) expect(there('ipaddresses.networking.k8s.io', ip, '')).toBe(true);
    await run([remove('services', 's1'), remove('services', 's2'), remove('services', 's3')]);
    for (const ip of ips) expect(there('ipaddresses.networking.k8s.io', ip, '')).toBe(false);
  });

  test('deletes as single deletes do: finalizers and grace periods hold', async () => {
    await t.create('configmaps', { metadata: { name: 'held', finalizers: ['example.com/a'] } });
    await t.create('configmaps', { metadata: { name: 'free' } });
    const { steps } = await run([
      remove('configmaps', 'held'),
      remove('configmaps', 'free'),
      create('configmaps', { metadata: { name: 'late' } }),
    ]);
    expect(steps.map(({ after }) => after?.object.metadata.deletionTimestamp !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
    expect(steps[1]).toMatchObject({ after: undefined, answer: { code: 200 } });
    expect([there('configmaps', 'held'), there('configmaps', 'free')]).toEqual([true, false]);
    await t.merge('configmaps', 'held', { metadata: { finalizers: null } });
  });

  test('does not make again what it deletes', async () => {
    await t.create('configmaps', { metadata: { name: 'again' } });
    const { steps } = await run([remove('configmaps', 'again'), create('configmaps', { metadata: { name: 'again' } })]);
    expect(steps[1]?.refusal?.message).toContain('an earlier step deletes it');
    const both = await run([create('configmaps', { metadata: { name: 'brief' } }), remove('configmaps', 'brief')]);
    expect(both).toMatchObject({ refused: false, revisions: undefined });
  });

  test('lets a binding name a role of the same bundle, and grants nobody more than he has', async () => {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
    const rbac = [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: ['*'] }];
    const roles = 'roles.rbac.authorization.k8s.io';
    const bindings = 'rolebindings.rbac.authorization.k8s.io';
    const ref = (name: string) => ({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'lena' }],
    });
    const role = (name: string, rules: unknown[]) => create(roles, { metadata: { name }, rules });
    const binding = (name: string) => create(bindings, { metadata: { name }, ...ref(name) });
    await run([role('lena', [...rules, ...rbac.map((rule) => ({ ...rule, verbs: ['create'] }))]), binding('lena')]);
    const lena: User = { name: 'lena', groups: [] };
    expect((await run([role('some', rules), binding('some')], {}, lena)).refused).toBe(false);
    const more = await run([role('more', [{ ...rules[0], verbs: ['*'] }]), binding('more')], {}, lena);
    expect(more.steps.map(({ refusal }) => refusal?.code)).toEqual([403, 404]);
  });

  test('is bounded', async () => {
    const steps = Array.from({ length: 1_001 }, (_, n) => create('configmaps', { metadata: { name: `c${n}` } }));
    await expect(run(steps)).rejects.toMatchObject({ code: 413 });
    const big = 'x'.repeat(1_000_000);
    const bytes = Array.from({ length: 18 }, (_, n) =>
      create('configmaps', { metadata: { name: `c${n}` }, data: { big } }),
    );
    await expect(run(bytes)).rejects.toMatchObject({ code: 413 });
    expect(there('configmaps', 'c0')).toBe(false);
  });
});

describe('races', () => {
  test('two bundles over the same objects both come through, each whole', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `r${n}`);
    await run(names.map((name) => create('configmaps', { metadata: { name } })));
    const labelled = (value: string, order: string[]) =>
      run(
        order.map((name): BundleStep => ({
          verb: 'patch',
          patchType: 'application/merge-patch+json',
          target: t.target('configmaps', 't', name),
          body: { value: { data: { by: value } } },
        })),
      );
    const [a, b] = await Promise.all([labelled('a', names), labelled('b', [...names].reverse())]);
    expect([a.refused, b.refused]).toEqual([false, false]);
    const values = new Set(
      names.map((name) => t.api.store.get({ resource: 'configmaps', namespace: 't', name })?.object['data']),
    );
    expect(new Set([...values].map((data) => JSON.stringify(data))).size).toBe(1);
  });

  test('of two that make the same, one is refused and leaves nothing', async () => {
    const make = (own: string) =>
      run([create('configmaps', { metadata: { name: own } }), create('configmaps', { metadata: { name: 'same' } })]);
    const answers = await Promise.all([make('one'), make('two')]);
    expect(answers.map(({ refused }) => refused).sort()).toEqual([false, true]);
    expect([there('configmaps', 'one'), there('configmaps', 'two')]).toEqual(answers.map(({ refused }) => !refused));
  });
});

describe('a dry run', () => {
  test('answers what the write does, and writes nothing', async () => {
    await t.create('configmaps', { metadata: { name: 'old' }, data: { a: '1' } });
    const steps = [
      create('namespaces', { metadata: { name: 'dry' } }),
      apply('configmaps', 'new', { data: { a: '1' } }, 'dry'),
      apply('configmaps', 'old', { data: { b: '2' } }),
      apply(
        'deployments.apps',
        'd',
        {
          spec: {
            replicas: 2,
            selector: { matchLabels: { a: 'b' } },
            template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
          },
        },
        'dry',
      ),
      remove('configmaps', 'old'),
    ];
    const before = t.api.store.revision;
    const dry = await run(steps, { dryRun: ['All'] });
    expect(t.api.store.revision).toBe(before);
    const wet = await run(steps);
    const stable = (object: KubeObject | undefined) => {
      if (!object) return undefined;
      const { uid: _u, resourceVersion: _r, creationTimestamp: _c, managedFields, ...metadata } = object.metadata;
      return { ...object, metadata: { ...metadata, owners: managedFields?.map(({ time: _, ...rest }) => rest) } };
    };
    const shown = (answer: typeof dry) =>
      answer.steps.map(({ before, after, refusal, warnings }) => [
        stable(before?.object),
        stable(after?.object),
        refusal?.status,
        warnings,
      ]);
    expect(wet.refused).toBe(false);
    expect(shown(dry)).toEqual(shown(wet));
    expect(dry.steps[1]?.after?.object.metadata.resourceVersion).toBeUndefined();
  });
});

test('each step is authorised for itself', async () => {
  const nobody: RequestContext['user'] = { name: 'nobody', groups: [] };
  const { steps } = await run(
    [create('configmaps', { metadata: { name: 'x' } }), remove('configmaps', 'absent'), remove('configmaps', 'old')],
    {},
    nobody,
  );
  expect(steps.map(({ refusal }) => refusal?.code)).toEqual([403, 403, 403]);
  expect(steps.every(({ before }) => before === undefined)).toBe(true);
});
