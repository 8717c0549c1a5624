import type { PodSpec, Toleration, Volume } from '../../../../schema/types.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../../meta/names.ts';
import { validateContainer } from './validate-container.ts';

type Errors = FieldError[];
const each = (at: Path, value: unknown, messages: string[]): Errors => messages.map((m) => invalid(at, value, m));
const RESTART = ['Always', 'OnFailure', 'Never'];
const DNS = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];

/** core/v1 ValidatePodSpec, for pods and for templates. */
export function validatePodSpec(spec: PodSpec | undefined, at: Path): Errors {
  if (!spec) return [required(at.child('containers'))];
  const errors: Errors = [];
  const volumes = new Set<string>();
  (spec.volumes ?? []).forEach((volume, i) => errors.push(...validateVolume(volume, at.child('volumes').index(i), volumes)));
  const names = new Set<string>();
  if (!spec.containers?.length) errors.push(required(at.child('containers')));
  for (const kind of ['containers', 'initContainers', 'ephemeralContainers'] as const)
    (spec[kind] ?? []).forEach((container, i) =>
      errors.push(...validateContainer(container as never, at.child(kind).index(i), { volumes, names, kind })),
    );
  if (!spec.restartPolicy) errors.push(required(at.child('restartPolicy')));
  else if (!RESTART.includes(spec.restartPolicy)) errors.push(notSupported(at.child('restartPolicy'), spec.restartPolicy, RESTART));
  if (!spec.dnsPolicy) errors.push(required(at.child('dnsPolicy')));
  else if (!DNS.includes(spec.dnsPolicy)) errors.push(notSupported(at.child('dnsPolicy'), spec.dnsPolicy, DNS));
  if (spec.dnsPolicy === 'None' && !spec.dnsConfig?.nameservers?.length)
    errors.push(
      spec.dnsConfig
        ? required(at.child('dnsConfig', 'nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None')
        : required(at.child('dnsConfig'), 'must provide `dnsConfig` when `dnsPolicy` is None'),
    );
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    errors.push(...each(at.child('nodeSelector'), key, isQualifiedName(key)));
    errors.push(...each(at.child('nodeSelector'), value, isLabelValue(value)));
  }
  for (const field of ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const)
    if (spec[field]) errors.push(...each(at.child(field), spec[field], isDns1123Subdomain(spec[field])));
  for (const field of ['hostname', 'subdomain'] as const)
    if (spec[field]) errors.push(...each(at.child(field), spec[field], isDns1123Label(spec[field])));
  if (spec.activeDeadlineSeconds !== undefined && (spec.activeDeadlineSeconds < 1 || spec.activeDeadlineSeconds > 2147483647))
    errors.push(invalid(at.child('activeDeadlineSeconds'), spec.activeDeadlineSeconds, 'must be between 1 and 2147483647, inclusive'));
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    errors.push(invalid(at.child('terminationGracePeriodSeconds'), spec.terminationGracePeriodSeconds, 'must be greater than or equal to 0'));
  if (spec.hostNetwork) errors.push(...hostPorts(spec, at));
  (spec.tolerations ?? []).forEach((t, i) => errors.push(...toleration(t, at.child('tolerations').index(i))));
  (spec.imagePullSecrets ?? []).forEach((s, i) => !s.name && errors.push(required(at.child('imagePullSecrets').index(i).child('name'))));
  errors.push(...gates(spec, at), ...spreading(spec, at));
  return errors;
}

function hostPorts(spec: PodSpec, at: Path): Errors {
  const errors: Errors = [];
  for (const kind of ['containers', 'initContainers'] as const)
    (spec[kind] ?? []).forEach((container, i) =>
      (container.ports ?? []).forEach((port, j) => {
        if (port.hostPort !== port.containerPort)
          errors.push(invalid(at.child(kind).index(i).child('ports').index(j).child('hostPort'), port.hostPort ?? 0, 'must match `containerPort` when `hostNetwork` is true'));
      }),
    );
  return errors;
}

