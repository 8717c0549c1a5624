import { isDeepStrictEqual } from 'node:util';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import { compareQuantity, parseQuantity } from '../../meta/quantity.ts';
import type { Strategy } from '../kind.ts';
import { quantityErrors } from '../validation/resources.ts';
import { validateImmutable } from '../validation/values.ts';
import { withStatus } from './status-split.ts';

/** Volumes and their claims, and limits (core/v1). */
type Errors = FieldError[];
const SPEC = Path.root('spec');
const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const POLICIES = ['Delete', 'Recycle', 'Retain'];

function accessModes(modes: string[] | undefined): Errors {
  const at = SPEC.child('accessModes');
  if (!modes?.length) return [required(at, 'at least 1 access mode is required')];
  const errors: Errors = modes.filter((m) => !MODES.includes(m)).map((m) => notSupported(at, m, MODES));
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) errors.push(forbidden(at, 'may not use ReadWriteOncePod with other access modes'));
  return errors;
}

export const persistentVolumeClaimStrategy: Strategy = withStatus({
  defaults({ spec }) {
    if (spec) spec.volumeMode ??= 'Filesystem';
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
  },
  validate({ spec }) {
    const errors = accessModes(spec?.accessModes);
    const storage = spec?.resources?.requests?.storage;
    if (storage === undefined) errors.push(required(SPEC.child('resources').key('storage')));
    else {
      errors.push(...quantityErrors(storage, SPEC.child('resources').key('storage'), 'storage'));
      if (parseQuantity(String(storage)).nano === 0n) errors.push(invalid(SPEC.child('resources').key('storage'), String(storage), 'must be greater than zero'));
    }
    return errors;
  },
  validateUpdate(object, old) {
    const rest = (spec: Record<string, unknown>) => ({ ...spec, resources: undefined, volumeName: old.spec?.volumeName ? spec.volumeName : undefined, volumeAttributesClassName: undefined });
    if (!isDeepStrictEqual(rest(object.spec), rest(old.spec)))
      return [forbidden(SPEC, 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims')];
    const [now, before] = [object, old].map((o) => parseQuantity(String(o.spec?.resources?.requests?.storage ?? '0')));
    return compareQuantity(now, before) < 0 ? [forbidden(SPEC.child('resources', 'requests', 'storage'), 'field can not be less than status.capacity')] : [];
  },
  generation: false,
});

/** Everything in a volume's spec that is no source. */
const NO_SOURCE = new Set(['capacity', 'accessModes', 'claimRef', 'persistentVolumeReclaimPolicy', 'storageClassName', 'mountOptions', 'volumeMode', 'nodeAffinity', 'volumeAttributesClassName']);
const SOURCES = [
  'hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd', 'quobyte', 'cephfs', 'iscsi', 'cinder', 'fc',
  'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'scaleIO', 'local', 'storageos', 'csi',
];
const sourcesOf = (spec: Record<string, unknown>) => SOURCES.filter((key) => spec[key] !== undefined);

export const persistentVolumeStrategy: Strategy = withStatus({
  defaults({ spec }) {
    if (!spec) return;
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default';
  },
  prepareForCreate(object, ctx) {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: ctx.now };
  },
  validate({ spec }) {
    const errors = accessModes(spec?.accessModes);
    if (!Object.keys(spec?.capacity ?? {}).length) errors.push(required(SPEC.child('capacity')));
    else if (spec.capacity.storage === undefined || Object.keys(spec.capacity).length > 1) errors.push(notSupported(SPEC.child('capacity'), spec.capacity, ['storage']));
    else errors.push(...quantityErrors(spec.capacity.storage, SPEC.child('capacity').key('storage'), 'storage'));
    if (!POLICIES.includes(spec?.persistentVolumeReclaimPolicy)) errors.push(notSupported(SPEC.child('persistentVolumeReclaimPolicy'), spec?.persistentVolumeReclaimPolicy ?? '', POLICIES));
    const sources = sourcesOf(spec ?? {});
    if (sources.length === 0) errors.push(required(SPEC, 'must specify a volume type'));
    for (const source of sources.slice(1)) errors.push(forbidden(SPEC.child(source), 'may not specify more than 1 volume type'));
    if (spec?.local && !spec.nodeAffinity) errors.push(required(SPEC.child('nodeAffinity'), 'Local volume requires node affinity'));
    return errors;
  },
  validateUpdate(object, old) {
    const source = (spec: Record<string, unknown>) => Object.fromEntries(Object.entries(spec).filter(([key]) => !NO_SOURCE.has(key)));
    const errors: Errors = isDeepStrictEqual(source(object.spec), source(old.spec)) ? [] : [forbidden(SPEC.child('persistentvolumesource'), 'spec.persistentvolumesource is immutable after creation')];
    return [...errors, ...validateImmutable(object.spec?.volumeMode, old.spec?.volumeMode, SPEC.child('volumeMode'))];
  },
  generation: false,
});

interface Limit {
  type?: string;
  min?: Record<string, string>;
  max?: Record<string, string>;
  default?: Record<string, string>;
  defaultRequest?: Record<string, string>;
}

/** For a container: no default limit is the max, no default request is the default limit, else the min (SetDefaults_LimitRangeItem). */
export const limitRangeStrategy: Strategy = {
  generation: false,
  defaults({ spec }) {
    for (const limit of (spec?.limits ?? []) as Limit[]) {
      if (limit.type !== 'Container') continue;
      limit.default = { ...limit.max, ...limit.default };
      limit.defaultRequest = { ...limit.min, ...limit.default, ...limit.defaultRequest };
    }
  },
  validate: ({ spec }) => ((spec?.limits ?? []) as Limit[]).flatMap((limit, i) => limitErrors(limit, SPEC.child('limits').index(i))),
};

function limitErrors(limit: Limit, at: Path): Errors {
  const errors: Errors = [];
  const over = (a: string | undefined, b: string | undefined) => a !== undefined && b !== undefined && compareQuantity(parseQuantity(a), parseQuantity(b)) > 0;
  for (const key of new Set([limit.min, limit.max, limit.default, limit.defaultRequest].flatMap((m) => Object.keys(m ?? {})))) {
    const [min, max, def, req] = [limit.min?.[key], limit.max?.[key], limit.default?.[key], limit.defaultRequest?.[key]];
    if (over(min, max)) errors.push(invalid(at.child('min').key(key), min, `min value ${min} is greater than max value ${max}`));
    if (over(min, req)) errors.push(invalid(at.child('defaultRequest').key(key), req, `min value ${min} is greater than default request value ${req}`));
    if (over(req, max)) errors.push(invalid(at.child('defaultRequest').key(key), req, `default request value ${req} is greater than max value ${max}`));
    if (over(req, def)) errors.push(invalid(at.child('defaultRequest').key(key), req, `default request value ${req} is greater than default limit value ${def}`));
    if (over(min, def)) errors.push(invalid(at.child('default').key(key), min, `min value ${min} is greater than default value ${def}`));
    if (over(def, max)) errors.push(invalid(at.child('default').key(key), def, `default value ${def} is greater than max value ${max}`));
  }
  return errors;
}
