import type { NodeSelectorTerm, PersistentVolume, PersistentVolumeSpec } from '../../../../schema/types.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { nodeSelectorTermWarnings, validateNodeSelector } from '../../validation/node-selector.ts';
import { validateBasicQuantity, validatePositiveQuantity } from '../../validation/resources.ts';
import { IMMUTABLE, semanticallyEqual, validateImmutable } from '../../validation/values.ts';
import { formDiff } from '../../internal-diff.ts';
import { internalValue } from '../../internal-value.ts';
import { statusSubresource, withStatus } from '../status-split.ts';
import { validateAccessModes, VOLUME_MODES } from './access-modes.ts';
import { validateVolumeSource } from './volume-sources.ts';
import { since, UNSET } from '../../cells.ts';
import { accessModesCell, classCell, phaseCell } from './volume-cells.ts';

type Errors = FieldError[];
type Volume = Unchecked<PersistentVolume>;
type Spec = Parts<PersistentVolumeSpec>;
const SPEC = Path.root('spec');
const POLICIES = ['Delete', 'Recycle', 'Retain'];
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';

/** Go's order of the sources, in which they are printed. */
const PRINTED = [
  'GCEPersistentDisk',
  'AWSElasticBlockStore',
  'HostPath',
  'Glusterfs',
  'NFS',
  'RBD',
  'Quobyte',
  'ISCSI',
  'FlexVolume',
  'Cinder',
  'CephFS',
  'FC',
  'Flocker',
  'AzureFile',
  'VsphereVolume',
  'AzureDisk',
  'PhotonPersistentDisk',
  'PortworxVolume',
  'ScaleIO',
  'Local',
  'StorageOS',
  'CSI',
];
/** Whose mount options may be an annotation. */
const MOUNTABLE = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'portworxVolume',
] as const;
/** Sources that no kubelet mounts any more, by the field's name in the warning. */
const GONE: readonly (readonly [field: keyof PersistentVolumeSpec, said: string, shown?: string])[] = [
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+', 'storageOS'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

function capacity(amounts: Record<string, string> | undefined, at: Path): Errors {
  const names = Object.keys(amounts ?? {});
  const errors: Errors = names.length ? [] : [required(at)];
  if (names.length !== 1 || names[0] !== 'storage') errors.push(notSupported(at, amounts ?? null, ['storage']));
  for (const name of names)
    errors.push(
      ...validateBasicQuantity(amounts![name]!, at.key(name)),
      ...validatePositiveQuantity(amounts![name]!, at.key(name)),
    );
  return errors;
}

const className = (value: string, at: Path): Errors =>
  dnsSubdomainName(value, false).map((why) => invalid(at, value, why));

/** The whole path is the root: `/`, `//`, `/./`, `/a/..`. */
const isRoot = (path: string): boolean => {
  const parts: string[] = [];
  for (const part of path.split('/'))
    if (part === '..') parts.pop();
    else if (part && part !== '.') parts.push(part);
  return path.startsWith('/') && parts.length === 0;
};

function attributesClass(spec: Spec): Errors {
  const name = spec.volumeAttributesClassName;
  if (name === undefined || name === null) return [];
  const at = SPEC.child('volumeAttributesClassName');
  const errors = name ? className(name, at) : [required(at, 'an empty string is disallowed')];
  return spec.csi
    ? errors
    : [...errors, required(SPEC.child('csi'), 'has to be specified when using volumeAttributesClassName')];
}

function nodeAffinity({ nodeAffinity: affinity }: Spec): Errors {
  if (!affinity) return [];
  const at = SPEC.child('nodeAffinity', 'required');
  return affinity.required
    ? validateNodeSelector(affinity.required, at)
    : [required(at, 'must specify required node constraints')];
}

/** ValidatePersistentVolumeSpec */
function validateSpec(spec: Spec, name: string): Errors {
  const { persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  const policyAt = SPEC.child('persistentVolumeReclaimPolicy');
  const errors = [
    ...validateAccessModes(spec.accessModes, SPEC.child('accessModes')),
    ...capacity(spec.capacity, SPEC.child('capacity')),
  ];
  if (policy && !POLICIES.includes(policy)) errors.push(notSupported(policyAt, policy, POLICIES));
  errors.push(...nodeAffinity(spec), ...validateVolumeSource(spec, name, SPEC));
  if (spec.local && !spec.nodeAffinity)
    errors.push(required(SPEC.child('nodeAffinity'), 'Local volume requires node affinity'));
  if (spec.hostPath && isRoot(spec.hostPath.path ?? '') && policy === 'Recycle') {
    errors.push(forbidden(policyAt, "may not be 'recycle' for a hostPath mount of '/'"));
  }
  if (spec.storageClassName) errors.push(...className(spec.storageClassName, SPEC.child('storageClassName')));
  if (volumeMode && !VOLUME_MODES.includes(volumeMode))
    errors.push(notSupported(SPEC.child('volumeMode'), volumeMode, VOLUME_MODES));
  return [...errors, ...attributesClass(spec)];
}

/** Mount options are a field; as an annotation only the volumes that had it before may have them. */
const mountOptions = ({ metadata, spec }: Volume): Errors =>
  metadata.annotations?.[MOUNT_OPTIONS] === undefined || MOUNTABLE.some((field) => spec?.[field])
    ? []
    : [
        forbidden(
          Path.root('metadata').child('annotations', MOUNT_OPTIONS),
          'may not specify mount options for this volume type',
        ),
      ];

const validateSpecOf = ({ spec = {}, metadata }: Volume): Errors => validateSpec(spec, metadata.name);

function sourceForm(spec: Spec): Record<string, unknown> {
  const form = internalValue('PersistentVolumeSpec', spec);
  return Object.fromEntries(PRINTED.map((field) => [field, form[field] ?? null]));
}

/** The source stays; only the secret that a CSI driver needs to expand may come later. */
function immutableSource(spec: Spec, old: Spec): Errors {
  const late = old.csi && !old.csi.controllerExpandSecretRef && spec.csi?.controllerExpandSecretRef;
  const { controllerExpandSecretRef: _, ...csi } = spec.csi ?? {};
  const [now, before] = [sourceForm(late ? { ...spec, csi } : spec), sourceForm(old)];
  if (semanticallyEqual(now, before)) return [];
  return [
    forbidden(
      SPEC.child('persistentvolumesource'),
      `spec.persistentvolumesource is immutable after creation\n${formDiff(before, now)}`,
    ),
  ];
}

const GA_LABELS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

/** Affinity may come, and its labels may get their newer names; nothing else. */
function immutableAffinity(spec: Spec, old: Spec): Errors {
  if (!old.nodeAffinity) return [];
  const terms = (of: Spec): Parts<NodeSelectorTerm>[] => of.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const renamed = terms(old).map((term, i) => ({
    ...term,
    matchExpressions: term.matchExpressions?.map((one, j) => {
      const key = terms(spec)[i]?.matchExpressions?.[j]?.key ?? one.key;
      return GA_LABELS[one.key ?? ''] === key ? { ...one, key } : one;
    }),
  }));
  if (spec.nodeAffinity && semanticallyEqual(terms(spec), renamed)) return [];
  const shown = spec.nodeAffinity ? internalValue('VolumeNodeAffinity', spec.nodeAffinity) : null;
  return [invalid('nodeAffinity', shown, `${IMMUTABLE}, except for updating from beta label to GA`)];
}

function validateUpdate(object: Volume, old: Volume): Errors {
  const [spec, before] = [object.spec ?? {}, old.spec ?? {}];
  const lost = before.volumeAttributesClassName != null && spec.volumeAttributesClassName == null;
  return [
    // the whole is checked twice: once for itself and once as a part of the update
    ...validateSpecOf(object),
    ...immutableSource(spec, before),
    ...validateImmutable(spec.volumeMode, before.volumeMode, Path.root('volumeMode')),
    ...immutableAffinity(spec, before),
    ...(lost
      ? [forbidden(SPEC.child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden')]
      : []),
  ];
}

const RECYCLE =
  'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.';

function warnings({ metadata, spec = {} }: Volume): string[] {
  const says: string[] = [];
  const annotation = (name: string, said: string): void => {
    if (metadata.annotations?.[name] !== undefined) says.push(`metadata.annotations[${name}]: ${said}`);
  };
  annotation(BETA_CLASS, 'deprecated since v1.8; use "storageClassName" attribute instead');
  annotation(MOUNT_OPTIONS, 'deprecated since v1.31; use "mountOptions" attribute instead');
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') says.push(RECYCLE);
  const terms = SPEC.child('nodeAffinity', 'required', 'nodeSelectorTerms');
  spec.nodeAffinity?.required?.nodeSelectorTerms?.forEach((term, i) =>
    says.push(...nodeSelectorTermWarnings(term, terms.index(i), false)),
  );
  for (const [field, said, shown = field] of GONE) if (spec[field]) says.push(`${SPEC.child(shown)}: ${said}`);
  return says;
}

/** A volume's new phase has a time: the client's, if it says a new one. */
function noteTransition(object: Volume, old: Volume, now: string): void {
  const [status, before] = [{ ...object.status }, old.status ?? {}];
  const at = status.lastPhaseTransitionTime;
  const was = before.lastPhaseTransitionTime;
  if (status.phase !== before.phase) status.lastPhaseTransitionTime = at && at !== was ? at : now;
  else if (at === undefined && was !== undefined) status.lastPhaseTransitionTime = was;
  object.status = status;
}

export const persistentVolumeStrategy: Strategy<PersistentVolume> = withStatus<PersistentVolume>({
  metadata: { whole: 2, update: false },
  defaults(object) {
    if (object.status) object.status.phase ||= 'Pending';
    const spec = (object.spec ??= {});
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    if (spec.azureDisk) spec.azureDisk.readOnly ??= false;
  },
  prepareForCreate(object, ctx) {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: ctx.now };
  },
  validate: (object) => [...validateSpecOf(object), ...mountOptions(object)],
  validateUpdate,
  subresources: {
    status: {
      prepareForUpdate(object, old, ctx) {
        statusSubresource.prepareForUpdate(object, old);
        noteTransition(object, old, ctx.now);
      },
    },
  },
  warnings,
  generation: false,
  relations: [
    {
      field: 'claim',
      to: ['persistentvolumeclaims'],
      form: 'reference',
      references: ({ spec }) => (spec?.claimRef ? [{ ...spec.claimRef, kind: 'PersistentVolumeClaim' }] : []),
    },
    {
      field: 'storageClass',
      to: 'storageclasses.storage.k8s.io',
      back: 'volumes',
      form: 'name',
      name: ({ spec }) => spec?.storageClassName,
    },
  ],
  cells,
  returnsDeleted: true,
});

function cells({ metadata, spec, status }: Unchecked<PersistentVolume>, now: number): Cell[] {
  return [
    metadata.name,
    spec?.capacity?.['storage'] ?? '0',
    accessModesCell(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    phaseCell(metadata, status?.phase),
    spec?.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
    classCell(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? UNSET,
    status?.reason ?? '',
    since(metadata.creationTimestamp, now),
    spec?.volumeMode ?? UNSET,
  ];
}
