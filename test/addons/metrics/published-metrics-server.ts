import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Machine } from '../../../src/addons/machine.ts';
import type { Cluster } from '../../e2e/support/cluster.ts';
import { buildPublished, freePort, kubeconfigOf, saying } from '../../support/published-program.ts';

const MODULE = 'sigs.k8s.io/metrics-server';
const VERSION = 'v0.9.0';

/** The metrics-server of the Kubernetes project, as its module has it. */
export interface Published {
  binary: string;
  /** what it applies to a cluster, as YAML: accounts and rights, and the APIService */
  manifests: string;
}

/** @returns why it cannot be had, where Go or a network is missing */
export async function buildMetricsServer(): Promise<Published | string> {
  const built = await buildPublished(MODULE, VERSION, '/cmd/metrics-server');
  if (typeof built === 'string') return built;
  const of = (name: string): string => readFileSync(path.join(built.folder, 'manifests/base', `${name}.yaml`), 'utf8');
  return { binary: built.binary, manifests: ['rbac', 'apiservice'].map(of).join('\n---\n') };
}

/** Runs it on this machine for a cluster, which asks it by its Service; it verifies kubelets by the cluster's CA. */
export async function runMetricsServer({ binary, manifests }: Published, cluster: Cluster): Promise<ChildProcess> {
  const must = async (args: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args}: ${stderr}`);
    return stdout;
  };
  await must('apply -f -', manifests);
  const folder = path.join(cluster.data, 'metrics-server');
  mkdirSync(folder);
  const ca = path.join(folder, 'ca.crt');
  writeFileSync(ca, await must("-n kube-system get configmap kube-root-ca.crt -o 'jsonpath={.data.ca\\.crt}'"));
  const kubeconfig = path.join(folder, 'kubeconfig');
  const token = (await must('-n kube-system create token metrics-server')).trim();
  writeFileSync(kubeconfig, kubeconfigOf(cluster.url, ca, token), { mode: 0o600 });
  const port = await freePort();
  const flags = {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'cert-dir': folder,
    'kubelet-certificate-authority': ca,
    'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
    'kubelet-use-node-status-port': 'true',
    'metric-resolution': '15s',
    'secure-port': String(port),
  };
  const child = spawn(
    binary,
    Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await saying(child, 'Serving securely on ');
  const address = new Machine({ now: () => 0 }).address();
  const metadata = { name: 'metrics-server', namespace: 'kube-system' };
  const labels = { 'kubernetes.io/service-name': 'metrics-server' };
  await must(
    'apply -f -',
    [
      { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'https', port: 443 }] } },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels },
        addressType: 'IPv4',
        endpoints: [{ addresses: [address] }],
        ports: [{ name: 'https', port, protocol: 'TCP' }],
      },
    ]
      .map((object) => JSON.stringify(object))
      .join('\n---\n'),
  );
  return child;
}
