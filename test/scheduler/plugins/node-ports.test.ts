import { describe, expect, it } from 'vitest';
import { nodePorts } from '../../../src/scheduler/plugins/node-ports.ts';
import { filtered, helps, node, pod } from './support.ts';

type Port = [number, string?, string?];
const listening = (name: string, ports: Port[], nodeName?: string, sidecar = false) => {
  const container = {
    name: 's',
    image: 'web',
    ports: ports.map(([hostPort, protocol, hostIP]) => ({
      containerPort: 80,
      hostPort,
      ...(protocol && { protocol: protocol as 'TCP' | 'UDP' }),
      ...(hostIP && { hostIP }),
    })),
  };
  const containers = [{ name: 'c', image: 'web' }];
  return pod(name, {
    ...(sidecar
      ? { containers, initContainers: [{ ...container, restartPolicy: 'Always' }] }
      : { containers: [container] }),
    ...(nodeName && { nodeName }),
  });
};
const WHY = "node(s) didn't have free ports for the requested pod ports";

describe('NodePorts', () => {
  it.each<[string, Port[], string]>([
    ['none', [], 'nothing'],
    ['the same', [[80]], WHY],
    ['another', [[81]], 'ok'],
    ['another protocol', [[80, 'UDP']], 'ok'],
    ['the same of one address', [[80, 'TCP', '10.0.0.1']], WHY],
    ['another address of one that is bound to one', [[443, 'TCP', '10.0.0.2']], 'ok'],
    ['that address', [[443, 'TCP', '10.0.0.1']], WHY],
    ['all addresses of one that is bound to one', [[443]], WHY],
    ['one of two', [[81], [443]], WHY],
    ['a sidecar has', [[9000]], WHY],
  ])('filters: %s', (_name, ports, expected) => {
    const pods = [listening('a', [[80], [443, 'TCP', '10.0.0.1']], 'n1'), listening('b', [[9000]], 'n1', true)];
    const answer = filtered(nodePorts, listening('p', ports), { nodes: [node('n1')], pods });
    expect(answer).toEqual(expected === 'nothing' ? expected : { n1: expected });
  });

  it.each([
    ['a pod with the port goes', undefined, listening('a', [[80]], 'n1'), true],
    ['a pod with another port goes', undefined, listening('a', [[81]], 'n1'), false],
    ['a pod changes', listening('a', [], 'n1'), listening('a', [], 'n1'), false],
  ] as const)('tries again when %s: %#', (_name, object, old, expected) => {
    expect(helps(nodePorts, listening('p', [[80]]), 'pods', object, old)).toBe(expected);
  });
  it('tries again when a node comes, not when one changes', () => {
    expect(helps(nodePorts, pod('p'), 'nodes', node('n'))).toBe(true);
    expect(helps(nodePorts, pod('p'), 'nodes', node('n'), node('n'))).toBe(false);
  });
});
