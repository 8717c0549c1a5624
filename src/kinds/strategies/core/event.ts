import { isDeepStrictEqual } from 'node:util';
import type { Event } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { isQualifiedName } from '../../../meta/names.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { dnsSubdomainName, pathSegmentName } from '../../validation/names.ts';
import { IMMUTABLE } from '../../validation/values.ts';
import { internalValue } from '../../internal-value.ts';
import { since } from '../../cells.ts';

/** Events, stored as core/v1. One that has an eventTime is of the newer form and says more (KEP-383). */
type Errors = FieldError[];
const MAX_TEXT = 128;
const MAX_MESSAGE = 1024;
const METADATA = Path.root('metadata');

function foreign(object: Unchecked<Event>): Errors {
  const at = Path.root('involvedObject').child('namespace');
  const about = object.involvedObject?.namespace ?? '';
  const own = object.metadata.namespace ?? '';
  const fits = object.eventTime
    ? about !== '' || own === 'default' || own === 'kube-system'
    : about === ''
      ? own === '' || own === 'default'
      : about === own;
  return fits ? [] : [invalid(at, about, 'does not match event.namespace')];
}

const longText = (text: string, max: number, field: string): Errors =>
  Buffer.byteLength(text) > max ? [invalid(Path.root(field), '', `can have at most ${max} characters`)] : [];

const neededText = (text: string | undefined, field: string): Errors =>
  text ? longText(text, MAX_TEXT, field) : [required(Path.root(field))];

function newerForm(object: Unchecked<Event>, apiVersion: string): Errors {
  const reporter = object.reportingComponent ?? '';
  const at = Path.root(apiVersion === 'v1' ? 'reportingComponent' : 'reportingController');
  return [
    ...(reporter ? [] : [required(at)]),
    ...isQualifiedName(reporter).map((why) => invalid(at, reporter, why)),
    ...neededText(object.reportingInstance, 'reportingInstance'),
    ...neededText(object.action, 'action'),
    ...neededText(object.reason, 'reason'),
    ...longText(object.message ?? '', MAX_MESSAGE, 'message'),
  ];
}

function validateSeries({ series }: Unchecked<Event>): Errors {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ];
}

/** Through events.k8s.io an event is of the newer form, and the fields of the older one stay empty. */
function onlyNewer(object: Unchecked<Event>): Errors {
  const unset = (value: unknown, field: string): Errors =>
    value ? [invalid(Path.root(field), '', 'needs to be unset')] : [];
  const { generateName = '', name } = object.metadata;
  const draws = generateName
    ? dnsSubdomainName(generateName, true).map((why) => invalid(METADATA.child('generateName'), generateName, why))
    : [];
  return [
    ...draws,
    ...dnsSubdomainName(name ?? '', false).map((why) => invalid(METADATA.child('name'), name, why)),
    ...validateSeries(object),
    ...(object.eventTime ? [] : [required(Path.root('eventTime'))]),
    ...(['Normal', 'Warning'].includes(object.type ?? '')
      ? []
      : [invalid(Path.root('type'), '', `has invalid value: ${object.type ?? ''}`)]),
    ...unset(object.firstTimestamp, 'firstTimestamp'),
    ...unset(object.lastTimestamp, 'lastTimestamp'),
    ...unset(object.count, 'count'),
    ...unset(object.source?.component || object.source?.host, 'source'),
  ];
}

/** An empty field says nothing: typed clients leave it out through one version and write it through the other. */
const said = (value: unknown): unknown =>
  !value || (typeof value === 'object' && Object.keys(value).length === 0) ? undefined : value;

/** Fields that an update through events.k8s.io leaves alone: the type of those that are structs, and what else is zero. */
const FIXED: readonly (readonly [
  field: Exclude<keyof Unchecked<Event>, 'metadata'>,
  at: string,
  zero: string | number | null,
])[] = [
  ['involvedObject', 'involvedObject', 'ObjectReference'],
  ['reason', 'reason', ''],
  ['message', 'message', ''],
  ['source', 'source', 'EventSource'],
  ['firstTimestamp', 'firstTimestamp', null],
  ['lastTimestamp', 'lastTimestamp', null],
  ['count', 'count', 0],
  ['reason', 'reason', ''],
  ['type', 'type', ''],
  ['eventTime', 'eventTime', null],
  ['action', 'action', ''],
  ['related', 'related', 'ObjectReference'],
  ['reportingComponent', 'reportingController', ''],
  ['reportingInstance', 'reportingInstance', ''],
];
const STRUCTS = new Set(['ObjectReference', 'EventSource']);

function fixed(object: Unchecked<Event>, old: Unchecked<Event>): Errors {
  return FIXED.flatMap(([field, at, zero]) => {
    if (isDeepStrictEqual(said(object[field]), said(old[field]))) return [];
    const struct = typeof zero === 'string' && STRUCTS.has(zero);
    const absent = struct && field !== 'related' ? {} : null;
    const value: unknown = object[field] ?? (struct ? absent : zero);
    return [invalid(at, struct && value !== null ? internalValue(zero, value) : value, IMMUTABLE)];
  });
}

export const eventStrategy: Strategy<Event> = {
  metadata: { update: false, finalizers: 'any' },
  // through v1 any name that can stand in a path is good
  name: pathSegmentName,
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
    const grown = isDeepStrictEqual(object.series ?? null, old.series ?? null) ? [] : validateSeries(object);
    return [...grown, ...fixed(object, old)];
  },
  createOnUpdate: true,
  generation: false,
  relations: [
    {
      field: 'about',
      description: 'What it is about.',
      to: { every: 'stored' },
      back: 'events',
      form: 'reference',
      references: ({ involvedObject }) => (involvedObject ? [involvedObject] : []),
      fromFields: (fields) => [
        {
          apiVersion: fields['involvedObject.apiVersion'],
          kind: fields['involvedObject.kind'],
          namespace: fields['involvedObject.namespace'],
          name: fields['involvedObject.name'],
          uid: fields['involvedObject.uid'],
        },
      ],
    },
  ],
  cells,
  collected: false,
};

/** Events of either group print the form of core/v1, in which they are stored. */
function cells(object: Unchecked<Event>, now: number): Cell[] {
  const { metadata, involvedObject = {}, source = {}, series } = object;
  const first = since(object.firstTimestamp ?? object.eventTime, now);
  const last = series
    ? since(series.lastObservedTime, now)
    : object.lastTimestamp
      ? since(object.lastTimestamp, now)
      : first;
  const kind = (involvedObject.kind ?? '').toLowerCase();
  const component = source.component || object.reportingComponent || '';
  const instance = source.host || object.reportingInstance || '';
  return [
    last,
    object.type ?? '',
    object.reason ?? '',
    involvedObject.name ? `${kind}/${involvedObject.name}` : kind,
    involvedObject.fieldPath ?? '',
    instance ? `${component}, ${instance}` : component,
    (object.message ?? '').trim(),
    first,
    series ? (series.count ?? 0) : object.count || 1,
    metadata.name,
  ];
}
