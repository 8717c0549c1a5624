import type { Event } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import { present } from '../meta/present.ts';
import { isStatusError, StatusError } from '../meta/status.ts';
import { formatMicroTime, formatTime } from '../meta/time.ts';
import type { EventRecorder, EventSubject } from './contract.ts';
import type { Clock } from '../rules/clock.ts';
import { EventCorrelator, type NewEvent } from './event-correlator.ts';

export interface EventRecorderOptions {
  client: Client;
  /** `deployment-controller` */
  component: string;
  clock: Clock;
  log?(message: string, fields?: Record<string, unknown>): void;
  /** Set: written as events.k8s.io/v1 does, with a reporting instance and this action, not with a source. */
  action?(reason: string): string;
  /** host name or the like; part of the reporting instance */
  instance?: string;
}

/** Events that wait to be sent. What comes above is dropped: events are news, not state. */
const LIMIT = 1000;
/** Attempts to send one event. */
const ATTEMPTS = 3;

/** The recorder that a controller gets. Sending goes on behind its back, one event after the other. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, log = () => undefined } = options;
  const correlator = new EventCorrelator(clock);
  const waiting: NewEvent[] = [];
  let sending = false;

  async function drain(): Promise<void> {
    sending = true;
    for (let event = waiting.shift(); event; event = waiting.shift()) {
      const { event: merged, known } = correlator.correlate(event);
      if (merged) await send(merged, known);
    }
    sending = false;
  }

  async function send(event: NewEvent, known: string | undefined): Promise<void> {
    const namespace = event.metadata.namespace ?? 'default';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        if (known !== undefined) {
          const { count, lastTimestamp, series, message } = event;
          await client.patch('events', namespace, known, { count, lastTimestamp, series, message }, { type: 'merge' });
        } else await client.create('events', event);
        correlator.sent(event);
        return;
      } catch (error) {
        // The old one has expired: the next attempt makes it anew.
        if (known !== undefined && isStatusError(error, 'NotFound')) known = undefined;
        else if (error instanceof StatusError && error.code < 500 && error.code !== 429) {
          if (error.reason !== 'Forbidden') log('event refused', { reason: event.reason, error: error.message });
          return;
        }
      }
    }
  }

  return {
    event(about, type, reason, message, related) {
      if (waiting.length >= LIMIT) return;
      waiting.push(makeEvent(options, about, type, reason, message, related));
      if (!sending) void drain();
    },
  };
}

const referenceTo = ({ kind, apiVersion, metadata }: EventSubject): Event['involvedObject'] => {
  const { namespace, name, uid, resourceVersion } = metadata;
  return present({ kind, namespace, name, uid, apiVersion, resourceVersion });
};

let serial = 0;

function makeEvent(
  { clock, component, action, instance }: EventRecorderOptions,
  about: EventSubject,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
  related?: EventSubject,
): NewEvent {
  const now = clock.now();
  const namespace = about.metadata.namespace || 'default';
  // Nanoseconds in hexadecimal, as client-go names events; the serial tells those of one millisecond apart.
  const suffix = (BigInt(Math.trunc(now)) * 1_000_000n + BigInt(serial++ % 1_000_000)).toString(16);
  const common = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.metadata.name}.${suffix}`, namespace },
    involvedObject: referenceTo(about),
    reason,
    message: message.slice(0, 1024),
    type,
    ...(related && { related: referenceTo(related) }),
    reportingComponent: component,
  };
  if (action) {
    return {
      ...common,
      source: {},
      eventTime: formatMicroTime(now),
      action: action(reason),
      reportingInstance: `${component}-${instance ?? 'ku7s'}`,
    };
  }
  const at = formatTime(now);
  return {
    ...common,
    source: { component },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    reportingInstance: '',
  };
}
