import { describe, expect, it } from 'vitest';
import type { BindMount, ContainerSpec } from '../../../../src/nodes/runtimes/runtime.ts';
import {
  containerConfig,
  mountOf,
  resources,
  sandboxConfig,
} from '../../../../src/nodes/runtimes/containerd/container-config.ts';
import { sandboxSpec, securityOf } from '../specs.ts';

const own = { netns: '/run/netns/p' };
const namespacesOf = (more: Parameters<typeof sandboxSpec>[0]) =>
  sandboxConfig(sandboxSpec({ ...own, ...more }), '/logs').linux.security_context.namespace_options;

describe('the sandbox of a pod', () => {
  it.each([
    [{}, { network: 'POD', ipc: 'POD', pid: 'CONTAINER' }],
    [{ hostNetwork: true }, { network: 'NODE', ipc: 'POD', pid: 'CONTAINER' }],
    [{ hostIPC: true }, { network: 'POD', ipc: 'NODE', pid: 'CONTAINER' }],
    [{ hostPID: true }, { network: 'POD', ipc: 'POD', pid: 'NODE' }],
    [{ shareProcessNamespace: true }, { network: 'POD', ipc: 'POD', pid: 'POD' }],
  ])('with %j has namespaces %j', (more, expected) => expect(namespacesOf(more)).toEqual(expected));

  it('is found by the labels of the kubelet', () => {
    expect(sandboxConfig(sandboxSpec(own), '/logs')).toMatchObject({
      metadata: { name: 'p', namespace: 'default', uid: 'u1', attempt: 0 },
      hostname: 'p',
      log_directory: '/logs',
      labels: { 'io.kubernetes.pod.uid': 'u1', 'io.kubernetes.pod.name': 'p' },
    });
  });

  it.each([
    [{ hostUsers: false }, 'hostUsers'],
    [{ netns: undefined }, 'no network of their own'],
  ])('with %j is refused', (more, why) => {
    expect(() => sandboxConfig(sandboxSpec({ ...own, ...more }), '/logs')).toThrow(why);
  });
});

describe('a container', () => {
  const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
    pod: { namespace: 'default', name: 'p', uid: 'u1' },
    name: 'c',
    attempt: 2,
    command: ['run', 'it'],
    env: { A: 'b' },
    root: { kind: 'runtime', accounts: { passwd: '', group: '' } },
    imageId: 'sha256:1',
    mounts: [],
    sandbox: { spec: sandboxSpec(own) },
    security: securityOf({ runAsUser: 7, runAsGroup: 8, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
    stdin: true,
    tty: false,
    ...more,
  });

  it('has what its spec says', () => {
    expect(containerConfig(spec(), [], '/seccomp')).toMatchObject({
      metadata: { name: 'c', attempt: 2 },
      image: { image: 'sha256:1' },
      command: ['run', 'it'],
      envs: [{ key: 'A', value: 'b' }],
      log_path: 'c/2.log',
      stdin: true,
      tty: false,
      linux: {
        security_context: {
          run_as_user: { value: 7 },
          run_as_group: { value: 8 },
          capabilities: { drop_capabilities: ['ALL'], add_capabilities: ['NET_BIND_SERVICE'] },
          namespace_options: { pid: 'CONTAINER' },
        },
      },
    });
  });

  it.each([
    [{ type: 'RuntimeDefault' }, { profile_type: 'RuntimeDefault' }],
    [{ type: 'Unconfined' }, { profile_type: 'Unconfined' }],
    [
      { type: 'Localhost', localhostProfile: 'a/b.json' },
      { profile_type: 'Localhost', localhost_ref: '/seccomp/a/b.json' },
    ],
  ] as const)('with the seccomp profile %j is given %j', (seccompProfile, expected) => {
    const security = securityOf({ seccompProfile });
    expect(containerConfig(spec({ security }), [], '/seccomp').linux.security_context.seccomp).toEqual(expected);
  });

  it.each([
    [{}, {}],
    [
      { cpuShares: 2, cpuQuota: 20_000, cpuPeriod: 100_000 },
      { cpu_shares: 2, cpu_quota: 20_000, cpu_period: 100_000 },
    ],
    [{ memory: 1024 }, { memory_limit_in_bytes: 1024 }],
    [{ memory: -1, cpuQuota: -1 }, { cpu_quota: -1 }],
  ])('with limits %j has resources %j', (limits, expected) => expect(resources(limits)).toEqual(expected));

  const mount: BindMount = { source: '/v', target: '/m', readOnly: true };
  it.each([
    [{}, { container_path: '/m', host_path: '/v', readonly: true, propagation: 'PROPAGATION_PRIVATE' }],
    [{ propagation: 'Bidirectional' as const }, { propagation: 'PROPAGATION_BIDIRECTIONAL' }],
    [{ propagation: 'HostToContainer' as const }, { propagation: 'PROPAGATION_HOST_TO_CONTAINER' }],
    [{ recursiveReadOnly: 'IfPossible' as const }, { readonly: true }],
  ])('mounts with %j', (more, expected) => expect(mountOf({ ...mount, ...more }, '/v')).toMatchObject(expected));

  it('that asks for what this containerd cannot do is refused', () => {
    expect(() => mountOf({ ...mount, recursiveReadOnly: 'Enabled' }, '/v')).toThrow('recursiveReadOnly');
  });
});
