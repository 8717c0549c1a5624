import type { Printer } from '../printer.ts';
import { since } from './shared.ts';

/** Events of either group, in the form of core/v1, in which they are stored. */
const events: Printer = (object, now) => {
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
};

export const eventCells: Readonly<Record<string, Printer>> = { events, 'events.events.k8s.io': events };
