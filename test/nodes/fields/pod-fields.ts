import { podLimits } from '../../../src/nodes/cgroups/figures.ts';
import { elsewhere, follows, idle, inPod, parts, seen, unlessContainerd, works, type Decision } from './decision.ts';
import { observeAdmission } from './observe-admission.ts';

const SCHEDULER = 'the scheduler reads it';
const IMAGES = 'test/nodes/images/image-manager.test.ts';
const HELD = [{ name: 'i', image: 'busybox', command: ['run'] }];

/** More than is left beside the other pod. */
const LARGE = { resources: { requests: { cpu: '1500m' } } };
const ACCOUNT = { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.serviceAccountName' } } }] };
const NO_USERS = 'hostUsers: containers of containerd share the users of the machine';

/** The fields of PodSpec, and of what has a type of its own there. */
export const podFields: Readonly<Record<string, Decision>> = {
  'PodSpec.activeDeadlineSeconds': follows(inPod({ activeDeadlineSeconds: 5 })),
  'PodSpec.affinity': {
    ...follows(
      inPod({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'x', operator: 'Exists' }] }],
            },
          },
        },
      }),
    ),
    whole: true,
  },
  'PodSpec.automountServiceAccountToken': elsewhere('the API adds the volume', 'test/nodes/fields/elsewhere.test.ts'),
  'PodSpec.containers': parts,
  'PodSpec.dnsConfig': parts,
  'PodDNSConfig.nameservers': works(inPod({ dnsConfig: { nameservers: ['192.0.2.1'] } })),
  'PodDNSConfig.searches': works(inPod({ dnsConfig: { searches: ['x.example'] } })),
  'PodDNSConfig.options': parts,
  'PodDNSConfigOption.name': works(inPod({ dnsConfig: { options: [{ name: 'rotate' }] } })),
  'PodDNSConfigOption.value': works(
    inPod({ dnsConfig: { options: [{ name: 'ndots', value: '3' }] } }, { dnsConfig: { options: [{ name: 'ndots' }] } }),
  ),
  'PodSpec.dnsPolicy': works(inPod({ dnsPolicy: 'Default' })),
  'PodSpec.enableServiceLinks': works(inPod({ enableServiceLinks: false })),
  'PodSpec.ephemeralContainers': parts,
  'PodSpec.hostAliases': parts,
  'HostAlias.hostnames': works(
    inPod({ hostAliases: [{ ip: '192.0.2.7', hostnames: ['x'] }] }, { hostAliases: [{ ip: '192.0.2.7' }] }),
  ),
  'HostAlias.ip': works(
    inPod(
      { hostAliases: [{ ip: '192.0.2.8', hostnames: ['x'] }] },
      { hostAliases: [{ ip: '192.0.2.7', hostnames: ['x'] }] },
    ),
  ),
  'PodSpec.hostIPC': works(inPod({ hostIPC: true })),
  'PodSpec.hostNetwork': works(inPod({ hostNetwork: true })),
  'PodSpec.hostPID': works(inPod({ hostPID: true })),
  'PodSpec.hostUsers': unlessContainerd(NO_USERS, works(inPod({ hostUsers: false }))),
  'PodSpec.hostname': works(inPod({ hostname: 'other' })),
  'PodSpec.hostnameOverride': works(inPod({ hostnameOverride: 'other.example' })),
  'PodSpec.imagePullSecrets': works(IMAGES),
  'LocalObjectReference.name': works(IMAGES),
  'PodSpec.initContainers': follows(inPod({ initContainers: HELD })),
  'PodSpec.nodeName': elsewhere('it says which node', 'test/nodes/agent.test.ts'),
  'PodSpec.nodeSelector': follows(inPod({ nodeSelector: { disk: 'ssd' } })),
  'PodSpec.os': parts,
  'PodOS.name': follows(inPod({ os: { name: 'windows' } })),
  'PodSpec.overhead': follows(seen(observeAdmission, { pod: { overhead: { cpu: '1' } } }, {})),
  'PodSpec.preemptionPolicy': elsewhere(SCHEDULER, 'test/scheduler/preemption.test.ts'),
  'PodSpec.priority': follows(seen(observeAdmission, { pod: { ...LARGE, priority: 2_000_000_000 } }, { pod: LARGE })),
  'PodSpec.priorityClassName': elsewhere('the API computes the priority', 'test/api/admission.test.ts'),
  'PodSpec.readinessGates': parts,
  'PodReadinessGate.conditionType': follows(inPod({ readinessGates: [{ conditionType: 'example.com/ready' }] })),
  'PodSpec.resourceClaims': works('test/nodes/devices/pod-devices.test.ts'),
  'PodResourceClaim.name': works('test/nodes/devices/pod-devices.test.ts'),
  'PodResourceClaim.resourceClaimName': works('test/nodes/devices/pod-devices.test.ts'),
  'PodResourceClaim.resourceClaimTemplateName': elsewhere(
    'a controller makes the claim',
    'test/reconcilers/scenarios/resourceclaim.ts',
  ),
  'PodSpec.resources': works(
    seen((resources) => podLimits({ containers: [], ...resources }), { resources: { limits: { cpu: '1' } } }, {}),
  ),
  'PodSpec.restartPolicy': follows(inPod({ restartPolicy: 'Never' })),
  'PodSpec.runtimeClassName': elsewhere(
    'the API adds overhead and placement; the handler is the only one',
    'test/api/admission-plugins.test.ts',
  ),
  'PodSpec.schedulerName': elsewhere(SCHEDULER, 'test/scheduler/scheduler.test.ts'),
  'PodSpec.schedulingGates': elsewhere(SCHEDULER, 'test/scheduler/plugins/scheduling-gates.test.ts'),
  'PodSpec.securityContext': parts,
  'PodSpec.serviceAccount': idle('the old name of serviceAccountName'),
  'PodSpec.serviceAccountName': works({
    before: { container: ACCOUNT },
    after: { pod: { serviceAccountName: 'other' }, container: ACCOUNT },
  }),
  'PodSpec.setHostnameAsFQDN': works(
    inPod({ hostname: 'h', subdomain: 's', setHostnameAsFQDN: true }, { hostname: 'h', subdomain: 's' }),
  ),
  'PodSpec.shareProcessNamespace': works(inPod({ shareProcessNamespace: true })),
  'PodSpec.subdomain': works(inPod({ subdomain: 's' })),
  'PodSpec.terminationGracePeriodSeconds': works({
    before: { deaf: true },
    after: { deaf: true, pod: { terminationGracePeriodSeconds: 1 } },
  }),
  'PodSpec.tolerations': { ...follows(seen(observeAdmission, {}, { pod: { tolerations: [] } })), whole: true },
  'PodSpec.topologySpreadConstraints': elsewhere(SCHEDULER, 'test/scheduler/plugins/pod-topology-spread.test.ts'),
  'PodSpec.volumes': parts,
  'PodSpec.workloadRef': idle('no feature of 1.35 that is on by default reads it'),
};
