/** One payload of a subscription, and what a row of it shows. */
export interface LoggedEvent {
  /** 1, 2, 3 … since the subscription began */
  readonly number: number;
  readonly at: Date;
  /** ADDED, MODIFIED, … where the payload says so */
  readonly type: string;
  /** namespace/name of the object that it is about */
  readonly object: string;
  readonly payload: unknown;
}

/** Rows that are kept: the last ones. */
const KEPT = 100;

/** The last events of the subscription that runs, or that ran last. For `useSyncExternalStore`. */
export class EventLog {
  private events: readonly LoggedEvent[] = [];
  private count = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly now: () => Date = () => new Date()) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  /** Newest first; another array whenever something has changed. */
  readonly snapshot = (): readonly LoggedEvent[] => this.events;

  /** Begins anew, and writes down what passes. */
  async *follow<T>(payloads: AsyncIterable<T>): AsyncGenerator<T, void> {
    this.count = 0;
    this.set([]);
    for await (const payload of payloads) {
      this.add(payload);
      yield payload;
    }
  }

  private add(payload: unknown): void {
    const event = { number: ++this.count, at: this.now(), ...summaryOf(payload), payload };
    this.set([event, ...this.events.slice(0, KEPT - 1)]);
  }

  private set(events: readonly LoggedEvent[]): void {
    this.events = events;
    for (const listener of this.listeners) listener();
  }
}

/** Values of a payload that are looked at for what it is about. */
const LOOKED_AT = 200;

/** Its first `type`, and the first name with its namespace, breadth first; fields may have been given other names. */
export function summaryOf(payload: unknown): Pick<LoggedEvent, 'type' | 'object'> {
  let type = '';
  let object = '';
  const waiting: unknown[] = [payload];
  for (let i = 0; i < waiting.length && i < LOOKED_AT; i++) {
    const value = waiting[i];
    if (typeof value !== 'object' || value === null) continue;
    const { type: found, name, namespace } = value as Record<string, unknown>;
    if (!type && typeof found === 'string') type = found;
    if (!object && typeof name === 'string') object = typeof namespace === 'string' ? `${namespace}/${name}` : name;
    waiting.push(...Object.values(value).slice(0, LOOKED_AT));
  }
  return { type, object };
}
