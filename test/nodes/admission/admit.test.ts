import { describe, expect, it } from 'vitest';
import type { Node, Pod, PodSpec } from '../../../schema/types.ts';
import { admit } from '../../../src/nodes/admission/admit.ts';
import type { NodePolicy } from '../../../src/nodes/admission/admission.ts';
import { sysctlAllowlist } from '../../../src/nodes/admission/sysctls.ts';

const policy: NodePolicy = { sysctls: sysctlAllowlist('6.1.0-13-amd64'), pressure: [], shuttingDown: false };
const allocatable = { cpu: '2', memory: '1Gi', pods: '4', 'ephemeral-storage': '10Gi', 'example.com/gpu': '1' };
const META = { resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { ...META, name: 'n', uid: 'n', labels: { disk: 'ssd' } },
  spec: {
    taints: [
      { key: 'quiet', effect: 'NoSchedule' },
      { key: 'repair', value: 'now', effect: 'NoExecute' },
    ],
  },
  status: { allocatable },
};
const TOLERATES = [{ key: 'repair', operator: 'Exists' as const }];

let count = 0;
type Change = Partial<PodSpec> & { annotations?: Record<string, string>; labels?: Record<string, string> };
const pod = ({ annotations, labels, ...spec }: Change = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...META,
    name: `pod-${++count}`,
    namespace: 'a',
    uid: `uid-${count}`,
    ...(annotations && { annotations }),
    ...(labels && { labels }),
  },
  spec: { nodeName: 'n', tolerations: TOLERATES, containers: [{ name: 'c', image: 'i' }], ...spec },
});
const asking = (requests: Record<string, string>, more: Change = {}): Pod =>
  pod({ containers: [{ name: 'c', image: 'i', resources: { requests } }], ...more });
const onPort = (hostPort: number, more = {}): Pod =>
  pod({ containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, hostPort, ...more }] }] });
const sysctl = (name: string, more: Change = {}): Pod =>
  pod({ securityContext: { sysctls: [{ name, value: '1' }] }, ...more });
const profile = (type: 'Localhost' | 'RuntimeDefault' | 'Unconfined'): Pod =>
  pod({ securityContext: { appArmorProfile: { type } } });
const critical = { priority: 2_000_000_000 };

const decide = (candidate: Pod, others: readonly Pod[] = [], changed: Partial<NodePolicy> = {}) =>
  admit({ pod: candidate, node, others, policy: { ...policy, ...changed } });
const rejection = (...given: Parameters<typeof decide>) => {
  const decided = decide(...given);
  return 'rejection' in decided ? decided.rejection : undefined;
};

