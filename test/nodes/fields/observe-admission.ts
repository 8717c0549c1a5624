import type { Container, Node, Pod, PodSpec } from '../../../schema/types.ts';
import { admit } from '../../../src/nodes/admission/admit.ts';
import { sysctlAllowlist } from '../../../src/nodes/admission/sysctls.ts';

export interface TrialAdmission {
  pod?: Partial<PodSpec>;
  /** ports of its container */
  port?: Partial<NonNullable<Container['ports']>[number]>;
}

const META = { namespace: 'a', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const TAKEN = { containerPort: 80, hostPort: 80, hostIP: '192.0.2.1', protocol: 'TCP' as const };
const allocatable = { cpu: '2', memory: '1Gi', pods: '10' };
const tainted: Node = {
  metadata: { ...META, name: 'n', uid: 'n' },
  spec: { taints: [{ key: 'repair', effect: 'NoExecute' }] },
  status: { allocatable },
};
const TOLERATES = [{ key: 'repair', operator: 'Exists' as const }];

const podOf = (name: string, { pod, port }: TrialAdmission): Pod => ({
  metadata: { ...META, name, uid: name },
  spec: {
    nodeName: 'n',
    tolerations: TOLERATES,
    containers: [
      { name: 'c', image: 'i', resources: { requests: { cpu: '1' } }, ports: [{ containerPort: 80, ...port }] },
    ],
    ...pod,
  },
});

/** Whether a node takes a pod, beside one that has a port of the node and half of its processors. */
export const observeAdmission = (trial: TrialAdmission): unknown =>
  admit({
    pod: podOf('p', trial),
    node: tainted,
    others: [podOf('other', { port: TAKEN })],
    policy: { sysctls: sysctlAllowlist('6.1'), pressure: [], shuttingDown: false },
  });
/** A place of the node that the other pod has. */
export const PORT = TAKEN;
