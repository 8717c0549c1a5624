import { describe, expect, it } from 'vitest';
import { eventually } from './support/cluster.ts';
import { kubectlSuite, lines, pod } from './support/kubectl.ts';

/** What kubectl does with workloads and the nodes that they run on. */
describe('kubectl and workloads', () => {
  const suite = kubectlSuite('loads', ['--nodes', 'simulated:3'], 3);
  const { namespace } = suite;

  it('rollout, scale, autoscale, expose and run', async () => {
    const { ok, fails, field } = await namespace();
    const status = (what: string) => ok(`rollout status ${what} --timeout=110s`);
    const image = () => field('deployment/web', '.spec.template.spec.containers[0].image');
    await ok('create deployment web --image=nginx:1 --replicas=2');
    expect(await status('deployment/web')).toContain('successfully rolled out');
    await ok('set image deployment/web nginx=nginx:2');
    await status('deployment/web');
    expect(lines(await ok('rollout history deployment/web')).slice(2)).toHaveLength(2);
    expect(await ok('rollout history deployment/web --revision=1')).toContain('nginx:1');
    await ok('rollout undo deployment/web --to-revision=1');
    await status('deployment/web');
    expect(await image()).toBe('nginx:1');
    await ok('rollout pause deployment/web');
    expect(await fails('rollout pause deployment/web')).toContain('already paused');
    await ok('set image deployment/web nginx=nginx:3');
    const current = async () => [
      ...new Set((await field('pods -l app=web', '.items[*].spec.containers[0].image')).split(' ')),
    ];
    // Pods of the step before may still be ending; new ones do not come while it is paused.
    await eventually(current, (images) => images.join() === 'nginx:1');
    await ok('rollout resume deployment/web');
    await status('deployment/web');
    await ok('rollout restart deployment/web');
    await status('deployment/web');
    await eventually(current, (images) => images.join() === 'nginx:3');
    expect(await field('deployment/web', '.spec.template.metadata.annotations')).toContain(
      'kubectl.kubernetes.io/restartedAt',
    );

    expect(await fails('scale deployment/web --replicas=1 --current-replicas=5')).toContain(
      'Expected replicas to be 5, was 2',
    );
    await ok('scale deployment/web --replicas=3');
    await status('deployment/web');
    await ok('autoscale deployment/web --min=1 --max=4 --cpu=50%');
    expect(await ok('get hpa web')).toMatch(/Deployment\/web +cpu: <unknown>\/50% +1 +4 /);
    await ok('expose deployment/web --port=80 --target-port=8080');
    await eventually(
      () => field('endpointslices -l kubernetes.io/service-name=web', '.items[*].endpoints[*].addresses[0]'),
      (ips) => ips.split(' ').length === 3,
    );
    expect(await ok('run single --image=nginx --port=80 --expose --labels=run=single')).toMatch(
      /service\/single created\npod\/single created/,
    );
    await ok('wait pod/single --for=condition=Ready --timeout=110s');
    expect(await ok('run none --image=nginx --dry-run=client -o yaml')).toContain('run: none');
    expect(await ok('run none --image=nginx --dry-run=server -o name')).toBe('pod/none\n');
    expect(await fails('get pod none')).toContain('NotFound');
  });

  it('rolls daemon sets and stateful sets back too', async () => {
    const { ok, field } = await namespace();
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'busybox:1' }] } };
    const spec = { selector: { matchLabels: { app: 'x' } }, template };
    const make = (kind: string, more: object) =>
      JSON.stringify({ apiVersion: 'apps/v1', kind, metadata: { name: 'x' }, spec: { ...spec, ...more } });
    await ok('create -f -', make('DaemonSet', {}));
    await ok(
      'create -f -',
      make('StatefulSet', {
        serviceName: 'x',
        replicas: 2,
        selector: { matchLabels: { app: 'y' } },
        template: { ...template, metadata: { labels: { app: 'y' } } },
      }),
    );
    for (const what of ['daemonset/x', 'statefulset/x']) {
      await ok(`rollout status ${what} --timeout=110s`);
      await ok(`set image ${what} c=busybox:2`);
      await ok(`rollout status ${what} --timeout=110s`);
      expect(lines(await ok(`rollout history ${what}`)).slice(2), what).toHaveLength(2);
      await ok(`rollout undo ${what}`);
      await ok(`rollout status ${what} --timeout=110s`);
      expect(await field(what, '.spec.template.spec.containers[0].image')).toBe('busybox:1');
    }
    expect(await ok('describe daemonset/x')).toContain('Number of Nodes Scheduled with Available Pods: 3');
    expect(await ok('describe statefulset/x')).toContain('2 desired | 2 total');
  });

  it('cordons, taints and drains a node', async () => {
    const { ok, fails, field } = await namespace();
    await ok('create deployment web --image=nginx --replicas=3');
    await ok('rollout status deployment/web --timeout=110s');
    await ok('cordon node-2');
    expect(await ok('get node node-2')).toContain('Ready,SchedulingDisabled');
    await ok('uncordon node-2');
    expect(await field('node/node-2', '.spec.unschedulable')).toBe('');
    await ok('taint nodes node-2 k=v:PreferNoSchedule');
    expect(await ok('describe node node-2')).toContain('k=v:PreferNoSchedule');
    await ok('taint nodes node-2 k-');
    await ok('create -f -', pod('bare'));
    await ok('wait pod/bare --for=condition=Ready --timeout=110s');
    const node = await field('pod/bare', '.spec.nodeName');
    expect(await fails(`drain ${node} --ignore-daemonsets --timeout=110s`)).toContain('use --force to override');
    expect(await ok(`drain ${node} --ignore-daemonsets --force --timeout=110s`)).toContain('drained');
    await ok('rollout status deployment/web --timeout=110s');
    expect(await field('pods', '.items[*].spec.nodeName')).not.toContain(node);
    await ok(`uncordon ${node}`);
  });

  it('drains no further than a disruption budget allows, and a NoExecute taint evicts', async () => {
    const { ok, fails, field } = await namespace();
    await ok('create deployment web --image=nginx');
    await ok('create pdb web --selector=app=web --min-available=1');
    await ok('rollout status deployment/web --timeout=110s');
    await ok('wait pdb/web --for=jsonpath={.status.currentHealthy}=1 --timeout=110s');
    const node = await field('pods -l app=web', '.items[0].spec.nodeName');
    expect(await fails(`drain ${node} --ignore-daemonsets --force --timeout=1s`)).toContain(
      "Cannot evict pod as it would violate the pod's disruption budget.",
    );
    await ok(`uncordon ${node}`);
    await ok(`taint nodes ${node} k=v:NoExecute`);
    expect(await fails(`taint nodes ${node} k=v:NoExecute`)).toContain(
      'taint(s) with same effect(s) and --overwrite is false',
    );
    await eventually(
      () => field('pods -l app=web', '.items[*].spec.nodeName'),
      (at) => at !== '' && !at.includes(node),
    );
    await ok(`taint nodes ${node} k:NoExecute-`);
  });

  it('debug adds an ephemeral container, or makes a copy of a pod', async () => {
    const { ok, field } = await namespace();
    await ok('create -f -', pod('p'));
    await ok('wait pod/p --for=condition=Ready --timeout=110s');
    await ok('debug p --image=busybox -c look --target=c --profile=general -- sh');
    expect(JSON.parse(await field('pod/p', '.spec.ephemeralContainers'))).toMatchObject([
      { name: 'look', image: 'busybox', targetContainerName: 'c', command: ['sh'] },
    ]);
    await ok('debug p --image=busybox -c look --copy-to=copy --share-processes --profile=general -- sleep 100');
    await ok('wait pod/copy --for=condition=Ready --timeout=110s');
    expect(await field('pod/copy', '.spec.shareProcessNamespace}{.spec.containers[*].name')).toBe('truec look');
    await ok('debug p --copy-to=other --set-image=c=nginx --profile=general');
    expect(await field('pod/other', '.spec.containers[*].image')).toBe('nginx');
    const node = await field('pod/p', '.spec.nodeName');
    await ok(`debug node/${node} --image=busybox --profile=general -- sleep 1`);
    expect(await field('pods', '.items[?(@.spec.hostPID==true)].spec.nodeName')).toBe(node);
  });
});
