import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Machine } from '../../../src/addons/machine.ts';
import type { Cluster } from '../../e2e/support/cluster.ts';

const run = promisify(execFile);
const MODULE = 'sigs.k8s.io/metrics-server';
const VERSION = 'v0.9.0';
const BUILD_MS = 1_800_000;

/** The metrics-server of the Kubernetes project, as its module has it. */
export interface Published {
  binary: string;
  /** what it applies to a cluster, as YAML: accounts and rights, and the APIService */
  manifests: string;
}

/** Built once a machine, by the machine's Go. @returns why it cannot be, where Go or a network is missing */
export async function buildMetricsServer(): Promise<Published | string> {
  let folder: string;
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`], { timeout: BUILD_MS });
    ({ Dir: folder } = JSON.parse(stdout) as { Dir: string });
  } catch (error) {
    return `${MODULE} is not to be had: ${String(error).slice(0, 200)}`;
  }
  const binary = path.join(os.tmpdir(), `ku7s-metrics-server-${VERSION}-${process.getuid?.() ?? 0}`);
  if (!existsSync(binary)) {
    const args = ['build', '-mod=readonly', '-o', binary, './cmd/metrics-server'];
    await run('go', args, { cwd: folder, timeout: BUILD_MS, env: { ...process.env, GOWORK: 'off' } });
  }
  const of = (name: string): string => readFileSync(path.join(folder, 'manifests/base', `${name}.yaml`), 'utf8');
  return { binary, manifests: ['rbac', 'apiservice'].map(of).join('\n---\n') };
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
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: cluster.url, 'certificate-authority': ca } }],
    users: [{ name: 'u', user: { token: (await must('-n kube-system create token metrics-server')).trim() } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
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
  await listening(child);
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

/** It takes no port but one that is said; whoever is quicker with that port makes the test fail. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Until it says that it listens. */
function listening(child: ChildProcess): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (text.length < 100_000) text += chunk.toString();
      if (text.includes('Serving securely on ')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`metrics-server has ended with ${code}\n${text}`)));
  });
}
