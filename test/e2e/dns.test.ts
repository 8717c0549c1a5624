import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { end, startRole, type Role } from './support/role.ts';

const POD = `
apiVersion: v1
kind: Pod
metadata: { name: asks }
spec: { containers: [{ name: c, image: node, command: [sleep, '1000000'] }] }
`;
const SLICE = "get endpointslice kube-dns -n kube-system -o jsonpath='{.endpoints[*].addresses[*]}:{.ports[0].port}'";

/** A pod resolves names the way every pod does, with the DNS in another process than its node. */
describe('DNS', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-dns-'));
  let api: Cluster;
  let controllers: Role;
  let nodes: Role;

  beforeAll(async () => {
    api = await startCluster(['--roles', 'api']);
    controllers = await startRole('controllers,scheduler', api, folder);
    nodes = await startRole('nodes', api, folder);
    expect((await api.kubectl('create -f -', POD)).stderr).toBe('');
    await eventually(
      () => api.kubectl("get pod asks -o jsonpath='{.status.phase}'"),
      ({ stdout }) => stdout.includes('Running'),
    );
  });
  afterAll(async () => {
    await api?.kubectl('delete pod asks --now');
    for (const role of [nodes, controllers]) if (role) await end(role);
    await api?.remove();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  beforeEach(({ skip }) => {
    // Without a network of their own pods have no cluster IPs: the README says so.
    skip(!nodes.log().includes('"pods":"own network"'), 'pods have no network of their own here');
  });

  /** Asks in the pod until there is an answer. */
  const resolved = (script: string, answer: string) =>
    eventually(
      () => api.kubectl(`exec asks -- node -e '${script}'`),
      ({ stdout }) => stdout.includes(answer),
    );
  const LOOKUP = 'require("dns").lookup("kubernetes.default", (e, a) => console.log(e ?? a))';

  it('leads a pod from resolv.conf over the cluster IP to an answer', async () => {
    expect((await api.kubectl('exec asks -- cat /etc/resolv.conf')).stdout).toContain('nameserver 10.96.0.10\n');
    await resolved(LOOKUP, '10.96.0.1');
    const name = 'kube-dns.kube-system.svc.cluster.local';
    await resolved(`require("dns").resolveSrv("_dns._udp.${name}", (e, a) => console.log(e ?? a))`, name);
  });

  it('answers again when its process was killed, and when it was ended', async () => {
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const { stdout: before } = await api.kubectl(SLICE);
      await end(controllers, signal);
      controllers = await startRole('controllers,scheduler', api, folder);
      await eventually(
        () => api.kubectl(SLICE),
        ({ code, stdout }) => code === 0 && stdout !== before,
      );
      await resolved(LOOKUP, '10.96.0.1');
    }
  });
});