function validateVolume(volume: Volume, at: Path, names: Set<string>): Errors {
  const errors: Errors = [];
  if (!volume.name) errors.push(required(at.child('name')));
  else {
    errors.push(...each(at.child('name'), volume.name, isDns1123Label(volume.name)));
    if (names.has(volume.name)) errors.push(duplicate(at.child('name'), volume.name));
    names.add(volume.name);
  }
  const sources = VOLUME_ORDER.filter((key) => volume[key as keyof Volume] !== undefined);
  sources.slice(1).forEach((source) => errors.push(forbidden(at.child(source), 'may not specify more than 1 volume type')));
  if (sources.length === 0) errors.push(required(at, 'must specify a volume type'));
  if (volume.secret && !volume.secret.secretName) errors.push(required(at.child('secret', 'secretName')));
  if (volume.configMap && !volume.configMap.name) errors.push(required(at.child('configMap', 'name')));
  if (volume.hostPath && !volume.hostPath.path) errors.push(required(at.child('hostPath', 'path')));
  if (volume.hostPath?.path?.split('/').includes('..')) errors.push(invalid(at.child('hostPath', 'path'), volume.hostPath.path, "must not contain '..'"));
  if (volume.persistentVolumeClaim && !volume.persistentVolumeClaim.claimName) errors.push(required(at.child('persistentVolumeClaim', 'claimName')));
  if (volume.nfs) {
    if (!volume.nfs.server) errors.push(required(at.child('nfs', 'server')));
    if (!volume.nfs.path) errors.push(required(at.child('nfs', 'path')));
    else if (!volume.nfs.path.startsWith('/')) errors.push(invalid(at.child('nfs', 'path'), volume.nfs.path, 'must be an absolute path'));
  }
  for (const kind of ['secret', 'configMap', 'downwardAPI', 'projected'] as const) {
    const mode = volume[kind]?.defaultMode;
    if (mode !== undefined && (mode < 0 || mode > 0o777))
      errors.push(invalid(at.child(kind, 'defaultMode'), mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
  }
  return errors;
}

/** The order in which the API server looks at the sources: the second one found is the forbidden one. */
const VOLUME_ORDER = [
  'emptyDir', 'hostPath', 'gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore', 'secret', 'nfs', 'iscsi', 'glusterfs', 'flocker',
  'persistentVolumeClaim', 'rbd', 'cinder', 'cephfs', 'quobyte', 'downwardAPI', 'fc', 'configMap', 'azureFile', 'vsphereVolume',
  'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'storageos', 'projected', 'scaleIO', 'csi', 'ephemeral', 'image',
];

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function toleration(t: Toleration, at: Path): Errors {
  const errors: Errors = [];
  if (t.key) errors.push(...each(at.child('key'), t.key, isQualifiedName(t.key)));
  else if (t.operator !== 'Exists') errors.push(invalid(at.child('operator'), t.operator ?? '', 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
  if (t.tolerationSeconds !== undefined && t.effect !== 'NoExecute')
    errors.push(invalid(at.child('effect'), t.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (!t.operator || t.operator === 'Equal') errors.push(...each(at.child('operator'), t.value, isLabelValue(t.value ?? '')));
  else if (t.operator === 'Exists') {
    if (t.value) errors.push(invalid(at.child('operator'), { ...t }, 'value must be empty when `operator` is \'Exists\''));
  } else errors.push(notSupported(at.child('operator'), t.operator, ['Equal', 'Exists']));
  if (t.effect && !EFFECTS.includes(t.effect)) errors.push(notSupported(at.child('effect'), t.effect, EFFECTS));
  return errors;
}

function gates(spec: PodSpec, at: Path): Errors {
  const errors: Errors = [];
  const seen = new Set<string>();
  (spec.schedulingGates ?? []).forEach((gate, i) => {
    const here = at.child('schedulingGates').index(i);
    errors.push(...each(here, gate.name ?? '', isQualifiedName(gate.name ?? '')));
    if (seen.has(gate.name)) errors.push(duplicate(here, gate.name));
    seen.add(gate.name);
  });
  return errors;
}

function spreading(spec: PodSpec, at: Path): Errors {
  const errors: Errors = [];
  (spec.topologySpreadConstraints ?? []).forEach((constraint, i) => {
    const here = at.child('topologySpreadConstraints').index(i);
    if (constraint.maxSkew <= 0) errors.push(invalid(here.child('maxSkew'), constraint.maxSkew, 'must be greater than zero'));
    if (!constraint.topologyKey) errors.push(required(here.child('topologyKey'), 'can not be empty'));
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(constraint.whenUnsatisfiable))
      errors.push(notSupported(here.child('whenUnsatisfiable'), constraint.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    if (constraint.minDomains !== undefined) {
      if (constraint.minDomains <= 0) errors.push(invalid(here.child('minDomains'), constraint.minDomains, 'must be greater than 0'));
      if (constraint.whenUnsatisfiable !== 'DoNotSchedule')
        errors.push(invalid(here.child('minDomains'), constraint.minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${constraint.whenUnsatisfiable}`));
    }
  });
  return errors;
}
