/** How much of a request is recorded (https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/). */
export const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
export type Level = (typeof LEVELS)[number];

/** When an event is made. ResponseStarted is of requests that last (watches, streams) and of those that nobody was let in for. */
export const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type Stage = (typeof STAGES)[number];

/** Where a request came from: what the audit log says of it beside who asks and for what. */
export interface Origin {
  auditId: string;
  /** path and query as they were sent */
  requestUri: string;
  /** in the order of the way here; the last is the connection's own */
  sourceIps: readonly string[];
  /** '' where there is none */
  userAgent: string;
}

/** An object that a request sent or was answered with: `json` makes its text, and is called at the level that shows it. */
export interface Shown {
  metadata?: { namespace?: string | undefined; name?: string; uid?: string | undefined; resourceVersion?: string };
  /** @param managedFields false: without metadata.managedFields */
  json(managedFields: boolean): string;
}

/** How a request ended, as a Status has it. */
export interface Ending {
  code: number;
  status?: string | undefined;
  message?: string | undefined;
  reason?: string | undefined;
  details?: object | undefined;
}

/**
 * The audit log's word on one request. The pipeline tells it what it does; what the policy does not want is not even
 * made into text. Each method may be called for a request that is not recorded.
 */
export interface AuditEvent {
  readonly level: Level;
  /** One fact beside the others; the first word on a key stands. @param level from which on it is shown */
  annotate(key: string, value: string, level?: Level): void;
  /** Whom the caller acts for, once it may. */
  actsFor(user: { name: string; uid?: string | undefined; groups: readonly string[] }): void;
  /** The body, as it was sent. */
  sent(body: Shown): void;
  /** A patch, or options, as they were sent, as JSON. */
  sentText(json: () => string): void;
  answered(ending: Ending, body?: Shown): void;
  /** What was thrown: a StatusError, or what nobody foresaw, which makes the last event a Panic. */
  failed(error: unknown): void;
  /** The head of an answer that lasts has been sent. */
  started(code: number): void;
  /** The end. Later calls do nothing. @param code that was sent, where the façade knows better */
  complete(code?: number): void;
}

/** Takes events as they come; never throws, and never makes a request wait. */
export interface Sink {
  /** @param text JSON of an audit.k8s.io/v1 Event */
  push(text: string): void;
  /** Resolves when what was taken has gone out, or cannot. */
  close(): Promise<void>;
}

const nothing = (): void => undefined;
/** Of a request that is not recorded. */
export const UNRECORDED: AuditEvent = {
  level: 'None',
  annotate: nothing,
  actsFor: nothing,
  sent: nothing,
  sentText: nothing,
  answered: nothing,
  failed: nothing,
  started: nothing,
  complete: nothing,
};
