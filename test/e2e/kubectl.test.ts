import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, example, startCluster, type Cluster } from './support/cluster.ts';

/** The real kubectl against what `npm start` starts. */
describe('kubectl', () => {
  let cluster: Cluster;
  const kubectl = (line: string, input?: string) => cluster.kubectl(line, input);
  const good = async (line: string, input?: string) => {
    const ran = await kubectl(line, input);
    expect(`${ran.code} ${ran.stderr}`, line).toMatch(/^0/);
    return ran.stdout;
  };

  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.remove());

  it('sees a ready node', async () => {
    await eventually(
      () => good('get nodes --no-headers'),
      (text) => /\sReady\s/.test(text),
    );
  });

  it('runs the web example and reaches its pods', async () => {
    await good('apply -f -', example('web.yaml'));
    await good('rollout status deployment/web --timeout=110s');
    expect((await good('get pods -l app=web --no-headers')).trim().split('\n')).toHaveLength(3);
    const seen = new Set<string>();
    const port = await good("get service web -o jsonpath='{.spec.ports[0].nodePort}'");
    await eventually(
      async () => {
        seen.add(
          await fetch(`http://127.0.0.1:${port.replaceAll("'", '')}/`, { headers: { connection: 'close' } }).then(
            (r) => r.text(),
            () => '',
          ),
        );
        return seen.size;
      },
      (n) => n >= 3,
    );
  });

  it('shows logs, runs commands, describes and lists events', async () => {
    const pod = (await good('get pods -l app=web -o name')).split('\n')[0];
    expect(await good(`exec ${pod} -- sh -c 'echo from-inside'`)).toContain('from-inside');
    await good(`logs ${pod}`);
    expect(await good(`describe ${pod}`)).toContain('Conditions:');
    expect(await good('get events')).toContain('Scheduled');
    expect(await good('get all')).toContain('deployment.apps/web');
  });

  it('scales, replaces a deleted pod, rolls out and undoes', async () => {
    await good('scale deployment/web --replicas=2');
    await eventually(
      () => good('get pods -l app=web --no-headers'),
      (text) => text.trim().split('\n').length === 2,
    );
    const pod = (await good('get pods -l app=web -o name')).split('\n')[0];
    await good(`delete ${pod} --wait=false`);
    await good('rollout status deployment/web --timeout=110s');
    await good('set env deployment/web STEP=two');
    await good('rollout status deployment/web --timeout=110s');
    await good('rollout undo deployment/web');
    await good('rollout status deployment/web --timeout=110s');
    expect(await good('rollout history deployment/web')).toContain('REVISION');
  });

  it('explains, applies on the server side, patches and deletes everything', async () => {
    expect(await good('explain pod.spec.containers')).toContain('containers');
    await good('create configmap c --from-literal=a=1');
    await good(`patch configmap c --type=merge -p '{"data":{"b":"2"}}'`);
    expect(await good('get configmap c -o yaml')).toContain('b: "2"');
    await good('apply --server-side -f -', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ssa\ndata:\n  a: x\n');
    await good('delete -f -', example('web.yaml'));
    await eventually(
      () => good('get pods --no-headers'),
      (text) => text.trim() === '',
    );
  });

  it('stops within ten seconds and starts again with what there was', async () => {
    expect(await cluster.stop()).toBe(0);
    await cluster.restart();
    expect(await good('get configmap ssa -o name')).toContain('configmap/ssa');
  });
});
