import type { KubeObject } from '../../meta/object.ts';
import type { Conversion } from '../kind.ts';

/** events.k8s.io/v1 field → core/v1 field; the others have one name in both. */
const RENAMED: Readonly<Record<string, string>> = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
};
const BACK = Object.fromEntries(Object.entries(RENAMED).map(([events, core]) => [core, events]));

/** Field labels besides those of `regarding`. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ['reportingController', 'reportingComponent'],
  ['reason', 'reason'],
  ['type', 'type'],
  ['metadata.name', 'metadata.name'],
  ['metadata.namespace', 'metadata.namespace'],
]);

function rename(object: KubeObject, names: Readonly<Record<string, string>>, apiVersion: string): KubeObject {
  const out: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(object))
    out[Object.hasOwn(names, field) ? (names[field] as string) : field] = value;
  if (object.apiVersion !== undefined) out['apiVersion'] = apiVersion;
  return Object.assign(out, { metadata: object.metadata });
}

/** Events of both groups are one resource, stored as core/v1. */
export const eventsV1: Conversion = {
  toStorage: (object) => rename(object, RENAMED, 'v1'),
  fromStorage: (object) => rename(object, BACK, 'events.k8s.io/v1'),
  fieldLabel(label) {
    if (label.startsWith('regarding.')) return `involvedObject.${label.slice('regarding.'.length)}`;
    return LABELS.get(label);
  },
};
