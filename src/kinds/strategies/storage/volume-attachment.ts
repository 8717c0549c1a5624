import { isDeepStrictEqual } from 'node:util';
import type {
  PersistentVolumeSpec,
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentSpec,
  VolumeAttachmentStatus,
  VolumeError,
} from '../../../../schema/types.ts';
import { forbidden, invalid, Path, required, tooLong, type FieldError } from '../../../meta/field.ts';
import { rangeError } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell } from '../../kind.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { IMMUTABLE } from '../../validation/values.ts';
import { validateAccessModes } from '../core/access-modes.ts';
import { validateCsiDriverName, validateVolumeSource } from '../core/volume-sources.ts';
import { isolatedStatus, withStatus } from '../status-split.ts';
import { since } from '../../cells.ts';

const SPEC = Path.root('spec');
const STATUS = Path.root('status');
const SOURCE = SPEC.child('source');
/** bytes */
const MAX_METADATA = 256 * 1024;
const MAX_MESSAGE = 1024;

const nameErrors = (name: string, at: Path): FieldError[] =>
  dnsSubdomainName(name, false).map((why) => invalid(at, name, why));

/** What a volume inside an attachment may not have, besides the rules of every volume: it is CSI's, and nobody claims it. */
function inlineErrors(volume: Parts<PersistentVolumeSpec>, at: Path): FieldError[] {
  const context = 'in the context of inline volumes';
  const errors: FieldError[] = [];
  if (volume.claimRef) errors.push(forbidden(at.child('claimRef'), `may not be specified ${context}`));
  if (Object.keys(volume.capacity ?? {}).length)
    errors.push(forbidden(at.child('capacity'), `may not be specified ${context}`));
  if (!volume.csi) errors.push(required(at.child('csi'), `has to be specified ${context}`));
  errors.push(
    ...validateAccessModes(volume.accessModes, at.child('accessModes')),
    ...validateVolumeSource(volume, '', at),
  );
  const policy = volume.persistentVolumeReclaimPolicy ?? '';
  if (policy && policy !== 'Retain')
    errors.push(forbidden(at.child('persistentVolumeReclaimPolicy'), `may only be Retain ${context}`));
  if (volume.storageClassName) errors.push(forbidden(at.child('storageClassName'), `may not be specified ${context}`));
  if (volume.volumeMode && volume.volumeMode !== 'Filesystem') {
    errors.push(forbidden(at.child('volumeMode'), `may not specify volumeMode other than Filesystem ${context}`));
  }
  return errors;
}

function sourceErrors({
  persistentVolumeName: name,
  inlineVolumeSpec: inline,
}: Parts<VolumeAttachmentSource>): FieldError[] {
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inline && name !== undefined) return [forbidden(SOURCE, one)];
  if (inline) return inlineErrors(inline, SOURCE.child('inlineVolumeSpec'));
  if (name === undefined) return [required(SOURCE, one)];
  return name === ''
    ? [required(SOURCE.child('persistentVolumeName'), 'must specify non empty persistentVolumeName')]
    : [];
}

function specErrors({ attacher = '', nodeName = '', source = {} }: Parts<VolumeAttachmentSpec>): FieldError[] {
  return [
    ...(attacher ? [] : [required(SPEC.child('attacher'))]),
    ...sourceErrors(source),
    ...nameErrors(nodeName, SPEC.child('nodeName')),
  ];
}

/** What v1 asks of a new attachment besides. */
function newErrors({ attacher = '', source = {} }: Parts<VolumeAttachmentSpec>): FieldError[] {
  const errors = validateCsiDriverName(attacher, SPEC.child('attacher'));
  const name = source.persistentVolumeName;
  return name === undefined ? errors : [...errors, ...nameErrors(name, SOURCE.child('persistentVolumeName'))];
}

function volumeErrorErrors(error: Parts<VolumeError> | undefined, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  // the limit that is told is another one than that which is checked
  if (Buffer.byteLength(error?.message ?? '') > MAX_MESSAGE) errors.push(tooLong(at.child('message'), MAX_METADATA));
  const code = error?.errorCode;
  return code !== undefined && code < 0
    ? [...errors, invalid(at.child('errorCode'), code, rangeError(0, 2 ** 31 - 1))]
    : errors;
}

function statusErrors({ attachmentMetadata, attachError, detachError }: Parts<VolumeAttachmentStatus>): FieldError[] {
  const entries = Object.entries(attachmentMetadata ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...(size > MAX_METADATA ? [tooLong(STATUS.child('attachmentMetadata'), MAX_METADATA)] : []),
    ...volumeErrorErrors(attachError, STATUS.child('attachError')),
    ...volumeErrorErrors(detachError, STATUS.child('detachError')),
  ];
}

const errorsOf = (object: Unchecked<VolumeAttachment>): FieldError[] => [
  ...specErrors(object.spec ?? {}),
  ...statusErrors(object.status ?? {}),
];

/** The spec as Go prints the internal struct, which has no JSON names. */
const internalSpec = ({ attacher = '', nodeName = '', source = {} }: Parts<VolumeAttachmentSpec>): unknown => ({
  Attacher: attacher,
  Source: {
    PersistentVolumeName: source.persistentVolumeName ?? null,
    InlineVolumeSpec: source.inlineVolumeSpec ?? null,
  },
  NodeName: nodeName,
});

/** The whole is checked twice over. */
function changeErrors(object: Unchecked<VolumeAttachment>, old: Unchecked<VolumeAttachment>): FieldError[] {
  const same = isDeepStrictEqual(internalSpec(object.spec ?? {}), internalSpec(old.spec ?? {}));
  const own = errorsOf(object);
  return [...own, ...own, ...(same ? [] : [invalid(SPEC, internalSpec(object.spec ?? {}), IMMUTABLE)])];
}

/** storage.k8s.io/v1 VolumeAttachment: what it attaches is fixed. */
export const volumeAttachmentStrategy = withStatus<VolumeAttachment>({
  metadata: { whole: 1, update: false },
  generation: false,
  unconditionalUpdate: false,
  prepareForCreate(object) {
    object.status = { attached: false };
  },
  validatesAllOnUpdate: true,
  validate: (object) => [...errorsOf(object), ...newErrors(object.spec ?? {})],
  validateUpdate: changeErrors,
  subresources: { status: { ...isolatedStatus, metadata: { whole: 1, update: false }, validateUpdate: changeErrors } },
  relations: [
    {
      field: 'node',
      to: 'nodes',
      back: 'volumeAttachments',
      form: 'name',
      name: ({ spec }) => spec?.nodeName,
    },
    {
      field: 'volume',
      to: 'persistentvolumes',
      back: 'volumeAttachments',
      form: 'name',
      name: ({ spec }) => spec?.source?.persistentVolumeName,
    },
  ],
  cells,
  returnsDeleted: true,
});

function cells({ metadata, spec, status }: Unchecked<VolumeAttachment>, now: number): Cell[] {
  return [
    metadata.name,
    spec?.attacher ?? '',
    spec?.source?.persistentVolumeName ?? '',
    spec?.nodeName ?? '',
    status?.attached ?? false,
    since(metadata.creationTimestamp, now),
  ];
}
