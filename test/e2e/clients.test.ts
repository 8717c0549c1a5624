import { PassThrough } from 'node:stream';
import {
  Attach,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
} from '@kubernetes/client-node';
import type { KubernetesObject, V1ConfigMap, V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goClient } from './clients/go/program.ts';
import { pythonClient } from './clients/python/program.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

/** One line at once, then one ten times a second; and a web server. */
const TALKS = `console.log("a line of the pod"); let n = 0; setInterval(() => console.log("tick " + ++n), 100);
  require("http").createServer((q, s) => s.end("served " + q.url)).listen(8080);`;

const kubeConfig = (cluster: Cluster): KubeConfig => {
  const config = new KubeConfig();
  config.loadFromFile(cluster.kubeconfig);
  return config;
};

/** Unmodified official clients of three languages against one server. */
describe('official clients', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(['--nodes', 'simulated:1']);
  });
  afterAll(() => cluster?.remove());

  describe('@kubernetes/client-node', () => {
    const labels = { of: 'node' };
    const map = (name: string, step: string): V1ConfigMap => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default', labels },
      data: { step },
    });

    it('tells an informer of each change, in order', async () => {
      const config = kubeConfig(cluster);
      const core = config.makeApiClient(CoreV1Api);
      const path = '/api/v1/namespaces/default/configmaps';
      const informer = makeInformer<V1ConfigMap>(
        config,
        path,
        () => core.listNamespacedConfigMap({ namespace: 'default', labelSelector: 'of=node' }),
        'of=node',
      );
      const events: string[] = [];
      for (const verb of ['add', 'update', 'delete'] as const)
        informer.on(verb, (object: V1ConfigMap) => events.push(`${verb} ${object.data?.step}`));
      await informer.start();
      try {
        await core.createNamespacedConfigMap({ namespace: 'default', body: map('informed', 'one') });
        await eventually(
          async () => events.length,
          (n) => n === 1,
        );
        await core.replaceNamespacedConfigMap({ name: 'informed', namespace: 'default', body: map('informed', 'two') });
        await core.deleteNamespacedConfigMap({ name: 'informed', namespace: 'default' });
        await eventually(
          async () => events.length,
          (n) => n === 3,
        );
        expect(events).toEqual(['add one', 'update two', 'delete two']);
        expect(informer.list()).toEqual([]);
      } finally {
        await informer.stop();
      }
    });

    it('applies on the server side, patches in three ways and reads back', async () => {
      const objects = KubernetesObjectApi.makeApiClient(kubeConfig(cluster));
      const apply = (step: string, manager: string, force?: boolean) =>
        objects.patch<V1ConfigMap>(
          map('patched', step),
          undefined,
          undefined,
          manager,
          force,
          PatchStrategy.ServerSideApply,
        );
      expect((await apply('one', 'first')).metadata?.managedFields).toMatchObject([
        { manager: 'first', operation: 'Apply' },
      ]);
      await expect(apply('two', 'second')).rejects.toMatchObject({ code: 409 });
      expect((await apply('two', 'second', true)).data).toEqual({ step: 'two' });
      const withoutData = ({ data: _, ...rest }: V1ConfigMap): V1ConfigMap => rest;
      const patch = (body: object, strategy: PatchStrategy) =>
        objects.patch<V1ConfigMap>(
          { ...withoutData(map('patched', '')), ...body },
          undefined,
          undefined,
          undefined,
          undefined,
          strategy,
        );
      expect((await patch({ data: { more: 'x' } }, PatchStrategy.StrategicMergePatch)).data).toEqual({
        step: 'two',
        more: 'x',
      });
      expect((await patch({ data: { more: null } }, PatchStrategy.MergePatch)).data).toEqual({ step: 'two' });
      const core = kubeConfig(cluster).makeApiClient(CoreV1Api);
      const swapped = await core.patchNamespacedConfigMap({
        name: 'patched',
        namespace: 'default',
        body: [{ op: 'replace', path: '/data/step', value: 'three' }],
      });
      expect(swapped.data).toEqual({ step: 'three' });
      const listed = await objects.list<KubernetesObject>(
        'v1',
        'ConfigMap',
        'default',
        undefined,
        undefined,
        undefined,
        undefined,
        'of=node',
      );
      expect(listed.items.map((item) => item.metadata?.name)).toEqual(['patched']);
    });

    it('gets the status of a refusal', async () => {
      const core = kubeConfig(cluster).makeApiClient(CoreV1Api);
      const refused = await core
        .readNamespacedPod({ name: 'none', namespace: 'default' })
        .catch((error: { code: number; body: string }) => error);
      expect(refused).toMatchObject({ code: 404 });
      expect(JSON.parse((refused as { body: string }).body)).toMatchObject({ kind: 'Status', reason: 'NotFound' });
    });
  });

  it('client-go: protobuf, informers, apply, leader election, discovery', async (test) => {
    const client = await goClient();
    if ('missing' in client) return test.skip(client.missing);
    expect(await client.check(cluster.kubeconfig, 'client-go')).toEqual({
      version: '35',
      binary: 255,
      conflict: true,
      notFound: true,
      informer: ['add one', 'update two', 'delete two'],
      applyConflict: true,
      applied: 'two',
      extracted: 'two',
      merged: { other: 'x' },
      phase: 'Running',
      leader: 'me',
      resource: 'apps/v1, Resource=deployments',
      listed: 1,
      scale: 0,
      many: true,
      different: [],
    });
  }, 600_000);

  it('python: typed and dynamic clients, pages, watches, custom resources', async (test) => {
    const client = await pythonClient();
    if ('missing' in client) return test.skip(client.missing);
    expect(await client.check(cluster.kubeconfig, 'python')).toEqual({
      again: [409, 'AlreadyExists'],
      patched: { step: 'two' },
      stale: [409, 'Conflict'],
      invalid: [422, 'Invalid'],
      pages: [['second'], ['typed']],
      watched: [
        ['MODIFIED', 'typed'],
        ['ADDED', 'third'],
        ['DELETED', 'second'],
      ],
      ready: 2,
      pods: 2,
      scale: 1,
      applied: ['one', 'Apply'],
      custom: 3,
      customInvalid: [422, 'Invalid'],
    });
  });
});

