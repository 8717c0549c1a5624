import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildIfNeeded } from '../../../scripts/build.mjs';
import { eventually, startCluster, type Cluster } from '../../e2e/support/cluster.ts';
import { archive, buildImage, layoutFiles } from '../../support/image-archive.ts';
import { programLayers } from '../../support/program-image.ts';

const DRIVER = 'gpu.test.example.com';
/** Where containers' runtimes look for what devices are; files of others are not touched. */
const CDI = '/var/run/cdi';
/** Of this run's files there. */
const PREFIX = `ku7s-test-${process.pid}-`;
const IMAGE = 'devices.example/programs:1';
const BUILD_MS = 1_200_000;
const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-devices-'));
const binary = path.join(folder, 'driver');

const lacks = (...programs: string[]): string =>
  programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0).join(', ');
const containerd = lacks('containerd', 'runc');

/** @returns why the driver beside this file cannot be had, where Go or a network is missing */
async function build(): Promise<string> {
  const cwd = fileURLToPath(new URL('driver', import.meta.url));
  const go = (...args: string[]) =>
    promisify(execFile)('go', args, {
      cwd,
      timeout: BUILD_MS,
      env: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=mod' },
    });
  const missing = await go('mod', 'download').then(
    () => '',
    (error: Error) => `its modules are not to be had: ${error.message.slice(0, 200)}`,
  );
  if (!missing) await go('build', '-o', binary, '.');
  return missing;
}

let missing = process.getuid?.() === 0 ? '' : 'a node shows devices to containers as root alone';
beforeAll(async () => {
  await buildIfNeeded();
  missing ||= await build();
  const image = buildImage(await programLayers(), { Env: ['PATH=/bin'] });
  writeFileSync(path.join(folder, 'programs.tar'), await archive(layoutFiles({ [IMAGE]: image })));
}, BUILD_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CLASS = `
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: { name: gpu }
spec: { selectors: [{ cel: { expression: 'device.driver == "${DRIVER}"' } }] }
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: one }
spec: { spec: { devices: { requests: [{ name: own, exactly: { deviceClassName: gpu } }] } } }
`;
const ADMIN = `
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata: { name: all }
spec: { spec: { devices: { requests: [{ name: all, exactly: { deviceClassName: gpu, allocationMode: All, adminAccess: true } }] } } }
`;
const pod = (name: string, template: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      resourceClaims: [{ name: 'gpus', resourceClaimTemplateName: template }],
      containers: [
        {
          name: 'c',
          image: IMAGE,
          command: ['sh', '-c', 'while :; do sleep 1; done'],
          resources: { claims: [{ name: 'gpus' }] },
        },
      ],
    },
  });

/** The driver is one as others write it: by the library that Kubernetes publishes for it. */
describe.each([
  ['process', ''],
  ['containerd', containerd && `there is no ${containerd}`],
])('a driver of devices on a node of runtime %s', (runtime, without) => {
  let cluster: Cluster;
  let driver: ChildProcess | undefined;
  let said = '';
  beforeEach(({ skip }) => void ((missing || without) && skip(missing || without)));
  beforeAll(async () => {
    if (missing || without) return;
    cluster = await startCluster(['--nodes', `${runtime}:1`, '--images', folder, '--addons', 'none']);
    const node = await eventually(
      () => get('nodes', '.items[*].metadata.name'),
      (name) => name !== '',
    );
    const own = path.join(cluster.data, 'node');
    const args = [node, path.join(own, 'plugins_registry'), path.join(own, 'plugins', DRIVER), CDI, PREFIX];
    driver = spawn(binary, [cluster.kubeconfig, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    driver.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(
      () => get('resourceslices', '.items[*].spec.devices[*].name'),
      (names) => names === 'gpu-0 gpu-1',
    );
    await ok('apply -f -', CLASS);
  });
  afterAll(async () => {
    driver?.kill();
    await cluster?.remove();
    for (const name of cluster ? files() : []) rmSync(path.join(CDI, name));
  });
  const ok = async (line: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(line, input);
    expect([line, code, stderr]).toEqual([line, 0, '']);
    return stdout;
  };
  const get = async (what: string, field: string): Promise<string> =>
    (await cluster.kubectl(`get ${what} -o 'jsonpath={${field}}'`)).stdout;
  const becomes = (what: string, field: string, wanted: string) =>
    eventually(
      () => get(what, field),
      (found) => found === wanted,
    );
  const runs = async (name: string, template: string): Promise<void> => {
    await ok('apply -f -', pod(name, template));
    await becomes(`pod ${name}`, '.status.containerStatuses[0].ready', 'true');
  };
  const shell = (name: string, script: string): Promise<string> => ok(`exec ${name} -- sh -c '${script}'`);
  const files = (): string[] => readdirSync(CDI).filter((name) => name.startsWith(PREFIX));

  it('has its device shown to a pod, which no other gets meanwhile', async () => {
    await runs('first', 'one');
    await runs('second', 'one');
    const given = await Promise.all(['first', 'second'].map((name) => shell(name, 'echo -n $GPU_own')));
    expect([...given].sort()).toEqual(['gpu-0', 'gpu-1']);
    expect(await shell('first', `cd /dev; echo gpu-*; read -n 1 byte < ${given[0]!} || echo reads`)).toContain(
      given[0],
    );
    await ok('apply -f -', pod('third', 'one'));
    await eventually(
      () => get('pod third', '.status.conditions[?(@.type=="PodScheduled")].message'),
      (message) => message.includes('cannot allocate all claims'),
    );
  });

  it('shows all of them to who watches over them, in a namespace that is marked', async () => {
    const refused = await cluster.kubectl('apply -f -', ADMIN);
    expect(refused.stderr).toContain(
      'admin access to devices requires the `resource.kubernetes.io/admin-access: true`',
    );
    await ok('label namespace default resource.kubernetes.io/admin-access=true');
    await ok('apply -f -', ADMIN);
    await runs('watcher', 'all');
    expect(await shell('watcher', 'echo $ADMIN_ACCESS; cd /dev; echo gpu-*')).toBe('true\ngpu-0 gpu-1\n');
  });

  it('is told when a pod has ended, and the next one has the device', async () => {
    await ok('delete pod first --wait=true');
    await becomes('pod third', '.status.containerStatuses[0].ready', 'true');
    await ok('delete pod second third watcher --wait=true');
    await becomes('resourceclaims', '.items[*].metadata.name', '');
    expect(files()).toEqual([]);
    const calls = said.split('\n').filter((line) => /^(un)?prepare /.test(line));
    expect(calls.filter((line) => line.startsWith('prepare'))).toHaveLength(4);
    expect(calls.filter((line) => line.startsWith('unprepare'))).toHaveLength(4);
    expect(said).not.toContain('error');
  });
});
