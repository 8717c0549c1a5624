import type { Pod, PodSecurityContext, SecurityContext } from '../../../schema/types.ts';
import { ownershipOf } from '../../../src/nodes/volumes/ownership.ts';
import {
  follows,
  idle,
  inContainer,
  inPod,
  parts,
  refused,
  seen,
  unlessContainerd,
  works,
  type Decision,
} from './decision.ts';

const WINDOWS = idle('for Windows nodes');
const own = (securityContext: SecurityContext) => inContainer({ securityContext });
const shared = (securityContext: PodSecurityContext) => inPod({ securityContext });
const SECCOMP = 'test/nodes/pods/security-context.test.ts';

/** The fields of SecurityContext and PodSecurityContext. */
export const securityFields: Readonly<Record<string, Decision>> = {
  'SecurityContext.allowPrivilegeEscalation': works(own({ allowPrivilegeEscalation: false })),
  'SecurityContext.appArmorProfile': parts,
  'AppArmorProfile.localhostProfile': works(SECCOMP),
  'AppArmorProfile.type': works(SECCOMP),
  'SecurityContext.capabilities': parts,
  'Capabilities.add': works(own({ capabilities: { add: ['SYS_TIME'] } })),
  'Capabilities.drop': works(own({ capabilities: { drop: ['ALL'] } })),
  'SecurityContext.privileged': works(own({ privileged: true })),
  'SecurityContext.procMount': unlessContainerd(
    'hostUsers: containers of containerd share the users of the machine',
    works({
      before: { pod: { hostUsers: false } },
      after: { pod: { hostUsers: false }, container: { securityContext: { procMount: 'Unmasked' } } },
    }),
  ),
  'SecurityContext.readOnlyRootFilesystem': works(own({ readOnlyRootFilesystem: true })),
  'SecurityContext.runAsGroup': works(own({ runAsGroup: 7 })),
  'SecurityContext.runAsNonRoot': works(own({ runAsNonRoot: true })),
  'SecurityContext.runAsUser': works(own({ runAsUser: 7 })),
  'SecurityContext.seLinuxOptions': refused('seLinuxOptions', own({ seLinuxOptions: { level: 's0' } })),
  'SecurityContext.seccompProfile': parts,
  'SeccompProfile.localhostProfile': works(SECCOMP),
  'SeccompProfile.type': works(own({ seccompProfile: { type: 'Unconfined' } })),
  'SecurityContext.windowsOptions': WINDOWS,
  'PodSecurityContext.appArmorProfile': parts,
  'PodSecurityContext.fsGroup': works({
    before: { pod: { volumes: [{ name: 'v', emptyDir: {} }] } },
    after: { pod: { volumes: [{ name: 'v', emptyDir: {} }], securityContext: { fsGroup: 7 } } },
  }),
  'PodSecurityContext.fsGroupChangePolicy': works(
    seen(
      (more: PodSecurityContext) =>
        ownershipOf({ spec: { containers: [], securityContext: { fsGroup: 7, ...more } } } as unknown as Pod, false),
      { fsGroupChangePolicy: 'OnRootMismatch' },
      {},
    ),
  ),
  'PodSecurityContext.runAsGroup': works(shared({ runAsGroup: 7 })),
  'PodSecurityContext.runAsNonRoot': works(shared({ runAsNonRoot: true })),
  'PodSecurityContext.runAsUser': works(shared({ runAsUser: 7 })),
  'PodSecurityContext.seLinuxChangePolicy': idle('of seLinuxOptions, which are refused'),
  'PodSecurityContext.seLinuxOptions': refused('seLinuxOptions', shared({ seLinuxOptions: { level: 's0' } })),
  'PodSecurityContext.seccompProfile': parts,
  'PodSecurityContext.supplementalGroups': works(shared({ supplementalGroups: [7] })),
  'PodSecurityContext.supplementalGroupsPolicy': unlessContainerd(
    'SupplementalGroupsPolicy=Strict is not supported in this node',
    follows(shared({ supplementalGroupsPolicy: 'Strict' })),
  ),
  'PodSecurityContext.sysctls': parts,
  'Sysctl.name': follows(shared({ sysctls: [{ name: 'vm.swappiness', value: '1' }] })),
  'Sysctl.value': works(shared({ sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] })),
  'PodSecurityContext.windowsOptions': WINDOWS,
};
