import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  TypedObjectReference,
} from '../../../../schema/types.ts';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1123Subdomain, isQualifiedName } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { canonicalQuantity, compareQuantity, parseQuantity, zeroQuantity } from '../../../meta/quantity.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { dnsLabelName, dnsSubdomainName } from '../../validation/names.ts';
import {
  isNativeResource,
  quantityErrors,
  validateBasicQuantity,
  validatePositiveQuantity,
} from '../../validation/resources.ts';
import { IMMUTABLE, semanticallyEqual, validateImmutable } from '../../validation/values.ts';
import { internalDiff } from '../../internal-diff.ts';
import { statusWith, withStatus } from '../status-split.ts';
import { validateAccessModes, VOLUME_MODES } from './access-modes.ts';
import { since, UNSET } from '../../cells.ts';
import { accessModesCell, classCell, phaseCell } from './volume-cells.ts';

type Errors = FieldError[];
type Claim = Unchecked<PersistentVolumeClaim>;
type Spec = Parts<PersistentVolumeClaimSpec>;
const SPEC = Path.root('spec');
const STATUS = Path.root('status');
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

const className = (value: string | null | undefined, at: Path): Errors =>
  value ? dnsSubdomainName(value, false).map((why) => invalid(at, value, why)) : [];

function validateSource(source: Parts<TypedObjectReference>, at: Path, anyGroup: boolean): Errors {
  const { name, kind = '', apiGroup, namespace } = source;
  const errors: Errors = [];
  if (!name) errors.push(required(at.child('name')));
  if (!kind) errors.push(required(at.child('kind')));
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    errors.push(invalid(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"));
  if (apiGroup && !anyGroup)
    errors.push(...isDns1123Subdomain(apiGroup).map((why) => invalid(at.child('apiGroup'), apiGroup, why)));
  if (namespace)
    errors.push(...dnsLabelName(namespace, false).map((why) => invalid(at.child('namespace'), namespace, why)));
  return errors;
}

/** dataSource and dataSourceRef say the same, the newer one more (KEP-1495). */
function sources({ dataSource, dataSourceRef: ref }: Spec, at: Path, anyGroup: boolean): Errors {
  const errors: Errors = [];
  if (dataSource) errors.push(...validateSource(dataSource, at.child('dataSource'), anyGroup));
  if (ref) errors.push(...validateSource(ref, at.child('dataSourceRef'), anyGroup));
  if (!dataSource || !ref) return errors;
  // the server prints a path here, of which nothing can be seen
  if (ref.namespace)
    return [...errors, invalid(at, {}, 'may not be specified when dataSourceRef.namespace is specified')];
  const same =
    (dataSource.apiGroup ?? null) === (ref.apiGroup ?? null) &&
    dataSource.kind === ref.kind &&
    dataSource.name === ref.name;
  return same ? errors : [...errors, invalid(at, {}, 'must match dataSourceRef')];
}

function storage(spec: Spec, at: Path): Errors {
  const asked = spec.resources?.requests?.['storage'];
  if (asked === undefined) return [required(at)];
  const errors = validatePositiveQuantity(asked, at);
  return errors.length ? errors : quantityErrors(asked, at, 'storage');
}

/**
 * Rules of a claim's spec; also of those that StatefulSets and pods make claims of.
 * @param anyGroup the old object names an API group: it may keep a bad one
 */
export function validateClaimSpec(spec: Spec, at: Path, anyGroup = false): Errors {
  const errors = validateAccessModes(spec.accessModes, at.child('accessModes'), 'at least 1 access mode is required');
  errors.push(...validateLabelSelector(spec.selector, at.child('selector')));
  errors.push(
    ...storage(spec, at.child('resources').key('storage')),
    ...className(spec.storageClassName, at.child('storageClassName')),
  );
  const { volumeMode } = spec;
  if (volumeMode != null && !VOLUME_MODES.includes(volumeMode))
    errors.push(notSupported(at.child('volumeMode'), volumeMode, VOLUME_MODES));
  return [
    ...errors,
    ...sources(spec, at, anyGroup),
    ...className(spec.volumeAttributesClassName, at.child('volumeAttributesClassName')),
  ];
}

/** Only claims and snapshots may be a dataSource; other values are ignored, unless the newer field is there. */
function dropForeignSource(spec: Spec, old: Spec | undefined): void {
  if (old?.dataSource || old?.dataSourceRef) return;
  if (spec.dataSourceRef?.namespace) delete spec.dataSourceRef;
  const { dataSource } = spec;
  if (spec.dataSourceRef || !dataSource) return;
  const claim = dataSource.kind === 'PersistentVolumeClaim' && !dataSource.apiGroup;
  if (!claim && !(dataSource.kind === 'VolumeSnapshot' && dataSource.apiGroup === 'snapshot.storage.k8s.io'))
    delete spec.dataSource;
}

function normalizeSources(spec: Spec): void {
  const { dataSource, dataSourceRef: ref } = spec;
  const copy = ({ apiGroup, kind = '', name = '' }: Parts<TypedObjectReference>) => ({
    ...(apiGroup != null && { apiGroup }),
    kind,
    name,
  });
  if (dataSource && !ref) spec.dataSourceRef = copy(dataSource);
  else if (ref && !dataSource && !ref.namespace) spec.dataSource = copy(ref);
}

function prepareSpec({ spec }: Claim, old: Spec | undefined): void {
  if (!spec) return;
  dropForeignSource(spec, old);
  normalizeSources(spec);
}

const size = (spec: Spec | undefined): string => spec?.resources?.requests?.['storage'] ?? '0';

/** What an update may change: the volume once, and while it is bound its size and its attributes. */
function comparable(object: Claim, old: Claim): [now: Spec, before: Spec] {
  const now: Spec = { ...object.spec };
  const before: Spec = { ...old.spec };
  if (!before.volumeName && now.volumeName !== undefined) before.volumeName = now.volumeName;
  const beta = old.metadata.annotations?.[BETA_CLASS];
  // the class may move from the annotation to the field, or be set late
  const late =
    before.storageClassName == null &&
    now.storageClassName != null &&
    (beta === undefined || beta === now.storageClassName);
  if (late) delete now.storageClassName;
  if (object.status?.phase !== 'Bound') return [now, before];
  const requests = before.resources?.requests;
  if (now.resources?.requests)
    now.resources = {
      ...now.resources,
      requests: { ...now.resources.requests, storage: requests?.['storage'] ?? '0' },
    };
  if (now.volumeAttributesClassName != null) {
    if (before.volumeAttributesClassName === undefined) delete now.volumeAttributesClassName;
    else now.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  return [now, before];
}

const IMMUTABLE_SPEC =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

function resized(spec: Spec, old: Claim): Errors {
  const quantity = (text: string | undefined) => (text ? parseQuantity(text) : zeroQuantity);
  const now = quantity(size(spec));
  const real = quantity(old.status?.capacity?.['storage']);
  const less = compareQuantity(now, quantity(size(old.spec))) < 0 && compareQuantity(now, real) <= 0;
  return less
    ? [forbidden(SPEC.child('resources', 'requests', 'storage'), 'field can not be less than status.capacity')]
    : [];
}

function attributes(spec: Spec, old: Spec): Errors {
  if (old.volumeAttributesClassName == null || spec.volumeAttributesClassName) return [];
  const what = spec.volumeAttributesClassName == null ? 'nil' : 'an empty string';
  return [forbidden(SPEC.child('volumeAttributesClassName'), `update from non-nil value to ${what} is forbidden`)];
}

function immutableClass(object: Claim, old: Claim): Errors {
  const [now, before] = [object, old].map((one) => one.metadata.annotations?.[BETA_CLASS]);
  const toField =
    before !== undefined && old.spec?.storageClassName == null && object.spec?.storageClassName === before;
  const moved = toField && (now === undefined || now === before);
  return moved || (now ?? '') === (before ?? '')
    ? []
    : [invalid(`metadata.annotations.${BETA_CLASS}`, now ?? '', IMMUTABLE)];
}

function validateUpdate(object: Claim, old: Claim): Errors {
  const [spec, before] = [object.spec ?? {}, old.spec ?? {}];
  const [now, was] = comparable(object, old);
  return [
    ...validateClaimSpec(spec, SPEC, hasGroup(before)),
    ...immutableClass(object, old),
    ...(semanticallyEqual(now, was)
      ? []
      : [forbidden(SPEC, `${IMMUTABLE_SPEC}\n${internalDiff('PersistentVolumeClaimSpec', was, now)}`)]),
    ...resized(spec, old),
    ...validateImmutable(spec.volumeMode, before.volumeMode, Path.root('volumeMode')),
    ...attributes(spec, before),
  ];
}

const hasGroup = (spec: Spec): boolean => spec.dataSource?.apiGroup != null || spec.dataSourceRef?.apiGroup != null;

const RESIZES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort();

function resourceKey(name: string, at: Path): Errors {
  const errors = isQualifiedName(name).map((why) => invalid(at, name, why));
  return errors.length || !isNativeResource(name) || name === 'storage'
    ? errors
    : [notSupported(at, name, ['storage'])];
}

function validateStatus({ spec, status = {} }: Claim): Errors {
  const errors: Errors = spec?.accessModes?.length ? [] : [required(Path.root('Spec').child('accessModes'))];
  for (const [name, amount] of Object.entries(status.capacity ?? {}))
    errors.push(...validateBasicQuantity(amount, STATUS.child('capacity').key(name)));
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    const at = STATUS.child('allocatedResourceStatus');
    errors.push(...resourceKey(name, at), ...(RESIZES.includes(state) ? [] : [notSupported(at, name, RESIZES)]));
  }
  for (const [name, amount] of Object.entries(status.allocatedResources ?? {})) {
    const at = STATUS.child('allocatedResources');
    const key = resourceKey(name, at);
    const basic = key.length ? key : validateBasicQuantity(amount, at.key(name));
    errors.push(...(basic.length ? basic : quantityErrors(amount, at.key(name), 'storage')));
  }
  return errors;
}

function warnings({ metadata, spec }: Claim): string[] {
  const says: string[] = [];
  if (metadata.annotations?.[BETA_CLASS] !== undefined) {
    says.push(`metadata.annotations[${BETA_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`);
  }
  return [...says, ...claimSpecWarnings(spec, SPEC)];
}

/** Also for the claims that StatefulSets and pods make. */
export const claimSpecWarnings = (spec: Spec | undefined, at: Path): string[] =>
  (['requests', 'limits'] as const).flatMap((field) => {
    const amount = spec?.resources?.[field]?.['storage'];
    if (amount === undefined || parseQuantity(amount).nano % 1_000_000_000n === 0n) return [];
    const here = at.child('resources', field).key('storage');
    return [
      `${here}: fractional byte value ${JSON.stringify(canonicalQuantity(amount))} is invalid, must be an integer`,
    ];
  });

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = withStatus<PersistentVolumeClaim>({
  metadata: { whole: 1 },
  defaults(object) {
    if (object.status) object.status.phase ||= 'Pending';
    (object.spec ??= {}).volumeMode ??= 'Filesystem';
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' };
    prepareSpec(object, undefined);
  },
  prepareForUpdate: (object, old) => prepareSpec(object, old.spec),
  validate: ({ spec = {} }) => validateClaimSpec(spec, SPEC),
  validateUpdate,
  subresources: { status: statusWith<PersistentVolumeClaim>(validateStatus) },
  warnings,
  generation: false,
  relations: [
    { field: 'volume', to: 'persistentvolumes', form: 'name', name: ({ spec }) => spec?.volumeName },
    {
      field: 'storageClass',
      to: 'storageclasses.storage.k8s.io',
      back: 'claims',
      form: 'name',
      name: ({ spec }) => spec?.storageClassName,
    },
    {
      field: 'volumeAttributesClass',
      to: 'volumeattributesclasses.storage.k8s.io',
      back: 'claims',
      form: 'name',
      name: ({ spec }) => spec?.volumeAttributesClassName,
    },
  ],
  cells,
  returnsDeleted: true,
});

function cells({ metadata, spec, status }: Unchecked<PersistentVolumeClaim>, now: number): Cell[] {
  const bound = Boolean(spec?.volumeName);
  return [
    metadata.name,
    phaseCell(metadata, status?.phase),
    spec?.volumeName ?? '',
    bound ? (status?.capacity?.['storage'] ?? '0') : '',
    bound ? accessModesCell(status?.accessModes) : '',
    classCell(metadata, spec?.storageClassName),
    spec?.volumeAttributesClassName ?? UNSET,
    since(metadata.creationTimestamp, now),
    spec?.volumeMode ?? UNSET,
  ];
}