describe('a pod that is bound to a node where it cannot run is rejected', () => {
  const lacks = (what: string, requested: number, used: number, capacity: number) => ({
    reason: `OutOf${what}`,
    message: `Node didn't have enough resource: ${what}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  });
  const fails = (reason: string, why: string) => ({ reason, message: `Predicate ${reason} failed: ${why}` });
  const GI = 1024 ** 3;
  it.each<[string, Pod, Pod[], object | undefined]>([
    ['with room for it', asking({ cpu: '2', memory: '1Gi', 'example.com/gpu': '1' }), [], undefined],
    ['cpu', asking({ cpu: '1500m' }), [asking({ cpu: '501m' })], lacks('cpu', 1500, 501, 2000)],
    ['memory', asking({ memory: '2Gi' }), [], lacks('memory', 2 * GI, 0, GI)],
    ['storage', asking({ 'ephemeral-storage': '11Gi' }), [], lacks('ephemeral-storage', 11 * GI, 0, 10 * GI)],
    ['pods', pod(), [pod(), pod(), pod(), pod()], lacks('pods', 1, 4, 4)],
    ['cpu before memory', asking({ memory: '2Gi', cpu: '3' }), [], lacks('cpu', 3000, 0, 2000)],
    [
      'devices',
      asking({ 'example.com/gpu': '1' }),
      [asking({ 'example.com/gpu': '1' })],
      lacks('example.com/gpu', 1, 1, 1),
    ],
    ['devices that the node does not name', asking({ 'example.com/fpga': '1' }), [], undefined],
    ['huge pages', asking({ 'hugepages-2Mi': '2Mi' }), [], lacks('hugepages-2Mi', 2 * 1024 ** 2, 0, 0)],
    [
      'a shortage before all else',
      asking({ cpu: '3' }, { nodeSelector: { disk: 'none' } }),
      [],
      lacks('cpu', 3000, 0, 2000),
    ],
    [
      'what the pod as a whole asks for',
      pod({ resources: { requests: { cpu: '3' } } }),
      [],
      lacks('cpu', 3000, 0, 2000),
    ],
    ['its overhead', asking({ cpu: '2' }, { overhead: { cpu: '1m' } }), [], lacks('cpu', 2001, 0, 2000)],
    ['a selector that matches', pod({ nodeSelector: { disk: 'ssd' } }), [], undefined],
    [
      'a selector that does not',
      pod({ nodeSelector: { disk: 'hdd' } }),
      [],
      fails('NodeAffinity', "node(s) didn't match Pod's node affinity/selector"),
    ],
    ['another node', pod({ nodeName: 'm' }), [], fails('NodeName', "node(s) didn't match the requested node name")],
    ['free ports', onPort(80), [onPort(81), onPort(80, { protocol: 'UDP' })], undefined],
    [
      'ports in use',
      onPort(80, { hostIP: '127.0.0.1' }),
      [onPort(80)],
      fails('NodePorts', "node(s) didn't have free ports for the requested pod ports"),
    ],
    ['ports of another address', onPort(80, { hostIP: '127.0.0.1' }), [onPort(80, { hostIP: '127.0.0.2' })], undefined],
    [
      'a NoExecute taint; NoSchedule is for who places it',
      pod({ tolerations: [] }),
      [],
      fails('TaintToleration', "node(s) had taints that the pod didn't tolerate"),
    ],
    [
      'a static pod stands the taint',
      pod({ tolerations: [], annotations: { 'kubernetes.io/config.source': 'file' } }),
      [],
      undefined,
    ],
    [
      'another system',
      pod({ os: { name: 'windows' } }),
      [],
      { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" },
    ],
    ['its own system', pod({ os: { name: 'linux' }, labels: { 'kubernetes.io/os': 'linux' } }), [], undefined],
    [
      'a label with another system',
      pod({ labels: { 'kubernetes.io/os': 'windows' } }),
      [],
      {
        reason: 'PodOSSelectorNodeLabelDoesNotMatch',
        message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
      },
    ],
    [
      'groups that the runtime cannot hold to',
      pod({ securityContext: { supplementalGroupsPolicy: 'Strict' } }),
      [],
      {
        reason: 'SupplementalGroupsPolicyNotSupported',
        message: 'SupplementalGroupsPolicy=Strict is not supported in this node',
      },
    ],
  ])('for %s', (_what, candidate, others, wanted) => {
    expect(rejection(candidate, others)).toEqual(wanted);
  });

  it('when the node is short of something, unless it is critical or has asked for memory', () => {
    const memory = { pressure: ['MemoryPressure'] };
    const both = { pressure: ['MemoryPressure', 'DiskPressure'] };
    const tolerant = pod({
      tolerations: [...TOLERATES, { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' }],
    });
    const message = 'The node had condition: [MemoryPressure]. ';
    expect(rejection(pod(), [], memory)).toEqual({ reason: 'Evicted', message });
    for (const taken of [pod(critical), asking({ memory: '1Mi' }), tolerant])
      expect(rejection(taken, [], memory)).toBeUndefined();
    expect(rejection(asking({ memory: '1Mi' }), [], both)?.message).toBe(
      'The node had condition: [MemoryPressure DiskPressure]. ',
    );
  });

  it('when the node is going down', () => {
    expect(rejection(pod(), [], { shuttingDown: true })).toEqual({
      reason: 'NodeShutdown',
      message: 'Pod was rejected as the node is shutting down.',
    });
  });

  it('when it wants a profile that nothing enforces, and has not started', () => {
    const none = { appArmor: 'AppArmor is not enabled on the host' };
    const refused = { reason: 'AppArmor', message: `Cannot enforce AppArmor: ${none.appArmor}` };
    expect(rejection(profile('RuntimeDefault'), [], none)).toEqual(refused);
    expect(rejection({ ...profile('Localhost'), status: { phase: 'Running' } }, [], none)).toBeUndefined();
    expect(rejection(profile('Unconfined'), [], none)).toBeUndefined();
    expect(rejection(profile('Localhost'))?.message).toBe(
      'Cannot enforce AppArmor: invalid empty AppArmor profile name: ""',
    );
    const annotated = pod({ annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'runtime/default' } });
    expect(rejection(annotated, [], none)).toEqual(refused);
  });
});

describe('a sysctl', () => {
  const custom = sysctlAllowlist('6.1', ['kernel.msg*', 'net.core.somaxconn']);
  it.each([
    [sysctl('net.ipv4.tcp_syncookies'), policy.sysctls, undefined],
    [sysctl('net/ipv4/tcp_syncookies'), policy.sysctls, undefined],
    [sysctl('kernel.msgmax'), policy.sysctls, '"kernel.msgmax" not allowlisted'],
    [sysctl('kernel.msgmax'), custom, undefined],
    [sysctl('net.core.somaxconn'), custom, undefined],
    [sysctl('net.core.rmem_max'), custom, '"net.core.rmem_max" not allowlisted'],
    [
      sysctl('net.core.somaxconn', { hostNetwork: true }),
      custom,
      '"net.core.somaxconn" not allowed with host Net enabled',
    ],
    [sysctl('kernel.msgmax', { hostIPC: true }), custom, '"kernel.msgmax" not allowed with host IPC enabled'],
    [sysctl('net.ipv4.tcp_rmem'), sysctlAllowlist('4.14.1'), '"net.ipv4.tcp_rmem" not allowlisted'],
  ])('of $spec.securityContext.sysctls.0.name is as the node allows', (candidate, sysctls, wrong) => {
    const wanted = wrong && { reason: 'SysctlForbidden', message: `forbidden sysctl: ${wrong}` };
    expect(rejection(candidate, [], { sysctls })).toEqual(wanted);
  });

  it.each(['vm.swappiness', 'kernel.*', 'Not/A/Name'])('%s cannot be allowed: no namespace holds it', (name) => {
    expect(() => sysctlAllowlist('6.1', [name])).toThrow();
  });
});

describe('a critical pod', () => {
  const small = asking({ cpu: '300m' });
  const middle = asking({ cpu: '700m' });
  const large = asking({ cpu: '1' });
  const fixed = pod({
    containers: [
      {
        name: 'c',
        image: 'i',
        resources: { requests: { cpu: '1', memory: '1Mi' }, limits: { cpu: '1', memory: '1Mi' } },
      },
    ],
  });
  const needs = (cpu: string): Pod => asking({ cpu }, critical);

  it.each<[string, Pod, Pod[], Pod[]]>([
    ['none when there is room', needs('1'), [small], []],
    ['the one that is nearest', needs('1'), [small, middle, large], [large]],
    ['the smallest that is enough', needs('500m'), [large, middle], [middle]],
    ['as few as can be', needs('1600m'), [small, middle, large], [large, middle]],
    ['burstable before guaranteed', needs('1'), [fixed, large], [large]],
    ['of lower priority alone', needs('1'), [asking({ cpu: '1' }, critical), middle, small], [middle, small]],
  ])('ends %s', (_what, candidate, others, ended) => {
    const decided = decide(candidate, others);
    expect(decided).toHaveProperty('preempt');
    if ('preempt' in decided)
      expect(decided.preempt.map((each) => each.metadata.name)).toEqual(ended.map((each) => each.metadata.name));
  });

  it('takes a slot from one that asks for nothing', () => {
    const others = [pod(), small, middle, large].map((each) => each);
    expect(decide(pod(critical), others)).toEqual({ preempt: [others[0]] });
  });

  it('is rejected for what no other can give', () => {
    expect(rejection(needs('3'), [small])).toEqual({
      reason: 'UnexpectedAdmissionError',
      message:
        'Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods ' +
        'to preempt: no set of running pods found to reclaim resources: [(res: cpu, q: 1000), ]',
    });
    const elsewhere = asking({ cpu: '3' }, { ...critical, nodeSelector: { disk: 'hdd' } });
    expect(rejection(elsewhere, [small])?.reason).toBe('NodeAffinity');
  });
});
