import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { ask, underLoad } from './support/load.ts';

const CHART = fileURLToPath(new URL('charts/shopfront', import.meta.url));
/** Requests under way at once while there is load. */
const CLIENTS = 4;

/** A chart that expects what charts expect of a cluster comes up as it is, and is scaled by the load that it gets. */
describe('a chart that uses storage, load balancer, ingress, autoscaler, budget, policy and monitor', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const ingress = ['--ingress-address', '127.0.0.1', '--ingress-http-port', '0', '--ingress-https-port', '0'];
    const looks = ['--horizontal-pod-autoscaler-sync-period', '1s'];
    cluster = await startCluster(['--load-balancer-range', '127.68.0.0/28', ...looks, ...ingress]);
  });
  afterAll(async () => {
    await cluster?.helm('uninstall front --wait');
    await cluster?.remove();
  });

  const read = async (what: string, path: string): Promise<string> =>
    (await cluster.kubectl(`get ${what} -o jsonpath={${path}}`)).stdout;

  it('is ready when helm says so, and answers at both ways in', async ({ skip }) => {
    skip(!cluster.output().includes('own network'), 'pods have no network of their own here');
    const { code, stderr } = await cluster.helm(`install front ${CHART} --wait --timeout 180s`);
    expect([code, stderr]).toEqual([0, '']);
    const host = await read('service front', '.status.loadBalancer.ingress[0].ip');
    const answer = await ask({ host, port: 8081, path: '/' });
    expect(answer).toMatch(/^front-/);
    const [, port = ''] = /takes requests .*"http":(\d+)/.exec(cluster.output()) ?? [];
    const viaIngress = { host: '127.0.0.1', port: Number(port), path: '/', headers: { host: 'shopfront.example' } };
    await eventually(
      () => ask(viaIngress),
      (text) => text === answer,
    );
    expect(await read('persistentvolumeclaim front', '.status.phase')).toBe('Bound');
    expect(await read('servicemonitor front', '.spec.endpoints[0].port')).toBe('http');
    await eventually(
      () => read('poddisruptionbudget front', '.status.disruptionsAllowed'),
      (text) => text === '1',
    );
  });

  it('grows under load, and shrinks without', async ({ skip }) => {
    skip(!cluster.output().includes('own network'), 'pods have no network of their own here');
    const host = await read('service front', '.status.loadBalancer.ingress[0].ip');
    const size = (): Promise<string> => read('deployment front', '.spec.replicas');
    await eventually(
      () => read('hpa front', '.status.currentMetrics[0].resource.current.averageUtilization'),
      (text) => text !== '',
    );
    expect(await size()).toBe('1');
    await underLoad({ host, port: 8081, path: '/work' }, CLIENTS, () => eventually(size, (text) => Number(text) > 1));
    await eventually(size, (text) => text === '1');
    // of its many events at one a second the recorder keeps 25
    expect(await read('hpa front', '.status.lastScaleTime')).toMatch(/^20/);
  });
});
