import { afterEach, describe, expect, test } from 'vitest';
import { daemonset } from '../../src/reconcilers/daemonset.ts';
import { disruption } from '../../src/reconcilers/disruption.ts';
import { endpoints } from '../../src/reconcilers/endpoints.ts';
import { endpointslice } from '../../src/reconcilers/endpointslice.ts';
import { persistentvolume } from '../../src/reconcilers/persistentvolume.ts';
import { servicecidrs } from '../../src/reconcilers/servicecidrs.ts';
import { internalError } from '../../src/meta/status.ts';
import { pvcprotection } from '../../src/reconcilers/volumeprotection.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { clusterObject, object, pod, selector, template } from './scenarios/manifests.ts';
import { claim, volume } from './scenarios/persistentvolume.ts';
import { serviceCidr } from './scenarios/servicecidrs.ts';

/** What controllers tell as events of things that go wrong, in the words of kube-controller-manager. */
describe('it is told', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());

  test('that a node refuses each pod of a DaemonSet, less and less often, and that one has ended well', async () => {
    cluster = await startCluster([daemonset()]);
    await cluster.addNodes('n1');
    await cluster.give(object('apps/v1', 'DaemonSet', 'd', { spec: { selector, template: template() } }));
    const end = async (phase: string): Promise<string | undefined> => {
      await cluster.advance(1);
      const [one] = await cluster.list('pods');
      if (one?.['status']?.phase === 'Pending')
        await cluster.edit('pods', 'a', one.metadata.name, ({ status }) => (status.phase = phase), 'status');
      await cluster.advance(1);
      await cluster.reapPods();
      return one?.metadata.name;
    };
    const names = new Set<string | undefined>();
    for (let n = 0; n < 30; n++) names.add(await end('Failed'));
    // the second one waits for a second
    expect(names.size).toBe(2);
    await cluster.advance(1000);
    await cluster.reapPods();
    await end('Succeeded');
    const told = await cluster.events();
    expect(told).toContainEqual(expect.stringMatching(/^Warning FailedDaemonPod .* on node n1, will try to kill it$/));
    expect(told).toContainEqual(
      expect.stringMatching(/^Normal SucceededDaemonPod .* on node n1, will try to delete it$/),
    );
  });

  test('that a pod is of two budgets, and that one that was evicted is still there', async () => {
    cluster = await startCluster([disruption]);
    const budget = (name: string) =>
      object('policy/v1', 'PodDisruptionBudget', name, { spec: { minAvailable: 0, selector } });
    await cluster.give(budget('b1'), budget('b2'));
    await cluster.give(pod('p', { labels: { app: 'x' } }));
    await cluster.advance(1);
    expect(await cluster.events()).toContain(
      'Warning MultiplePodDisruptionBudgets Pod Pod "a"/"p" matches multiple PodDisruptionBudgets.  Chose "b1" arbitrarily.',
    );
    await cluster.edit(
      'poddisruptionbudgets.policy',
      'a',
      'b1',
      ({ status }) => (status.disruptedPods = { p: '2020-01-01T00:00:00Z' }),
      'status',
    );
    await cluster.advance(1);
    expect(await cluster.events()).toContain(
      "Warning NotDeleted Pod Pod was expected by PDB a/a to be deleted but it wasn't",
    );
  });

  test('that endpoints of a Service, or the state of its range, cannot be written', async () => {
    cluster = await startCluster([endpoints, endpointslice(), servicecidrs]);
    cluster.transport.before = ({ verb, resource }) => {
      if (verb !== 'get' && verb !== 'list' && /^(endpoint|servicecidrs.*status)/.test(resource))
        throw internalError('the disk is full');
    };
    await cluster.give(serviceCidr('more', '192.168.7.0/24'));
    await cluster.give(object('v1', 'Service', 's', { spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }));
    await cluster.advance(1);
    const why = 'Internal error occurred: the disk is full';
    expect(await cluster.events()).toEqual(
      expect.arrayContaining([
        `Warning FailedToCreateEndpoint Endpoints Failed to create endpoint for service a/s: ${why}`,
        `Warning FailedToUpdateEndpointSlices Service Error updating Endpoint Slices for Service a/s: ${why}`,
        'Warning KubernetesServiceCIDRError ServiceCIDR The ServiceCIDR Status can not be set to Ready=True',
      ]),
    );
  });

  test('which pods a claim waits for, and that nobody empties a volume', async () => {
    cluster = await startCluster([persistentvolume, pvcprotection]);
    await cluster.give(
      clusterObject('storage.k8s.io/v1', 'StorageClass', 'late', {
        provisioner: 'kubernetes.io/no-provisioner',
        volumeBindingMode: 'WaitForFirstConsumer',
      }),
      claim('c', '1Gi', { storageClassName: 'late' }),
      volume('v', '1Gi', { persistentVolumeReclaimPolicy: 'Recycle' }),
      claim('of-v', '1Gi'),
    );
    await cluster.advance(1);
    const waits =
      'Normal WaitForFirstConsumer PersistentVolumeClaim waiting for first consumer to be created before binding';
    expect(await cluster.events()).toContain(waits);
    await cluster.give(pod('p', { spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] } }));
    await cluster.client.delete('persistentvolumeclaims', 'a', 'of-v');
    await cluster.advance(1);
    expect(await cluster.events()).toEqual(
      expect.arrayContaining([
        'Normal WaitForPodScheduled PersistentVolumeClaim waiting for pod p to be scheduled',
        'Warning VolumeFailedRecycle PersistentVolume No recycler plugin found for the volume!',
      ]),
    );
    expect((await cluster.list('persistentvolumes'))[0]?.['status']).toMatchObject({ phase: 'Failed' });
  });
});
