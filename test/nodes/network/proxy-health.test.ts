import { afterEach, expect, it } from 'vitest';
import type { Node, Service } from '../../../schema/types.ts';
import { HealthChecks } from '../../../src/nodes/network/health-checks.ts';
import { ProxyHealth } from '../../../src/nodes/network/proxy-health.ts';
import type { ServiceRoute } from '../../../src/nodes/network/service-routes.ts';
import { TcpProxy } from '../../../src/rules/relay/tcp-proxy.ts';

const closing: { close(): void }[] = [];
afterEach(() => {
  for (const each of closing.splice(0)) each.close();
});

it('tells that it keeps up, and that the node is about to go, as kube-proxy does', async () => {
  let now = Date.UTC(2026, 0, 2, 3, 4, 5, 60);
  let node: Pick<Node, 'metadata' | 'spec'> | undefined;
  const health = new ProxyHealth({ now: () => now }, () => node as Node);
  closing.push(health);
  await health.listen(0, '127.0.0.1');
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${health.port}${path}`, { headers: { connection: 'close' } });
    return [answer.status, answer.headers.get('x-content-type-options'), await answer.text()];
  };
  const time = '2026-01-02 03:04:05.06 +0000 UTC';
  const body = `{"lastUpdated": "${time}","currentTime": "${time}"`;
  expect(await get('/livez')).toEqual([200, 'nosniff', `${body}}`]);
  expect(await get('/healthz')).toEqual([200, 'nosniff', `${body}, "nodeEligible": true}`]);
  expect((await get('/metrics'))[0]).toBe(404);
  node = {
    metadata: { name: 'n' },
    spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] },
  } as never;
  expect((await get('/livez'))[0]).toBe(200);
  expect((await get('/healthz'))[0]).toBe(503);
  node = undefined;
  health.updated();
  health.queued();
  now += 59_999;
  expect((await get('/healthz'))[0]).toBe(200);
  now += 1;
  const [code, , text] = await get('/livez');
  expect([code, text]).toEqual([503, `{"lastUpdated": "${time}","currentTime": "2026-01-02 03:05:05.06 +0000 UTC"}`]);
  health.updated();
  expect((await get('/livez'))[0]).toBe(200);
});

async function freePort(): Promise<number> {
  const proxy = new TcpProxy({
    targets: () => [],
    affinityMs: () => 0,
    allows: () => true,
    balancer: undefined as never,
  });
  await proxy.listen(0, '127.0.0.1');
  const port = proxy.boundPort;
  proxy.close();
  return port;
}

it('answers a load balancer how many endpoints this node has (ServiceSpec.healthCheckNodePort)', async () => {
  const port = await freePort();
  const events: string[] = [];
  let healthy = true;
  const options = {
    nodeName: 'n1',
    nodePortAddresses: ['127.0.0.1'],
    events: { event: (_: unknown, type: string, reason: string) => void events.push(`${type} ${reason}`) },
    log: () => undefined,
  };
  const checks = new HealthChecks(options, () => healthy);
  const others = new HealthChecks(options, () => healthy);
  closing.push(checks, others);
  const route = (localReady: number): ServiceRoute =>
    ({
      external: 'Local',
      endpoints: { cluster: [], local: [], localReady },
      service: {
        metadata: { name: 'web', namespace: 'shop' },
        spec: { type: 'LoadBalancer', healthCheckNodePort: port },
      } as Service,
    }) as unknown as ServiceRoute;
  const get = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    return [answer.status, answer.headers.get('x-load-balancing-endpoint-weight'), await answer.text()];
  };
  await checks.update([route(2)]);
  const text = (count: number, well: boolean): string =>
    `{\n\t"service": {\n\t\t"namespace": "shop",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": ${count},\n\t"serviceProxyHealthy": ${well}\n}\n`;
  expect(await get()).toEqual([200, '2', text(2, true)]);
  await checks.update([route(0)]);
  expect(await get()).toEqual([503, '0', text(0, true)]);
  await checks.update([route(1)]);
  healthy = false;
  expect(await get()).toEqual([503, '1', text(1, false)]);
  await others.update([route(1)]);
  expect(events).toEqual(['Warning FailedToStartServiceHealthcheck']);
  await checks.update([]);
  await expect(get()).rejects.toThrow('fetch failed');
});