describe('@kubernetes/client-node and a pod that runs', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.remove());

  it('reads its log, runs a command in it, attaches to it and reaches its port', async () => {
    const config = kubeConfig(cluster);
    const core = config.makeApiClient(CoreV1Api);
    const command = ['node', '-e', TALKS];
    await core.createNamespacedPod({
      namespace: 'default',
      body: { metadata: { name: 'talks' }, spec: { containers: [{ name: 'main', image: 'node:20', command }] } },
    });
    const read = () => core.readNamespacedPod({ name: 'talks', namespace: 'default' });
    await eventually(read, (pod) => pod.status?.phase === 'Running');

    const log = new PassThrough();
    await new Log(config).log('default', 'talks', 'main', log, { follow: true });
    expect(String(await new Promise((resolve) => log.once('data', resolve)))).toMatch(/^a line of the pod\n/);

    const output = new PassThrough();
    const stdin = new PassThrough();
    let text = '';
    output.on('data', (chunk) => (text += String(chunk)));
    const status = await new Promise<V1Status>((resolve, reject) => {
      const script = 'read word; echo "heard $word"; exit 3';
      new Exec(config)
        .exec('default', 'talks', 'main', ['sh', '-c', script], output, null, stdin, false, resolve)
        .catch(reject);
      stdin.end('hello\n');
    });
    expect(text).toBe('heard hello\n');
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });

    const attached = new PassThrough();
    const socket = await new Attach(config).attach('default', 'talks', 'main', attached, null, null, false);
    expect(String(await new Promise((resolve) => attached.once('data', resolve)))).toMatch(/^tick \d+\n/);
    socket.close();

    const answer = new PassThrough();
    const request = new PassThrough();
    const forwarded = await new PortForward(config).portForward('default', 'talks', [8080], answer, null, request);
    request.write('GET /there HTTP/1.1\r\nhost: pod\r\nconnection: close\r\n\r\n');
    const said = await new Promise<string>((resolve) => {
      let all = '';
      answer.on('data', (chunk) => (all += String(chunk)).includes('served') && resolve(all));
    });
    expect(said).toContain('served /there');
    (forwarded as { close(): void }).close();

    const ended = new Promise((resolve) => log.once('end', resolve).resume());
    await core.deleteNamespacedPod({ name: 'talks', namespace: 'default', gracePeriodSeconds: 1 });
    await ended;
  });
});
