import type { ContainerSecurity } from '../../../src/nodes/pods/security-context.ts';
import { containerSecurity } from '../../../src/nodes/pods/security-context.ts';
import { machineSecurity } from '../../../src/nodes/pods/machine-security.ts';
import { rootAccounts } from '../../../src/nodes/pods/root-accounts.ts';
import type { PodSandboxSpec } from '../../../src/nodes/runtimes/runtime.ts';
import type { PodSecurityContext, SecurityContext } from '../../../schema/types.ts';

/** The namespaces of a pod that asks for nothing special. */
export const sandboxSpec = (more: Partial<PodSandboxSpec> = {}): PodSandboxSpec => ({
  pod: { namespace: 'default', name: 'p', uid: 'u1' },
  hostname: 'p',
  hostNetwork: false,
  hostIPC: false,
  hostPID: false,
  shareProcessNamespace: false,
  hostUsers: true,
  address: '10.244.0.5',
  privileged: false,
  sysctls: {},
  ...more,
});

/** The rights that a container with these security contexts has on this machine. */
export function securityOf(own: SecurityContext = {}, shared: PodSecurityContext = {}): ContainerSecurity {
  const container = { name: 'c', securityContext: own };
  const pod = {
    metadata: {
      name: 'p',
      namespace: 'default',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: { containers: [container], securityContext: shared },
  };
  const accounts = rootAccounts({ kind: 'host' });
  return containerSecurity(pod, container, { user: '', accounts, oomScoreAdj: 1000, ...machineSecurity() });
}
