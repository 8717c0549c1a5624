import { FLOW_CONTROL } from '../../rules/metrics/families.ts';
import { linesOf, metricsOf } from '../../rules/metrics/metrics.ts';
import type { Store } from '../../store/contract.ts';
import type { Attributes, User } from '../contract.ts';
import { Level, QUEUE_WAIT_MS, refused, type LevelSpec, type Release, type Timers } from './level.ts';
import { distinguisher, matches, type FlowSchemaSpec } from './matching.ts';
import { Pressure } from './pressure.ts';
import { Refusals } from './refusals.ts';

const SCHEMAS = 'flowschemas.flowcontrol.apiserver.k8s.io';
const LEVELS = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io';
/**
 * Seats of the whole server, about one a share of the bootstrap levels. kube-apiserver has 600 for many threads; on one
 * event loop more requests at once make each other wait and nothing faster, beyond what fills two group commits.
 */
const TOTAL_SEATS = 240;
/** A list takes a seat per so many objects, and no more than MAX_SEATS. */
const OBJECTS_PER_SEAT = 100;
export const MAX_SEATS = 10;

export interface Admitted {
  /** may be called more than once */
  release: Release;
  /** uids, for the X-Kubernetes-Pf-* headers */
  schema: string;
  level: string;
}
export interface FlowControl {
  /**
   * Resolves when the request may run; throws 429 with one second to wait.
   * @param seats how wide it is; without it by the attributes
   */
  admit(user: User, attributes: Attributes, seats?: number): Promise<Admitted>;
  /** its numbers, for /metrics */
  lines(): string[];
  close(): void;
}

interface Schema {
  name: string;
  uid: string;
  spec: FlowSchemaSpec;
  level: Level | undefined;
  numbers: ReturnType<Controller['numbersOf']>;
}

const systemTimers: Timers = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/** Follows the flow schemas and priority levels of the store. */
export function createFlowControl(store: Store, timers: Timers = systemTimers, total = TOTAL_SEATS): FlowControl {
  return new Controller(store, timers, total);
}

class Controller implements FlowControl {
  private schemas: readonly Schema[] = [];
  private levels = new Map<string, { level: Level; revision: number }>();
  private stale = true;
  private readonly stops: (() => void)[] = [];
  private readonly pressure = new Pressure(() => this.resize());
  private readonly refusals: Refusals;
  private readonly metrics = metricsOf(FLOW_CONTROL);

  constructor(
    private readonly store: Store,
    private readonly timers: Timers,
    private readonly total: number,
  ) {
    this.refusals = new Refusals(timers);
    for (const resource of [SCHEMAS, LEVELS]) this.follow(resource);
  }

  async admit(user: User, attributes: Attributes, seats = this.seats(attributes)): Promise<Admitted> {
    if (this.stale) this.rebuild();
    const schema = this.schemas.find((s) => matches(s.spec, user, attributes));
    // a new cluster has a catch-all; without one there is nothing to obey
    if (!schema) return { release: () => undefined, schema: '', level: '' };
    if (!schema.level) throw refused();
    const flow = `${schema.name}\0${distinguisher(schema.spec, user, attributes)}`;
    const { numbers } = schema;
    const began = performance.now();
    numbers.queued.add();
    try {
      const release = await schema.level.admit(flow, seats);
      numbers.queued.add(-1);
      numbers.dispatched.add();
      numbers.executing.add();
      numbers.waited.observe((performance.now() - began) / 1000);
      let running = true;
      return {
        release() {
          if (running) numbers.executing.add(-1);
          running = false;
          release();
        },
        schema: schema.uid,
        level: schema.level.uid,
      };
    } catch (error) {
      const waited = performance.now() - began;
      this.metrics.rejected
        .of(schema.level.name, schema.name, waited < QUEUE_WAIT_MS ? 'queue-full' : 'time-out')
        .add();
      numbers.queued.add(-1);
      await this.refusals.hold();
      throw error;
    }
  }

  lines(): string[] {
    this.metrics.nominal.clear();
    for (const [name, { level }] of this.levels) this.metrics.nominal.of(name).set(level.nominal);
    return linesOf(this.metrics);
  }

  /** What each of a schema's requests adds to. */
  numbersOf(level: string, schema: string) {
    const { dispatched, executing, queued, wait } = this.metrics;
    return {
      dispatched: dispatched.of(level, schema),
      executing: executing.of(level, schema),
      queued: queued.of(level, schema),
      waited: wait.of(level, schema, 'true'),
    };
  }

  close(): void {
    this.pressure.close();
    for (const stop of this.stops.splice(0)) stop();
  }

  private seats(attributes: Attributes): number {
    if (attributes.verb !== 'list' || !('resource' in attributes)) return 1;
    const { group, resource, namespace } = attributes;
    const objects = this.store.count({
      resource: group ? `${resource}.${group}` : resource,
      ...(namespace && { namespace }),
    });
    return Math.min(MAX_SEATS, Math.max(1, Math.ceil(objects / OBJECTS_PER_SEAT)));
  }

  private follow(resource: string): void {
    const stop = this.store.watch({ resource }, this.store.revision, {
      onEvents: () => (this.stale = true),
      onEnd: (reason) => {
        this.stale = true;
        if (reason === 'expired') this.follow(resource);
      },
    });
    this.stops.push(stop);
  }

  /** Levels that have not changed keep what runs and waits in them. */
  private rebuild(): void {
    this.stale = false;
    const levels = new Map<string, { level: Level; revision: number }>();
    for (const stored of this.store.list({ resource: LEVELS }).items) {
      const known = this.levels.get(stored.name);
      const same = known?.revision === stored.revision;
      const level = same
        ? known.level
        : new Level(stored.name, stored.uid, (stored.object.spec ?? {}) as LevelSpec, this.timers, (l) =>
            this.borrowable(l),
          );
      levels.set(stored.name, { level, revision: stored.revision });
    }
    this.levels = levels;
    this.resize();
    const schemas = this.store.list({ resource: SCHEMAS }).items.map((stored) => {
      const spec = stored.object.spec as FlowSchemaSpec;
      return {
        name: stored.name,
        uid: stored.uid,
        spec,
        level: levels.get(spec.priorityLevelConfiguration.name)?.level,
        numbers: this.numbersOf(spec.priorityLevelConfiguration.name, stored.name),
      };
    });
    const precedence = (s: Schema): number => s.spec.matchingPrecedence ?? 1000;
    this.schemas = schemas.sort((a, b) => precedence(a) - precedence(b) || (a.name < b.name ? -1 : 1));
  }

  /** Each level's part of the seats that the server can afford now; who waits for one that has come goes on. */
  private resize(): void {
    const all = [...this.levels.values()].map(({ level }) => level);
    const shares = all.reduce((sum, level) => sum + level.shares, 0);
    for (const level of all)
      level.resize(Math.ceil((this.affordable * level.shares) / Math.max(1, shares)), this.pressure.share);
    for (const level of all) level.dispatch();
  }

  private get affordable(): number {
    return this.total * this.pressure.share;
  }

  /** What the others neither use nor are guaranteed. */
  private borrowable(level: Level): number {
    let spare = Math.floor(this.affordable);
    for (const { level: other } of this.levels.values())
      spare -= other === level ? level.nominal : Math.max(other.inUse, other.guaranteed);
    return Math.max(0, spare);
  }
}
