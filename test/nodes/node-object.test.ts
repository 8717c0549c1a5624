import { describe, expect, it } from 'vitest';
import {
  limitsNotEnforced,
  nodeObject,
  nodeStatus,
  underPressure,
  type NodeFacts,
} from '../../src/nodes/node-object.ts';

const facts: NodeFacts = {
  name: 'n1',
  address: '192.0.2.1',
  port: 10250,
  maxPods: 42,
  size: { cpu: 1500, memory: 2 ** 31, pids: 1000 },
  storage: 10 * 1024 * 1024,
};
const NOW = Date.parse('2026-01-02T00:00:00Z');
const EARLIER = '2026-01-01T00:00:00Z';

describe('a node', () => {
  it('is registered with its labels, and with taints only when it has some', () => {
    const taint = { key: 'k', effect: 'NoSchedule' as const };
    expect(nodeObject({ ...facts, labels: { disk: 'ssd' } })).toMatchObject({
      metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'n1', 'kubernetes.io/os': 'linux', disk: 'ssd' } },
      spec: {},
    });
    expect(nodeObject(facts).spec).toEqual({});
    expect(nodeObject({ ...facts, taints: [taint] }).spec).toEqual({ taints: [taint] });
  });

  it('says where it is, what it has, and that it is well', () => {
    const status = nodeStatus(facts, [], NOW);
    expect(status).toMatchObject({
      capacity: { pods: '42', 'ephemeral-storage': '10240Ki' },
      addresses: [
        { type: 'InternalIP', address: '192.0.2.1' },
        { type: 'Hostname', address: 'n1' },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    });
    expect(status.allocatable).toEqual({ ...status.capacity, memory: '1948Mi', 'ephemeral-storage': '9728Ki' });
    expect(status.conditions?.map((each) => `${each.type} ${each.status}`)).toEqual([
      'MemoryPressure False',
      'DiskPressure False',
      'PIDPressure False',
      'Ready True',
    ]);
  });

  it('says what it is short of, and what it cannot do', () => {
    const conditions = () => [...underPressure(['DiskPressure']), limitsNotEnforced('no cgroups are mounted')];
    const told = nodeStatus({ ...facts, conditions }, [], NOW).conditions;
    expect(told?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'MemoryPressure False KubeletHasSufficientMemory',
      'PIDPressure False KubeletHasSufficientPID',
      'Ready True KubeletReady',
      'DiskPressure True KubeletHasDiskPressure',
      'LimitsNotEnforced True NoCgroups',
    ]);
  });

  it.each([
    ['True', EARLIER],
    ['Unknown', '2026-01-02T00:00:00Z'],
  ])('that was %s before is Ready since %s', (before, since) => {
    const known = [{ type: 'Ready', status: before, lastTransitionTime: EARLIER }];
    const ready = nodeStatus(facts, known, NOW).conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ lastTransitionTime: since, lastHeartbeatTime: '2026-01-02T00:00:00Z' });
  });
});
