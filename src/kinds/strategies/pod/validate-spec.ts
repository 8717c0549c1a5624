import type { PodSpec } from '../../../../schema/types.ts';
import { invalid, notFoundValue, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1123Subdomain, rangeError } from '../../../meta/names.ts';
import type { ObjectMeta, Parts } from '../../../meta/object.ts';
import { validateLabels } from '../../validation/labels.ts';
import { addReasons } from '../../validation/report.ts';
import { addResources } from './container/resources.ts';
import { addAffinity } from './spec/affinity.ts';
import { visitContainers } from './spec/containers-of.ts';
import { addDns, addHostNames, addHostNetworkPorts } from './spec/network.ts';
import { addHostProcess, addHostUsers, addOperatingSystem } from './spec/operating-system.ts';
import { addPodResources, addResourceClaims } from './spec/pod-resources.ts';
import { addGates, addTolerations } from './spec/scheduling.ts';
import { addPodSecurity } from './spec/security.ts';
import { addSpreading } from './spec/spreading.ts';
import { addContainers, addEphemeralContainers, addInitContainers, type Surroundings } from './validate-container.ts';
import { addVolumes } from './volumes/volumes.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];
const MAX_INT32 = 2147483647;
const NONE: readonly string[] = [];

/**
 * core/v1 ValidatePodSpec: the spec of a pod or of a template, after its defaults.
 * @param meta of the pod; undefined for a template, which is treated with more patience
 */
export function validatePodSpec(spec: Parts<PodSpec> | undefined, at: Path, meta?: ObjectMeta): FieldError[] {
  if (!spec) return [required(at.child('containers'))];
  const errors: FieldError[] = [];
  const isPod = meta !== undefined;
  if (spec.terminationGracePeriodSeconds == null) errors.push(required(at.child('terminationGracePeriodSeconds')));
  const around: Surroundings = {
    spec,
    volumes: addVolumes(errors, spec.volumes, at.child('volumes'), { isPod, ...(meta?.name && { name: meta.name }) }),
    claims: spec.resourceClaims?.flatMap(({ name }) => name || []) ?? NONE,
    hostUsers: spec.hostUsers ?? true,
  };
  addResourceClaims(errors, spec.resourceClaims, meta, at.child('resourceClaims'));
  addContainers(errors, around, at.child('containers'));
  addInitContainers(errors, around, at.child('initContainers'));
  addEphemeralContainers(errors, around, at.child('ephemeralContainers'));
  addPodResources(errors, spec, around.claims, at);
  addHostNetworkPorts(errors, spec, isPod, at);
  if (!spec.restartPolicy) errors.push(required(at.child('restartPolicy')));
  else if (!RESTART_POLICIES.includes(spec.restartPolicy))
    errors.push(notSupported(at.child('restartPolicy'), spec.restartPolicy, RESTART_POLICIES));
  addDns(errors, spec, at);
  if (spec.nodeSelector) errors.push(...validateLabels(spec.nodeSelector, at.child('nodeSelector')));
  addPodSecurity(errors, spec, at);
  addAffinity(errors, spec.affinity, at.child('affinity'));
  addGates(errors, spec, at);
  addSpreading(errors, spec.topologySpreadConstraints, at.child('topologySpreadConstraints'));
  addHostProcess(errors, spec, at);
  addHostUsers(errors, spec, at);
  addHostNames(errors, spec, at);
  addTolerations(errors, spec.tolerations, at.child('tolerations'));
  addRest(errors, spec, at);
  addOperatingSystem(errors, spec, at);
  addFileKeyVolumes(errors, spec, at);
  return errors;
}

function addRest(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  for (const field of ['serviceAccountName', 'nodeName', 'priorityClassName'] as const) {
    const name = spec[field];
    if (name) addReasons(errors, isDns1123Subdomain(name), name, at, field);
  }
  const { runtimeClassName, preemptionPolicy, activeDeadlineSeconds: deadline, overhead } = spec;
  if (runtimeClassName != null)
    addReasons(errors, isDns1123Subdomain(runtimeClassName), runtimeClassName, at, 'runtimeClassName');
  if (deadline != null && (deadline < 1 || deadline > MAX_INT32)) {
    errors.push(invalid(at.child('activeDeadlineSeconds'), deadline, rangeError(1, MAX_INT32)));
  }
  if ((preemptionPolicy as string) === '') errors.push(required(at.child('preemptionPolicy')));
  else if (preemptionPolicy && !PREEMPTION_POLICIES.includes(preemptionPolicy)) {
    errors.push(notSupported(at.child('preemptionPolicy'), preemptionPolicy, PREEMPTION_POLICIES));
  }
  if (overhead) addResources(errors, { limits: overhead }, NONE, at.child('overhead'));
}

/** An environment can be read from a file of an empty volume only: an init container has written it there. */
function addFileKeyVolumes(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  visitContainers(spec, at, (container, here) =>
    container.env?.forEach(({ valueFrom }, i) => {
      if (!valueFrom?.fileKeyRef) return;
      const { volumeName = '' } = valueFrom.fileKeyRef;
      const volume = spec.volumes?.findLast((v) => v.name === volumeName);
      if (volume?.emptyDir) return;
      const named = here.child('env').index(i).child('valueFrom', 'fileKeyRef', 'volumeName');
      errors.push(
        volume
          ? invalid(named, volumeName, 'referenced volume must be of type emptyDir')
          : notFoundValue(named, volumeName),
      );
    }),
  );
}
