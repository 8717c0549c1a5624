import { isDeepStrictEqual } from 'node:util';
import { invalid, Path, required, type FieldError } from '../../meta/field.ts';
import { isQualifiedName } from '../../meta/names.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Strategy } from '../kind.ts';
import { validateImmutable } from '../validation/values.ts';

/** Events, stored as core/v1. One that has an eventTime is of the newer form and says more (KEP-383). */
type Errors = FieldError[];
const MAX_REASON = 128;
const MAX_MESSAGE = 1024;
const FIXED = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type', 'eventTime', 'action', 'related', 'reportingComponent', 'reportingInstance'];

function foreign(object: KubeObject): Errors {
  const at = Path.root('involvedObject').child('namespace');
  const about = (object.involvedObject?.namespace ?? '') as string;
  const own = object.metadata.namespace ?? '';
  const fits = object.eventTime
    ? about !== '' || own === 'default' || own === 'kube-system'
    : about === '' ? own === '' || own === 'default' : about === own;
  return fits ? [] : [invalid(at, about, 'does not match event.namespace')];
}

const longText = (text: string, max: number, field: string): Errors =>
  Buffer.byteLength(text) > max ? [invalid(Path.root(field), '', `can have at most ${max} characters`)] : [];

function neededText(text: string | undefined, field: string): Errors {
  return text ? longText(text, MAX_REASON, field) : [required(Path.root(field))];
}

function newerForm(object: KubeObject, apiVersion: string): Errors {
  const reporter = object.reportingComponent ?? '';
  const at = Path.root(apiVersion === 'v1' ? 'reportingComponent' : 'reportingController');
  return [
    ...(reporter ? isQualifiedName(reporter).map((why) => invalid(at, reporter, why)) : [required(at)]),
    ...neededText(object.reportingInstance, 'reportingInstance'),
    ...neededText(object.action, 'action'),
    ...neededText(object.reason, 'reason'),
    ...longText(object.message ?? '', MAX_MESSAGE, 'message'),
  ];
}

function series({ series }: KubeObject): Errors {
  if (!series) return [];
  const at = Path.root('series');
  return [
    ...((series.count ?? 0) < 2 ? [invalid(at.child('count'), '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required(at.child('lastObservedTime'))]),
  ];
}

/** Through events.k8s.io an event is of the newer form, and the fields of the older one stay empty. */
function onlyNewer(object: KubeObject): Errors {
  const unset = (value: unknown, field: string): Errors => (value ? [invalid(Path.root(field), '', 'needs to be unset')] : []);
  return [
    ...series(object),
    ...(object.eventTime ? [] : [required(Path.root('eventTime'))]),
    ...(['Normal', 'Warning'].includes(object.type) ? [] : [invalid(Path.root('type'), '', `has invalid value: ${object.type ?? ''}`)]),
    ...unset(object.firstTimestamp, 'firstTimestamp'),
    ...unset(object.lastTimestamp, 'lastTimestamp'),
    ...unset(object.count, 'count'),
    ...unset(object.source?.component || object.source?.host, 'source'),
  ];
}

/** An empty field says nothing: typed clients leave it out through one version and write it through the other. */
const said = (value: unknown): unknown =>
  !value || (typeof value === 'object' && Object.keys(value).length === 0) ? undefined : value;

export const eventStrategy: Strategy = {
  generation: false,
  createOnUpdate: true,
  fields: ({ involvedObject: about, ...event }) => ({
    'involvedObject.kind': about?.kind ?? '',
    'involvedObject.namespace': about?.namespace ?? '',
    'involvedObject.name': about?.name ?? '',
    'involvedObject.uid': about?.uid ?? '',
    'involvedObject.apiVersion': about?.apiVersion ?? '',
    'involvedObject.resourceVersion': about?.resourceVersion ?? '',
    'involvedObject.fieldPath': about?.fieldPath ?? '',
    reason: event.reason ?? '',
    reportingComponent: event.reportingComponent ?? '',
    source: event.source?.component || (event.reportingComponent ?? ''),
    type: event.type ?? '',
  }),
  validate: (object, { apiVersion }) => [
    ...foreign(object),
    ...(object.eventTime ? newerForm(object, apiVersion) : []),
    // an update changes nothing else: the fields of the older form were refused when it was made
    ...(apiVersion === 'v1' || object.metadata.resourceVersion ? [] : onlyNewer(object)),
  ],
  validateUpdate(object, old, { apiVersion }) {
    if (apiVersion === 'v1') return [];
    const grown = isDeepStrictEqual(object.series ?? null, old.series ?? null) ? [] : series(object);
    return [...grown, ...FIXED.flatMap((field) => validateImmutable(said(object[field]), said(old[field]), Path.root(field)))];
  },
};
