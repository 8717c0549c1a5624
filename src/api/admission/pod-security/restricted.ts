import { addedCapabilities } from './baseline.ts';
import type { PodSecurityContext, SecurityContext, Volume } from '../../../../schema/types.ts';
import type { Parts } from '../../../meta/object.ts';
import { allContainersOf } from '../pods.ts';
import { containerCheck, namely, namesWhere, podContext, quoted, setters, type Check } from './check.ts';

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const ADDABLE = new Set(['NET_BIND_SERVICE']);

const capabilities: Check = (pod) => {
  const keeps = namesWhere(pod, (c) => !c.securityContext?.capabilities?.drop?.includes('ALL'));
  const { names, added } = addedCapabilities(pod, ADDABLE);
  const details = [
    ...(keeps.length ? [`${namely('container', keeps)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(names.length
      ? [`${namely('container', names)} must not include ${quoted(added)} in securityContext.capabilities.add`]
      : []),
  ];
  return details.length ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined;
};

const volumes: Check = (pod) => {
  const typeOf = (v: Parts<Volume>): string => Object.keys(v).find((key) => key !== 'name') ?? 'emptyDir';
  const bad = (pod.spec?.volumes ?? []).filter((v) => !VOLUMES.has(typeOf(v)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(typeOf))].sort();
  const uses = `${bad.length > 1 ? 'use' : 'uses'} restricted volume type${types.length > 1 ? 's' : ''}`;
  return {
    reason: 'restricted volume types',
    detail: `${namely(
      'volume',
      bad.map((v) => v.name ?? ''),
    )} ${uses} ${quoted(types)}`,
  };
};

/** Either the pod or each container has to say it; no container may say the contrary. */
const runAsNonRoot: Check = (pod) => {
  const inPod = podContext(pod).runAsNonRoot;
  const explicit = setters(pod, inPod === false, (c) => c.securityContext?.runAsNonRoot === false);
  if (
    namesWhere(pod, (c) => c.securityContext?.runAsNonRoot === false).length ||
    (inPod === false && explicit && namesWhere(pod, (c) => c.securityContext?.runAsNonRoot !== true).length)
  ) {
    return { reason: 'runAsNonRoot != true', detail: `${explicit} must not set securityContext.runAsNonRoot=false` };
  }
  if (inPod === true) return undefined;
  const silent = namesWhere(
    pod,
    (c) => c.securityContext?.runAsNonRoot === undefined || c.securityContext?.runAsNonRoot === null,
  );
  return silent.length
    ? {
        reason: 'runAsNonRoot != true',
        detail: `pod or ${namely('container', silent)} must set securityContext.runAsNonRoot=true`,
      }
    : undefined;
};

const runAsUser: Check = (pod) => {
  const who = setters(pod, podContext(pod).runAsUser === 0, (c) => c.securityContext?.runAsUser === 0);
  return who ? { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` } : undefined;
};

const seccomp: Check = (pod) => {
  const type = (context: Parts<SecurityContext> | Parts<PodSecurityContext> | undefined): string | undefined =>
    context?.seccompProfile?.type;
  const good = (t: string | undefined): boolean => t === 'RuntimeDefault' || t === 'Localhost';
  const inPod = type(podContext(pod));
  const isBad = (t: string | undefined): boolean => t !== undefined && !good(t);
  const badInContainers = namesWhere(pod, (c) => isBad(type(c.securityContext)));
  if (badInContainers.length || isBad(inPod)) {
    const who = setters(pod, isBad(inPod), (c) => isBad(type(c.securityContext)));
    const types = [
      ...new Set(
        [inPod, ...allContainersOf(pod.spec).map((c) => type(c.securityContext))]
          .filter((t) => t !== undefined)
          .filter(isBad),
      ),
    ].sort();
    return {
      reason: 'seccompProfile',
      detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
    };
  }
  if (good(inPod)) return undefined;
  const silent = namesWhere(pod, (c) => type(c.securityContext) === undefined);
  return silent.length
    ? {
        reason: 'seccompProfile',
        detail: `pod or ${namely('container', silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      }
    : undefined;
};

/** What restricted adds to baseline. */
export const restricted = {
  allowPrivilegeEscalation: containerCheck(
    'allowPrivilegeEscalation != false',
    (c) => c.securityContext?.allowPrivilegeEscalation !== false,
    'must set securityContext.allowPrivilegeEscalation=false',
  ),
  capabilities,
  restrictedVolumes: volumes,
  runAsNonRoot,
  runAsUser,
  seccomp,
} satisfies Record<string, Check>;
