import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/cluster.ts';
import { configMap, kubectlSuite, lines, pod } from './support/kubectl.ts';

/** apply in its forms, kustomize and waiting. */
describe('kubectl apply', () => {
  const suite = kubectlSuite('apply', ['--nodes', 'simulated:3'], 3);
  const { namespace, file } = suite;

  it('apply merges on both sides, reports conflicts, prunes; diff shows what would change', async () => {
    const { ok, fails, field, run } = await namespace();
    const data = async (name: string) => JSON.parse(await field(`cm/${name}`, '.data'));
    expect(await ok('apply -f -', configMap('c', { a: '1', b: '2' }))).toContain('created');
    expect(await ok('apply -f -', configMap('c', { a: '1', b: '2' }))).toContain('unchanged');
    const next = configMap('c', { a: '1', c: '3' });
    const { code, stdout } = await run('diff -f -', next);
    expect(code).toBe(1);
    expect(stdout).toContain('-  b: "2"\n+  c: "3"\n');
    expect(await ok('apply -f - --dry-run=server', next)).toContain('configured (server dry run)');
    expect(await ok('apply -f - --dry-run=client', next)).toContain('configured (dry run)');
    expect(await data('c')).toEqual({ a: '1', b: '2' });
    await ok(`patch cm c --type=merge -p '{"data":{"other":"kept"}}'`);
    expect(await ok('apply -f -', next)).toContain('configured');
    expect(await data('c')).toEqual({ a: '1', c: '3', other: 'kept' });
    expect(await ok('apply view-last-applied cm c')).not.toContain('other');
    expect((await run('diff -f -', next)).code).toBe(0);

    expect(await ok('apply --server-side --field-manager=one -f -', configMap('s', { a: '1', b: '1' }))).toContain(
      'serverside-applied',
    );
    const two = configMap('s', { a: '2' });
    expect(await fails('apply --server-side --field-manager=two -f -', two)).toContain(
      'Apply failed with 1 conflict: conflict with "one": .data.a',
    );
    await ok('apply --server-side --field-manager=two --force-conflicts -f -', two);
    expect(await data('s')).toEqual({ a: '2', b: '1' });
    await ok('apply --server-side --field-manager=one -f -', configMap('s', {}));
    expect(await data('s')).toEqual({ a: '2' });

    const [p, q] = ['p', 'q'].map((name) => configMap(name, {}, { set: 'pruned' }));
    const prune = 'apply -f - --prune -l set=pruned --prune-allowlist=core/v1/ConfigMap';
    await ok(prune, `${p}\n${q}`);
    expect(await ok(prune, q)).toContain('configmap/p pruned');
    expect(await ok('get cm -l set=pruned -o name')).toBe('configmap/q\n');
  });

  it('waits for conditions, values and deletion, and shows events', async () => {
    const { ok, fails } = await namespace();
    await ok('create -f -', pod('p'));
    await ok('wait pod/p --for=condition=Ready --timeout=110s');
    await ok('wait pod/p --for=jsonpath={.status.phase}=Running --timeout=110s');
    const [gone] = await Promise.all([ok('wait pod/p --for=delete --timeout=110s'), ok('delete pod p')]);
    expect(gone).not.toContain('error');
    expect(await fails('wait deployment --all --for=condition=Available --timeout=1s')).toContain(
      'no matching resources found',
    );
    await ok('create deployment web --image=nginx');
    await ok('wait deployment/web --for=condition=Available --timeout=110s');
    expect(await fails('wait deployment/web --for=condition=Nothing --timeout=1s')).toContain('timed out waiting');
    expect(await ok('events --for=deployment/web')).toMatch(/Normal +ScalingReplicaSet +Deployment\/web/);
    expect(await ok('get events --field-selector involvedObject.kind=ReplicaSet')).toContain('SuccessfulCreate');
    await eventually(
      () => ok('events'),
      (text) => /Scheduled +Pod\/web-/.test(text),
    );
  });

  it('builds and applies a kustomization', async () => {
    const { ok, field } = await namespace();
    file('kustomize/c.yaml', configMap('c', { a: '1' }));
    file(
      'kustomize/kustomization.yaml',
      'resources: [c.yaml]\nnamePrefix: my-\nconfigMapGenerator: [{name: made, literals: [x=1]}]\n',
    );
    const at = path.join(suite.folder, 'kustomize');
    expect(await ok(`kustomize ${at}`)).toContain('name: my-c');
    await ok(`apply -k ${at}`);
    expect(await field('cm/my-c', '.data.a')).toBe('1');
    expect(lines(await ok(`get -k ${at} -o name`))).toHaveLength(2);
    expect(lines(await ok(`delete -k ${at}`))).toHaveLength(2);
  });

  it('apply keeps what was applied last, and prunes by an apply set', async () => {
    const { ns, ok, field, run } = await namespace();
    await ok('create -f -', configMap('c', { a: '1' }));
    expect((await run('apply set-last-applied -f -', configMap('c', { a: '1' }))).code).not.toBe(0);
    await ok('apply set-last-applied --create-annotation -f -', configMap('c', { a: '1' }));
    expect(JSON.parse(await ok('apply view-last-applied cm c -o json')).data).toEqual({ a: '1' });
    await ok('apply -f -', configMap('c', {}));
    expect(await field('cm/c', '.data')).toBe('');
    process.env.KUBECTL_APPLYSET = 'true';
    try {
      const set = `apply -f - --prune --applyset=mine -n ${ns}`;
      await ok(set, configMap('one', {}));
      expect(await ok(set, configMap('two', {}))).toBe('configmap/two created\nconfigmap/one pruned\n');
    } finally {
      delete process.env.KUBECTL_APPLYSET;
    }
    expect(JSON.parse(await field('secret/mine', '.metadata.annotations'))).toMatchObject({
      'applyset.kubernetes.io/contains-group-kinds': 'ConfigMap',
    });
  });

  it('takes folders, refuses unknown fields and writes subresources', async () => {
    const { ok, run, fails, field } = await namespace();
    const at = path.dirname(file('many/1.json', configMap('m1', { a: '1' })));
    file('many/deep/2.json', configMap('m2', {}));
    expect(await ok(`apply -f ${at}`)).toBe('configmap/m1 created\n');
    expect(await ok(`apply -R -f ${at}`)).toBe('configmap/m1 unchanged\nconfigmap/m2 created\n');
    expect(lines(await ok(`delete -R -f ${at} --dry-run=server`))).toHaveLength(2);
    expect(lines(await ok(`delete -R -f ${at}`))).toHaveLength(2);
    const unknown = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, extra: 1 });
    expect(await fails('create -f -', unknown)).toContain('strict decoding error: unknown field "extra"');
    expect(await run('create -f - --validate=warn', unknown)).toMatchObject({
      code: 0,
      stderr: 'Warning: unknown field "extra"\n',
    });
    await ok('create deployment web --image=nginx');
    const status = (collisionCount: number) =>
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        status: { collisionCount },
      });
    await ok('apply --server-side --subresource=status -f -', status(1));
    expect(await field('deployment/web', '.status.collisionCount')).toBe('1');
    await ok(`patch deployment web --subresource=status --type=merge -p '{"status":{"collisionCount":2}}'`);
    expect(await field('deployment/web', '.status.collisionCount')).toBe('2');
  });

  it('works with a kind that is defined here', async () => {
    const { ns, ok, fails, field } = await namespace();
    const group = `${ns}.example.com`;
    const integer = { type: 'integer', description: 'How many.' };
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { lives: integer } },
        status: { type: 'object', properties: { lives: integer } },
      },
    };
    const version = {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: schema },
      subresources: { status: {}, scale: { specReplicasPath: '.spec.lives', statusReplicasPath: '.status.lives' } },
      additionalPrinterColumns: [{ name: 'Lives', type: 'integer', jsonPath: '.spec.lives' }],
    };
    const names = { plural: 'cats', singular: 'cat', kind: 'Cat', shortNames: ['ct'] };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `cats.${group}` },
      spec: { group, scope: 'Namespaced', names, versions: [version] },
    };
    await ok('create -f -', JSON.stringify(crd));
    await ok(`wait crd/cats.${group} --for=condition=Established --timeout=110s`);
    await ok(
      'apply -f -',
      JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Cat', metadata: { name: 'tom' }, spec: { lives: 9 } }),
    );
    expect(await ok('get ct')).toMatch(/^NAME +LIVES\ntom +9\n$/);
    expect(await ok('explain cat.spec')).toMatch(/lives\t<integer>\n +How many\./);
    // what the conformance tests of Kubernetes look for
    expect(await ok('explain cat')).toMatch(/FIELDS:[^]*apiVersion\t<string>\n +APIVersion defines/);
    expect(await ok('explain cat.metadata')).toMatch(
      /DESCRIPTION:\n +Standard object's metadata[^]*creationTimestamp\t<string>\n +CreationTimestamp is a timestamp/,
    );
    await ok('scale cat/tom --replicas=3');
    expect(await field('cat/tom', '.spec.lives')).toBe('3');
    expect(await ok('describe cat tom')).toContain('Lives:  3');
    expect(await fails(`patch cat tom --type=merge -p '{"spec":{"lives":"x"}}'`)).toContain('must be of type integer');
    await ok(`delete crd cats.${group}`);
    expect(await fails('get cats')).not.toBe('');
  });
});
